"""A pod network of addresses only: nothing is joined to anything, every pod has an address of its own.

It serves the simulated runtime, where thousands of pods have an address that nobody answers at.
"""

import ipaddress
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from minikube_py.network.interface import AddressPoolExhausted, PortMapping


class SimulatedNetwork:
    """Hands out the addresses of `cidr`, the longest free one first, in memory."""

    def __init__(self, cidr: str) -> None:
        self._network = ipaddress.IPv4Network(cidr)
        self._next = int(self._network.network_address) + 2
        self._freed: deque[str] = deque()
        self._held: dict[str, str] = {}

    async def set_up(self) -> None:
        """Nothing is shared, so nothing is made."""

    async def attach(self, pod_id: str, netns: Path, ports: Sequence[PortMapping] = ()) -> tuple[str, ...]:
        if pod_id not in self._held:
            self._held[pod_id] = self._take()
        return (self._held[pod_id],)

    async def detach(self, pod_id: str, netns: Path | None) -> None:
        address = self._held.pop(pod_id, None)
        if address is not None:
            self._freed.append(address)

    async def tear_down(self) -> None:
        self._freed.extend(self._held.values())
        self._held.clear()

    def _take(self) -> str:
        if self._next < int(self._network.broadcast_address):
            self._next += 1
            return str(ipaddress.IPv4Address(self._next - 1))
        if self._freed:
            return self._freed.popleft()
        raise AddressPoolExhausted(f"no free address in pod range {self._network}: all {len(self._held)} are in use")
