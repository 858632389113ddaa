"""One cluster for all tests of the session, a namespace for each."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.clients.cluster import Cluster


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster.in_folder(tmp_path_factory.mktemp("cluster"))
    cluster.start()
    yield cluster
    cluster.delete()


@pytest.fixture
def namespace(cluster: Cluster, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A namespace of the test's own; clients in this process find the cluster by KUBECONFIG."""
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    words = f"{request.node.path.stem}-{request.node.name}".replace("test_", "").lower()
    name = re.sub(r"[^a-z0-9]+", "-", words)[:60].strip("-")
    cluster.pykubectl("create", "namespace", name)
    return name
