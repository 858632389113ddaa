"""kopf: an operator of a kind of its own, with its API server killed midway."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clients.cluster import Cluster
from tests.clients.definitions import GROUP, custom, definition
from tests.support.eventually import eventually

OPERATOR = Path(__file__).parent / "operator.py"


class Vases:
    """What kubectl's user sees of them."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.cluster = cluster
        self.namespace = namespace

    def apply(self, name: str, color: str) -> None:
        document = json.dumps(custom("Vase", name, color))
        self.cluster.pykubectl("apply", "-n", self.namespace, "-f", "-", stdin=document)

    def delete(self, name: str) -> None:
        self.cluster.pykubectl("delete", "vase", name, "-n", self.namespace, "--timeout=30s")

    def become(self, wanted: dict[str, str]) -> None:
        """Wait until the vases have these colors in their status, and in their config maps."""

        def are() -> bool:
            vases = {name: (each.get("status") or {}).get("color") for name, each in self._listed("vases").items()}
            colors = {name: each["data"]["color"] for name, each in self._listed("configmaps").items()}
            assert (vases, colors) == (wanted, wanted)
            return True

        asyncio.run(eventually(are, timeout_s=40))

    def finalizers(self, name: str) -> list[str]:
        found: list[str] = self._listed("vases")[name]["metadata"]["finalizers"]
        return found

    def _listed(self, plural: str) -> dict[str, Any]:
        items = json.loads(self.cluster.pykubectl("get", plural, "-n", self.namespace, "-o", "json"))["items"]
        return {each["metadata"]["name"]: each for each in items if each["metadata"]["name"] != "kube-root-ca.crt"}


@pytest.fixture
def vases(cluster: Cluster, namespace: str, tmp_path: Path) -> Iterator[Vases]:
    cluster.pykubectl("apply", "-f", "-", stdin=json.dumps(definition("Vase")))
    cluster.pykubectl("wait", "--for=condition=Established", f"crd/vases.{GROUP}")
    command = [sys.executable, "-m", "kopf", "run", str(OPERATOR), f"--namespace={namespace}", "--standalone"]
    with (tmp_path / "operator.log").open("w") as log:
        operator = subprocess.Popen(command, env=cluster.environment, stdout=log, stderr=log)
    yield Vases(cluster, namespace)
    operator.terminate()
    assert operator.wait(20) == 0, (tmp_path / "operator.log").read_text()


@pytest.mark.compatibility(
    "kopf", "an operator reconciles its kind, goes on when its API server is killed, cleans up at deletion"
)
def test_an_operator(vases: Vases) -> None:
    vases.apply("first", "red")
    vases.become({"first": "red"})
    assert len(vases.finalizers("first")) == 1
    vases.cluster.kill()
    vases.cluster.start()
    vases.apply("first", "blue")
    vases.apply("second", "green")
    vases.become({"first": "blue", "second": "green"})
    vases.delete("first")
    vases.become({"second": "green"})
