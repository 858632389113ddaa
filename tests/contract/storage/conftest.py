"""Every test here runs once for each implementation of Storage.

All tests on etcd share one server, which already has a history of its own: so a test uses keys under its own `prefix`
and compares revisions with one another, never with a fixed number.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from minikube_py.storage import Storage
from tests.contract.storage.backends import Backend, EtcdBackend, MemoryBackend, SqliteBackend
from tests.support.eventually import eventually
from tests.support.processes import EtcdServer

ETCD = pytest.param("etcd", marks=pytest.mark.etcd)


def _serve(data_dir: Path) -> Iterator[EtcdServer]:
    server = EtcdServer(data_dir)
    server.start()
    try:
        asyncio.run(eventually(server.is_healthy, timeout_s=30))
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def shared_etcd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EtcdServer]:
    yield from _serve(tmp_path_factory.mktemp("etcd") / "data")


@pytest.fixture
def own_etcd(tmp_path: Path) -> Iterator[EtcdServer]:
    yield from _serve(tmp_path / "data")


@pytest.fixture(params=["memory", "sqlite", ETCD])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    if request.param == "memory":
        return MemoryBackend()
    if request.param == "sqlite":
        return SqliteBackend(tmp_path / "store.db")
    return EtcdBackend(request.getfixturevalue("shared_etcd"))


@pytest.fixture(params=["sqlite", ETCD])
def durable_backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    if request.param == "sqlite":
        return SqliteBackend(tmp_path / "store.db")
    return EtcdBackend(request.getfixturevalue("own_etcd"))


@pytest.fixture
async def storage(backend: Backend) -> AsyncIterator[Storage]:
    opened = await backend.open()
    yield opened
    await opened.close()


@pytest.fixture
def prefix() -> str:
    return f"/test-{uuid.uuid4().hex}/"
