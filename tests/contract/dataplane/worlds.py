"""Where the contract is tried: one world a dataplane, with a client, a node and three pods.

    client 192.0.2.1 ---- 192.0.2.10 node ---- pod1 10.244.0.11, pod2 .12, pod3 .13

In the real ones each is a network namespace, and packets are packets. Every pod answers with its name and the address
from which it was asked.
"""

import asyncio
import random
import socket
from collections.abc import Coroutine
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from typing import Any, Literal, Protocol, cast

from minikube_py.proxy.dataplanes.interface import Dataplane, DataplaneConfig
from minikube_py.proxy.dataplanes.simulated import SimulatedDataplane
from minikube_py.proxy.packets import Packet
from minikube_py.proxy.service_map import Protocol as IpProtocol
from tests.support.namespaces import Namespace, NamespaceLoop, connect, socket_in

CLIENT, NODE = "192.0.2.1", "192.0.2.10"
POD_GATEWAY = "10.244.0.1"
PODS = {"pod1": "10.244.0.11", "pod2": "10.244.0.12", "pod3": "10.244.0.13"}
ADDRESSES = {"client": CLIENT, "node": NODE, **PODS}
PORT = 80
CONFIG = DataplaneConfig(cluster_cidr="10.244.0.0/16")
_PATIENCE_S = 0.6

Failure = Literal["", "refused", "silence"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client got: the pod that answered and whom it believes to have asked, or a failure."""

    pod: str = ""
    seen: str = ""
    failure: Failure = ""


REFUSED, SILENCE = Answer(failure="refused"), Answer(failure="silence")


class World(Protocol):
    """A place to try a dataplane in."""

    @property
    def dataplane(self) -> Dataplane:
        """What is under test."""

    async def call(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run a method of the dataplane where it belongs."""

    async def ask(self, who: str, address: str, port: int, protocol: IpProtocol = "tcp") -> Answer:
        """Open one connection as `client`, `node` or a pod."""


class SimulatedWorld:
    """Packets as values."""

    def __init__(self) -> None:
        self.dataplane = SimulatedDataplane(CONFIG, [NODE], randomness=random.Random(1))

    async def call(self, work: Coroutine[Any, Any, Any]) -> None:
        await work

    async def ask(self, who: str, address: str, port: int, protocol: IpProtocol = "tcp") -> Answer:
        outcome = self.dataplane.send(Packet(ADDRESSES[who], address, port, protocol))
        if outcome.backend is None:
            return REFUSED if outcome.verdict == "rejected" else SILENCE
        pod = next(name for name, pod_address in PODS.items() if pod_address == outcome.backend.address)
        return Answer(pod, NODE if outcome.is_masqueraded else ADDRESSES[who])


class NamespaceWorld:
    """Packets as packets. Close it to remove every namespace."""

    dataplane: Dataplane

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._servers = AsyncExitStack()
        self.node = self._make("node")
        self.places = {"client": self._make("client"), "node": self.node, **{pod: self._make(pod) for pod in PODS}}
        self._wire()
        self.loop = NamespaceLoop(self.node)

    async def call(self, work: Coroutine[Any, Any, Any]) -> None:
        await self.loop.call(work)

    async def serve(self) -> None:
        """Start every pod's servers."""
        for pod in PODS:
            await self._serve_tcp(pod)
            await self._serve_udp(pod)

    async def close(self) -> None:
        await self._servers.aclose()
        self.loop.stop()
        self._stack.close()

    async def ask(self, who: str, address: str, port: int, protocol: IpProtocol = "tcp") -> Answer:
        kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
        loop = asyncio.get_running_loop()
        with socket_in(self.places[who], kind) as asking:
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    await loop.sock_connect(asking, (address, port))
                    await loop.sock_sendall(asking, b"who?")
                    answer = (await loop.sock_recv(asking, 100)).decode().split()
            except ConnectionError:
                return REFUSED
            except (TimeoutError, OSError):
                return SILENCE
        if len(answer) != 2:
            return REFUSED
        seen = NODE if answer[1] in (NODE, POD_GATEWAY) else answer[1]
        return Answer(answer[0], seen)

    def _make(self, purpose: str) -> Namespace:
        made = Namespace(purpose)
        self._stack.callback(made.remove)
        return made

    def _wire(self) -> None:
        client = self.places["client"]
        connect(self.node, "eth0", client, "eth0")
        self.node.ip(f"addr add {NODE}/24 dev eth0", f"route add default via {CLIENT}")
        client.ip(f"addr add {CLIENT}/24 dev eth0", f"route add default via {NODE}")
        self.node.set_sysctl("net/ipv4/ip_forward", "1")
        for number, (pod, address) in enumerate(PODS.items()):
            connect(self.node, f"veth{number}", self.places[pod], "eth0")
            self.node.ip(f"addr add {POD_GATEWAY}/32 dev veth{number}", f"route add {address}/32 dev veth{number}")
            self.places[pod].ip(
                f"addr add {address}/32 dev eth0",
                f"route add {POD_GATEWAY}/32 dev eth0",
                f"route add default via {POD_GATEWAY} dev eth0",
            )

    async def _serve_tcp(self, pod: str) -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(100)
            writer.write(f"{pod} {writer.get_extra_info('peername')[0]}".encode())
            writer.close()

        listening = socket_in(self.places[pod], socket.SOCK_STREAM)
        listening.bind((PODS[pod], PORT))
        await self._servers.enter_async_context(await asyncio.start_server(answer, sock=listening))

    async def _serve_udp(self, pod: str) -> None:
        class Answering(asyncio.DatagramProtocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                self._transport = cast(asyncio.DatagramTransport, transport)

            def datagram_received(self, _data: bytes, asking: tuple[str, int]) -> None:
                self._transport.sendto(f"{pod} {asking[0]}".encode(), asking)

        bound = socket_in(self.places[pod], socket.SOCK_DGRAM)
        bound.bind((PODS[pod], PORT))
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Answering, sock=bound)
        self._servers.callback(transport.close)
