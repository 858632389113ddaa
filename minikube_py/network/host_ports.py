"""Ports of the node that lead to a pod: `hostPort`, as rules in chains that carry the bridge's name.

    nat PREROUTING, OUTPUT -> PODS-<bridge>-PORT -> HPORT-<pod>   -p tcp --dport 8080 -j DNAT --to 10.244.0.5:80
    nat POSTROUTING        -> PODS-<bridge>-SELF                  what comes from 127.0.0.1, or back to the pod itself

Which pods have some is in files, one a pod with its address in it, so that whoever comes later can take them away.
Where no pod ever asked for a port there are no chains.

Kubernetes: CNI's portmap plugin
Simplified: IPv4; connections of UDP that were open before a pod came are not turned round.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path

from minikube_py.network.commands import find_program, run
from minikube_py.network.interface import CommandFailed, PortMapping

_LOCAL = ("-m", "addrtype", "--dst-type", "LOCAL")


class HostPorts:
    """The host ports of the pods of one bridge."""

    def __init__(self, bridge: str, folder: Path) -> None:
        self._bridge = bridge
        self._folder = folder
        self._ports = f"PODS-{bridge}-PORT"
        self._self = f"PODS-{bridge}-SELF"
        self._hooks: tuple[tuple[str, tuple[str, ...], str], ...] = (
            ("PREROUTING", _LOCAL, self._ports),
            ("OUTPUT", _LOCAL, self._ports),
            ("POSTROUTING", (), self._self),
        )

    async def add(self, pod_id: str, address: str, ports: Sequence[PortMapping]) -> None:
        """Lead the ports to the pod; done twice it is as done once."""
        if not ports:
            return
        await self._prepare()
        await self.remove(pod_id)
        await asyncio.to_thread((self._folder / pod_id).write_text, address)
        chain = _chain_of(pod_id)
        rules = [f"{_match(port)} -j DNAT --to-destination {address}:{port.container_port}" for port in ports]
        text = "".join(f"-A {chain} {rule}\n" for rule in rules)
        text += f"-A {self._ports} -j {chain}\n-A {self._self} {_itself(address)}\n"
        text = f"*nat\n:{chain} - [0:0]\n{text}COMMIT\n"
        await run((find_program("iptables-restore", "iptables"), "--wait", "--noflush"), text)

    async def remove(self, pod_id: str) -> None:
        """Take a pod's rules away; one without any is nothing to do."""
        note = self._folder / pod_id
        if not await asyncio.to_thread(note.exists):
            return
        chain, address = _chain_of(pod_id), await asyncio.to_thread(note.read_text)
        await self._delete(self._ports, "-j", chain)
        await self._delete(self._self, *_itself(address).split())
        if await self._succeeds("-S", chain):
            await self._iptables("-F", chain)
            await self._iptables("-X", chain)
        await asyncio.to_thread(note.unlink, missing_ok=True)

    async def tear_down(self) -> None:
        """Remove the chains, and those of pods that are still there."""
        if not await asyncio.to_thread(self._folder.is_dir):
            return
        for pod_id in [note.name for note in await asyncio.to_thread(lambda: list(self._folder.iterdir()))]:
            await self.remove(pod_id)
        for hook, match, chain in self._hooks:
            await self._delete(hook, *match, "-j", chain)
        for chain in (self._ports, self._self):
            await self._iptables("-F", chain)
            await self._iptables("-X", chain)

    async def _prepare(self) -> None:
        await asyncio.to_thread(self._folder.mkdir, parents=True, exist_ok=True)
        for chain in (self._ports, self._self):
            if not await self._succeeds("-S", chain):
                await self._iptables("-N", chain)
        local = f"-s 127.0.0.0/8 -o {self._bridge} -j MASQUERADE".split()
        if not await self._succeeds("-C", self._self, *local):
            await self._iptables("-I", self._self, *local)
        for hook, match, chain in self._hooks:
            if not await self._succeeds("-C", hook, *match, "-j", chain):
                await self._iptables("-I", hook, *match, "-j", chain)
        # Otherwise the kernel drops what comes from 127.0.0.1 and leaves the machine; the setting goes with the bridge.
        setting = Path("/proc/sys/net/ipv4/conf", self._bridge, "route_localnet")
        await asyncio.to_thread(setting.write_text, "1")

    async def _delete(self, chain: str, *rule: str) -> None:
        while await self._succeeds("-C", chain, *rule):
            await self._iptables("-D", chain, *rule)

    async def _succeeds(self, *arguments: str) -> bool:
        try:
            await self._iptables(*arguments)
        except CommandFailed:
            return False
        return True

    async def _iptables(self, *arguments: str) -> None:
        await run((find_program("iptables", "iptables"), "--wait", "-t", "nat", *arguments))


def _chain_of(pod_id: str) -> str:
    return "HPORT-" + hashlib.sha256(pod_id.encode()).hexdigest()[:16].upper()


def _match(port: PortMapping) -> str:
    where = f"-d {port.host_ip}/32 " if port.host_ip not in ("", "0.0.0.0", "::") else ""
    return f"{where}-p {port.protocol} -m {port.protocol} --dport {port.host_port}"


def _itself(address: str) -> str:
    return f"-s {address}/32 -d {address}/32 -j MASQUERADE"
