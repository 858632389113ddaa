"""The real pod network of a node, kubenet's way: one bridge, one veth pair a pod, addresses from files.

    pod netns: eth0 10.244.0.5/24, default route to the bridge
        | veth pair
    node: bridge with 10.244.0.1/24 -- the node's routes -- eth0 (masqueraded where it leaves the cluster)

Invariants: every pod's MAC follows from its address, so a neighbour that remembers an old pod's MAC still reaches
the new one; a port lets packets turn round (hairpin), so a pod reaches itself through a Service; `tear_down` removes
the links, the chains, the sysctl changes and the address files that this network made, and no others.

Kubernetes: pkg/kubelet/network/kubenet (before 1.24), CNI plugins bridge, host-local and loopback.
Simplified: no traffic shaping; routes between nodes are the cluster's affair.
"""

import asyncio
import hashlib
import ipaddress
import shutil
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from minikube_py.network.commands import find_program, ip_batch, run
from minikube_py.network.firewall import Firewall, FirewallConfig
from minikube_py.network.host_ports import HostPorts
from minikube_py.network.interface import CommandFailed, NetworkFault, PortMapping
from minikube_py.network.ipam import AddressPool
from minikube_py.network.sysctls import Sysctls

_FORWARDING = "net/ipv4/ip_forward"
_BRIDGED_TOO = "net/bridge/bridge-nf-call-iptables"


@dataclass(frozen=True, slots=True)
class BridgeConfig:
    """One node's part of the pod network. `bridge` names the link (at most 15 letters), alone of its name here."""

    bridge: str
    pod_cidr: str
    cluster_cidr: str
    """Traffic to this range keeps the pod's address; to anywhere else it takes the node's."""
    state_folder: Path
    mtu: int = 1500
    accepts_forwarded: bool = True
    """Whether what crosses the bridge is accepted, whatever else the FORWARD chain says."""
    earlier: Path | None = None
    """The state folder of another network of ours that may be on this machine already."""


class BridgeNetwork:
    """Implements PodNetwork on the machine it runs on; needs root."""

    def __init__(self, config: BridgeConfig) -> None:
        if len(config.bridge) > 15:
            raise NetworkFault(f"bridge name {config.bridge!r} is longer than the 15 letters Linux allows")
        self._config = config
        self._pool = AddressPool(config.pod_cidr, config.state_folder / "addresses")
        self._sysctls = Sysctls(config.state_folder / "sysctls.json")
        self._firewall = Firewall(
            FirewallConfig(
                config.bridge,
                config.pod_cidr,
                config.cluster_cidr,
                config.state_folder,
                config.accepts_forwarded,
                config.earlier,
            )
        )
        self._host_ports = HostPorts(config.bridge, config.state_folder / "host-ports")
        self._ownership = config.state_folder / "bridge"

    @property
    def config(self) -> BridgeConfig:
        return self._config

    @property
    def bridge(self) -> str:
        """The name of the bridge."""
        return self._config.bridge

    def addresses(self) -> dict[str, str]:
        """Every address in use with the id of the pod that has it."""
        return self._pool.allocations()

    async def set_up(self) -> None:
        await asyncio.to_thread(self._claim_bridge)
        bridge, prefix = self._config.bridge, self._pool.network.prefixlen
        lines = [f"addr replace {self._pool.gateway}/{prefix} dev {bridge}", f"link set {bridge} up"]
        if not _link_exists(bridge):
            mac = _mac_of(self._pool.gateway)
            lines.insert(0, f"link add {bridge} address {mac} mtu {self._config.mtu} type bridge")
        await ip_batch(lines)
        await asyncio.to_thread(self._sysctls.set, {_FORWARDING: "1", _BRIDGED_TOO: "1"})
        await self._firewall.set_up()

    async def attach(self, pod_id: str, netns: Path, ports: Sequence[PortMapping] = ()) -> tuple[str, ...]:
        address = await asyncio.to_thread(self._pool.allocate, pod_id)
        try:
            await self._plug_in(self._veth_of(pod_id), address, netns)
            await self._host_ports.add(pod_id, address, ports)
        except (CommandFailed, asyncio.CancelledError):
            await asyncio.shield(self.detach(pod_id, netns))
            raise
        return (address,)

    async def detach(self, pod_id: str, netns: Path | None) -> None:
        await self._host_ports.remove(pod_id)
        veth = self._veth_of(pod_id)
        if _link_exists(veth):
            await _delete_link(veth)
        # After the link: an address must not be handed out again while the old pod still answers at it.
        await asyncio.to_thread(self._pool.release, pod_id)

    async def tear_down(self) -> None:
        if not self._ownership.exists():
            return
        await self._host_ports.tear_down()
        await self._firewall.tear_down()
        if _link_exists(self._config.bridge):
            show = (find_program("ip", "iproute2"), "-oneline", "link", "show", "master", self._config.bridge)
            for line in (await run(show)).splitlines():
                await _delete_link(line.split(":")[1].split("@")[0].strip())
            await _delete_link(self._config.bridge)
        await asyncio.to_thread(self._sysctls.restore)
        await asyncio.to_thread(shutil.rmtree, self._config.state_folder)

    async def _plug_in(self, veth: str, address: str, netns: Path) -> None:
        mtu, bridge = self._config.mtu, self._config.bridge
        lines = [
            f"link set {veth} master {bridge}",
            f"link set {veth} type bridge_slave hairpin on",
            f"link set {veth} up",
        ]
        if not _link_exists(veth):
            peer = f"peer name eth0 mtu {mtu} address {_mac_of(address)} netns {netns}"
            lines.insert(0, f"link add {veth} mtu {mtu} type veth {peer}")
        await ip_batch(lines)
        inside = [
            f"addr replace {address}/{self._pool.network.prefixlen} dev eth0",
            "link set eth0 up",
            f"route replace default via {self._pool.gateway} dev eth0",
        ]
        await ip_batch(inside, netns)

    def _claim_bridge(self) -> None:
        if not self._ownership.exists():
            if _link_exists(self._config.bridge):
                raise NetworkFault(f"a link named {self._config.bridge} exists and is not ours; choose another name")
            self._config.state_folder.mkdir(parents=True, exist_ok=True)
            self._ownership.write_text(self._config.bridge)

    def _veth_of(self, pod_id: str) -> str:
        return "veth" + hashlib.sha256(f"{self._config.bridge}/{pod_id}".encode()).hexdigest()[:8]


def _mac_of(address: str) -> str:
    return "0a:58:" + ":".join(f"{byte:02x}" for byte in ipaddress.IPv4Address(address).packed)


def _link_exists(name: str) -> bool:
    # Not /sys/class/net: that shows the network namespace of whoever mounted it, and a node may live in another.
    return any(name == known for _, known in socket.if_nameindex())


async def _delete_link(name: str) -> None:
    try:
        await ip_batch([f"link delete {name}"])
    except CommandFailed:
        # It may have gone with its namespace meanwhile, which is what we wanted.
        if _link_exists(name):
            raise
