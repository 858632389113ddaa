"""What lists, watches and writes promise with the watch cache between: the same server on each store.

tests/contract/storage holds the stores themselves to the same promises, without the cache. Together they are the
behaviours of Kubernetes' own suite for its store and its cache, which runs on both.

Kubernetes: staging/src/k8s.io/apiserver/pkg/storage/testing (store_tests.go, watcher_tests.go)
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.contract.api.objects import Objects
from tests.support.api_server_process import ApiServerProcess
from tests.support.eventually import eventually
from tests.support.processes import EtcdServer

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session", params=["memory", "sqlite", pytest.param("etcd", marks=pytest.mark.etcd)])
def server_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One server for all tests, each of which has a namespace of its own."""
    folder = tmp_path_factory.mktemp(f"api-{request.param}")
    store = {"memory": "memory://", "sqlite": f"sqlite://{folder / 'store.db'}"}.get(request.param, "")
    etcd = None
    if not store:
        etcd = EtcdServer(folder / "etcd")
        etcd.start()
        asyncio.run(eventually(etcd.is_healthy, timeout_s=30))
        store = etcd.endpoint
    server = ApiServerProcess(store, folder / "apiserver.log")
    try:
        asyncio.run(server.start())
        yield server.url
    finally:
        server.kill()
        if etcd is not None:
            etcd.stop()


@pytest.fixture
async def objects(server_url: str) -> AsyncIterator[Objects]:
    async with httpx.AsyncClient(base_url=server_url, trust_env=False, timeout=20) as client:
        namespace = f"test-{next(_NUMBERS)}"
        made = await client.post("/api/v1/namespaces", json={"metadata": {"name": namespace}})
        assert made.status_code == 201
        yield Objects(client, namespace)
