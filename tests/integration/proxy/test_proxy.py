"""The proxy's loop against a real API server, with a dataplane that counts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from minikube_py.api.kinds.core.namespace import Namespace
from minikube_py.api.kinds.core.service import Service
from minikube_py.api.kinds.discovery.endpoint_slice import EndpointSlice
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.model import replace
from minikube_py.api.status import AlreadyExists
from minikube_py.client.client import Client
from minikube_py.client.kubeconfig import ClientConfig
from minikube_py.proxy.dataplanes.interface import DataplaneFault
from minikube_py.proxy.proxy import ProxyConfig
from minikube_py.proxy.ruleset import RuleSet
from minikube_py.proxy.run import run
from tests.integration.proxy.api_server import ApiServerProcess
from tests.support.eventually import eventually
from tests.support.services import SERVICE_NAME_LABEL, make_service, make_slice

CONFIG = ProxyConfig("node1", burst_s=0.05, min_sync_period_s=0.1, audit_period_s=0.2)


class CountingDataplane:
    """Remembers every rule set; fails and is damaged when told to."""

    def __init__(self) -> None:
        self.synced: list[RuleSet] = []
        self.fails_left = 0
        self.is_damaged = False

    async def sync(self, rules: RuleSet) -> None:
        if self.fails_left:
            self.fails_left -= 1
            raise DataplaneFault("out of order")
        self.is_damaged = False
        self.synced.append(rules)

    async def audit(self) -> bool:
        return self.is_damaged

    async def cleanup(self) -> None:
        self.synced.clear()

    def backends(self, service: str) -> list[str]:
        """The endpoints in force, as text."""
        rules = self.synced[-1].services.get(f"rec/{service}") if self.synced else None
        return [str(backend) for port in rules.ports for backend in port.cluster] if rules else []


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ApiServerProcess]:
    made = ApiServerProcess(tmp_path)
    await made.start()
    yield made
    await made.kill()


@pytest.fixture
async def client(server: ApiServerProcess) -> AsyncIterator[Client]:
    async with Client.connect(ClientConfig(server=server.url)) as connected:
        yield connected


@asynccontextmanager
async def proxy(client: Client, dataplane: CountingDataplane) -> AsyncIterator[None]:
    running = asyncio.create_task(run(client, dataplane, CONFIG))
    yield
    await _cancelled(running)


async def create(client: Client, name: str, *pods: str) -> EndpointSlice:
    """A Service with a slice in namespace rec; returns the slice."""
    with suppress(AlreadyExists):
        await client.create(Namespace(metadata=ObjectMeta(name="rec")))
    await client.create(make_service(name, ""))
    return await client.create(make_slice(name, pods))


async def test_services_and_slices_become_rules_and_follow_changes(client: Client) -> None:
    dataplane = CountingDataplane()
    piece = await create(client, "web", "10.244.0.1")
    async with proxy(client, dataplane):
        await eventually(lambda: dataplane.backends("web") == ["10.244.0.1:80"])
        await client.update(replace(piece, endpoints=make_slice("web", ["10.244.0.2"]).endpoints))
        await eventually(lambda: dataplane.backends("web") == ["10.244.0.2:80"])
        await client.delete(Service, "web", namespace="rec")
        await eventually(lambda: not dataplane.synced[-1].services.get("rec/web"))


async def test_the_first_sync_has_everything(client: Client) -> None:
    dataplane = CountingDataplane()
    for number in range(20):
        await create(client, f"web-{number}", f"10.244.0.{number + 1}")
    async with proxy(client, dataplane):
        await eventually(lambda: dataplane.synced)
    assert sum(key.startswith("rec/") for key in dataplane.synced[0].services) == 20


async def test_many_changes_at_once_are_few_syncs(client: Client) -> None:
    dataplane = CountingDataplane()
    async with proxy(client, dataplane):
        await eventually(lambda: dataplane.synced)
        async with asyncio.TaskGroup() as group:
            for number in range(50):
                group.create_task(create(client, f"web-{number}", f"10.244.0.{number + 1}"))
        await eventually(lambda: all(dataplane.backends(f"web-{number}") for number in range(50)))
        # 100 changes; the period between syncs is 0.1 s and the writes take less than 2 s.
        assert len(dataplane.synced) < 25


async def test_the_api_server_may_restart(client: Client, server: ApiServerProcess) -> None:
    dataplane = CountingDataplane()
    piece = await create(client, "web", "10.244.0.1")
    async with proxy(client, dataplane):
        await eventually(lambda: dataplane.backends("web"))
        await server.kill()
        await server.start()
        await client.update(replace(piece, endpoints=make_slice("web", ["10.244.0.2"]).endpoints))
        await eventually(lambda: dataplane.backends("web") == ["10.244.0.2:80"], timeout_s=20)
    assert all(rules.services.get("rec/web") for rules in dataplane.synced)


async def test_a_sync_that_fails_is_tried_again(client: Client) -> None:
    dataplane = CountingDataplane()
    await create(client, "web", "10.244.0.1")
    dataplane.fails_left = 2
    async with proxy(client, dataplane):
        await eventually(lambda: dataplane.backends("web"))


async def test_damage_is_mended_without_any_change_in_the_api(client: Client) -> None:
    dataplane = CountingDataplane()
    async with proxy(client, dataplane):
        await eventually(lambda: dataplane.synced)
        dataplane.is_damaged = True
        await eventually(lambda: not dataplane.is_damaged)


async def test_a_slice_that_changes_hands_moves_its_endpoints(client: Client) -> None:
    dataplane = CountingDataplane()
    piece = await create(client, "old", "10.244.0.1")
    await client.create(make_service("new", ""))
    async with proxy(client, dataplane):
        await eventually(lambda: dataplane.backends("old"))
        await client.update(replace(piece, metadata=replace(piece.metadata, labels={SERVICE_NAME_LABEL: "new"})))
        await eventually(lambda: dataplane.backends("new") == ["10.244.0.1:80"] and not dataplane.backends("old"))
