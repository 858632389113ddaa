"""pykube-proxy as a process on an imagined node: a real API server, real rules, real packets."""

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from minikube_py.api.kinds.core.namespace import Namespace
from minikube_py.api.kinds.core.service import Service
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.model import replace
from minikube_py.client.client import Client
from minikube_py.client.kubeconfig import ClientConfig
from minikube_py.machinery.component import wait_for_api_server
from tests.contract.dataplane.worlds import PODS, NamespaceWorld
from tests.integration.proxy.api_server import ApiServerProcess
from tests.support.eventually import eventually
from tests.support.processes import require_binary
from tests.support.services import make_service, make_slice

pytestmark = pytest.mark.netns

FLAGS = ("--hostname-override=node1", "--cluster-cidr=10.244.0.0/16")


class ProxyProcess:
    """pykube-proxy in the node's namespace."""

    def __init__(self, world: NamespaceWorld, master: str) -> None:
        inside = ("nsenter", f"--net={world.node.path}")
        self._command = (*inside, sys.executable, "-m", "minikube_py.proxy", f"--master={master}", *FLAGS)
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, *flags: str) -> None:
        self._process = await asyncio.create_subprocess_exec(*self._command, *flags)

    async def end(self, number: signal.Signals) -> int:
        """Send a signal and return the exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        return await self._process.wait()

    async def finish(self) -> int:
        """Wait for a process that ends by itself."""
        assert self._process is not None
        async with asyncio.timeout(20):
            return await self._process.wait()


class Cluster:
    """One Service `web` on an API server in the node's namespace."""

    def __init__(self, world: NamespaceWorld, server: ApiServerProcess) -> None:
        self.world = world
        self.proxy = ProxyProcess(world, server.url)
        self._server = server
        self.cluster_ip = ""

    async def set_up(self) -> None:
        async with Client.connect(ClientConfig(server=self._server.url)) as client:
            await wait_for_api_server(client)
            await client.create(Namespace(metadata=ObjectMeta(name="rec")))
            service: Service = await client.create(make_service("web", ""))
            await client.create(make_slice("web", [PODS["pod1"]]))
            self.cluster_ip = service.spec.cluster_ip

    async def move_to(self, pod: str) -> None:
        async with Client.connect(ClientConfig(server=self._server.url)) as client:
            piece = make_slice("web", [PODS[pod]])
            current = await client.get(type(piece), piece.metadata.name, namespace="rec")
            await client.update(replace(current, endpoints=piece.endpoints))

    async def answering_pod(self) -> str:
        return (await self.world.ask("pod3", self.cluster_ip, 80)).pod


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    require_binary("iptables-restore", "iptables")
    world = NamespaceWorld()
    await world.serve()
    server = ApiServerProcess(tmp_path, ["nsenter", f"--net={world.node.path}"])
    await server.spawn()
    made = Cluster(world, server)
    await world.call(made.set_up())
    yield made
    await server.kill()
    await world.close()


def rules(world: NamespaceWorld) -> str:
    return re.sub(r"^#.*\n", "", world.node.run(["iptables-save"]), flags=re.MULTILINE)


@pytest.mark.parametrize("mode", ["iptables", "userspace"])
async def test_a_proxy_serves_follows_and_cleans_up(cluster: Cluster, mode: str) -> None:
    world, proxy = cluster.world, cluster.proxy
    tables, links = rules(world), world.node.run(["ip", "addr", "show", "lo"])
    await proxy.start(f"--proxy-mode={mode}")
    await eventually(lambda: _is_answering(cluster, "pod1"), timeout_s=30)
    await world.call(cluster.move_to("pod2"))
    await eventually(lambda: _is_answering(cluster, "pod2"))
    assert await proxy.end(signal.SIGTERM) == 0
    await proxy.start("--cleanup")
    assert await proxy.finish() == 0
    assert rules(world) == tables
    assert world.node.run(["ip", "addr", "show", "lo"]) == links


async def test_rules_outlive_the_process_and_the_next_one_takes_over(cluster: Cluster) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        await cluster.proxy.start()
        await eventually(lambda: _is_answering(cluster, "pod1"), timeout_s=30)
        await cluster.proxy.end(number)
        assert await cluster.answering_pod() == "pod1"
    await cluster.world.call(cluster.move_to("pod2"))
    assert await cluster.answering_pod() == "pod1"
    await cluster.proxy.start()
    await eventually(lambda: _is_answering(cluster, "pod2"), timeout_s=30)
    await cluster.proxy.end(signal.SIGTERM)


async def test_rules_flushed_by_hand_come_back(cluster: Cluster) -> None:
    await cluster.proxy.start()
    await eventually(lambda: _is_answering(cluster, "pod1"), timeout_s=30)
    cluster.world.node.run(["iptables", "-t", "nat", "-F"])
    assert await cluster.answering_pod() == ""
    await eventually(lambda: _is_answering(cluster, "pod1"), timeout_s=30)
    await cluster.proxy.end(signal.SIGTERM)


async def test_what_is_not_there_is_refused_by_name(cluster: Cluster) -> None:
    await cluster.proxy.start("--proxy-mode=nftables")
    assert await cluster.proxy.finish() == 1


async def _is_answering(cluster: Cluster, pod: str) -> bool:
    return await cluster.answering_pod() == pod
