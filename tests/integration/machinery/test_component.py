"""A component's life: waiting for the server, its health port, its lease, its events."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from minikube_py.api.kinds.coordination.lease import Lease
from minikube_py.api.kinds.core.config_map import ConfigMap
from minikube_py.api.kinds.core.event import Event
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.model import replace
from minikube_py.api.scalars import MicroTime
from minikube_py.client.client import Client
from minikube_py.client.kubeconfig import ClientConfig
from minikube_py.errors import ConfigError
from minikube_py.machinery.component import (
    ComponentConfig,
    client_config,
    serve_component,
    wait_for_api_server,
)
from minikube_py.machinery.events import EventRecorder
from minikube_py.machinery.health import serve_health
from minikube_py.machinery.informer import Informer
from minikube_py.machinery.leader_election import LeaderElectionConfig, LeaderElector, LeadershipLost
from tests.support.api_server import api_server
from tests.support.eventually import eventually
from tests.support.processes import free_port


def test_component_without_a_server_says_which_flags_it_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(ConfigError, match="--master or --kubeconfig must be specified"):
        client_config("", "")


def test_master_is_a_url_or_a_host_and_wins_over_the_kubeconfig(tmp_path: Path) -> None:
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text(
        "{users: [{name: a, user: {token: t}}], contexts: [{name: a, context: {user: a}}], current-context: a}"
    )
    assert client_config("localhost:8080", "").server == "http://localhost:8080"
    both = client_config("https://there:6443", str(kubeconfig))
    assert (both.server, both.token) == ("https://there:6443", "t")


async def request(port: int, text: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(text)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_health_port_answers_healthz_and_metrics_and_nothing_else() -> None:
    async with serve_health("127.0.0.1", 0) as port:
        assert (await request(port, b"GET /healthz HTTP/1.1\r\n\r\n")).endswith(b"\r\n\r\nok")
        assert b"workqueue_depth" in await request(port, b"GET /metrics HTTP/1.1\r\n\r\n")
        assert b" 404 " in await request(port, b"GET /secret HTTP/1.1\r\n\r\n")
        assert b" 405 " in await request(port, b"POST /healthz HTTP/1.1\r\n\r\n")


async def test_component_waits_for_the_server_and_its_informers_outlive_a_restart(tmp_path: Path) -> None:
    port, storage = free_port(), f"sqlite:///{tmp_path}/store.db"
    async with Client.connect(ClientConfig(server=f"http://127.0.0.1:{port}")) as client:
        waiting = asyncio.create_task(wait_for_api_server(client))
        informer = Informer(client, ConfigMap)
        following = asyncio.create_task(informer.run())
        async with api_server(storage=storage, port=port):
            await asyncio.wait_for(waiting, 20)
            await client.create(ConfigMap(metadata=ObjectMeta(name="before", namespace="default")))
            await eventually(lambda: "before" in {each.metadata.name for each in informer.store}, timeout_s=20)
        async with api_server(storage=storage, port=port):
            await client.create(ConfigMap(metadata=ObjectMeta(name="after", namespace="default")))
            await eventually(
                lambda: {"before", "after"} <= {each.metadata.name for each in informer.store}, timeout_s=20
            )
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following


class Leading:
    """Work that notes when it runs."""

    def __init__(self) -> None:
        self.is_on = False

    async def __call__(self) -> None:
        self.is_on = True
        try:
            await asyncio.Event().wait()
        finally:
            self.is_on = False


def election(identity: str) -> LeaderElectionConfig:
    return LeaderElectionConfig("test", identity, lease_duration_s=30, renew_deadline_s=0.2, retry_period_s=0.02)


async def test_second_instance_takes_over_when_the_first_gives_the_lease_back() -> None:
    async with (
        api_server() as server,
        Client.connect(ClientConfig(server=str(server.base_url).rstrip("/"))) as client,
    ):
        first, second = Leading(), Leading()
        leader = asyncio.create_task(LeaderElector(client, election("first")).run(first))
        await eventually(lambda: first.is_on)
        follower = asyncio.create_task(LeaderElector(client, election("second")).run(second))
        lease = await client.get(Lease, "test", namespace="kube-system")
        assert lease.spec.holder_identity == "first"
        assert not second.is_on
        leader.cancel()
        await eventually(lambda: second.is_on)
        assert not first.is_on
        follower.cancel()
        await asyncio.gather(leader, follower, return_exceptions=True)


async def test_lease_that_changed_under_its_holder_is_given_back_too() -> None:
    async with (
        api_server() as server,
        Client.connect(ClientConfig(server=str(server.base_url).rstrip("/"))) as client,
    ):
        work, config = Leading(), LeaderElectionConfig("test", "first", retry_period_s=60)
        leader = asyncio.create_task(LeaderElector(client, config).run(work))
        await eventually(lambda: work.is_on)
        lease = await client.get(Lease, "test", namespace="kube-system")
        await client.update(replace(lease, spec=replace(lease.spec, renew_time=MicroTime.now())))
        leader.cancel()
        await asyncio.gather(leader, return_exceptions=True)
        assert not (await client.get(Lease, "test", namespace="kube-system")).spec.holder_identity


async def test_leader_whose_lease_is_taken_stops_its_work() -> None:
    async with (
        api_server() as server,
        Client.connect(ClientConfig(server=str(server.base_url).rstrip("/"))) as client,
    ):
        work = Leading()
        leader = asyncio.create_task(LeaderElector(client, election("first")).run(work))
        await eventually(lambda: work.is_on)

        stolen = {"spec": {"holderIdentity": "thief"}}
        await client.patch(Lease, "test", stolen, namespace="kube-system", form="merge")
        with pytest.raises(LeadershipLost, match="the lease test could not be renewed"):
            await asyncio.wait_for(leader, 20)
        assert not work.is_on


async def test_component_begins_anew_after_an_outage_that_outlasts_its_lease(tmp_path: Path) -> None:
    port, storage = free_port(), f"sqlite:///{tmp_path}/store.db"
    address = f"http://127.0.0.1:{port}"
    config = ComponentConfig("test", master=address, leader_elect=True, leader_elect_renew_deadline_s=0.2)
    work = Leading()
    component = asyncio.create_task(serve_component(config, lambda _client: work()))
    try:
        async with api_server(storage=storage, port=port):
            await eventually(lambda: work.is_on, timeout_s=20)
        await eventually(lambda: not work.is_on, timeout_s=20)
        assert not component.done()
        async with api_server(storage=storage, port=port):
            await eventually(lambda: work.is_on, timeout_s=20)
    finally:
        component.cancel()
        await asyncio.gather(component, return_exceptions=True)
    assert component.cancelled()


async def test_repeated_event_is_one_object_with_a_count() -> None:
    async with (
        api_server() as server,
        Client.connect(ClientConfig(server=str(server.base_url).rstrip("/"))) as client,
    ):
        recorder = EventRecorder(client, "test")
        writing = asyncio.create_task(recorder.run())
        about = await client.create(ConfigMap(metadata=ObjectMeta(name="a", namespace="default")))
        for _ in range(3):
            recorder.record(about, "Normal", "Said", "hello")
        await recorder.flush()
        [event] = (await client.list(Event, namespace="default", field_selector="reason=Said")).items
        assert (event.count, event.message, event.source.component) == (3, "hello", "test")
        assert event.involved_object.uid == about.metadata.uid
        await client.delete(Event, event.metadata.name, namespace="default")
        recorder.record(about, "Normal", "Said", "hello")
        await recorder.flush()
        [anew] = (await client.list(Event, namespace="default", field_selector="reason=Said")).items
        assert anew.count == 1
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
