"""What gives a pod its address: the narrow waist between sandboxes and the node's network.

A PodNetwork joins a network namespace to the pod network and answers with the addresses the pod now has.
Implementations: `bridge` (veth pairs on a Linux bridge, kubenet's way) and `simulated` (addresses only).
Invariants: `attach` and `detach` are idempotent per pod id, addresses survive a restart of the process, `tear_down`
removes exactly what this network made.

Kubernetes: the CNI specification (ADD, DEL), pkg/kubelet/network/kubenet of releases before 1.24.
Simplified: one network, IPv4, no chained plugins.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from minikube_py.errors import MinikubeError


class NetworkFault(MinikubeError):
    """The node's network could not be brought into the state asked for."""


class AddressPoolExhausted(NetworkFault):
    """Every address of the node's pod range is taken."""


class CommandFailed(NetworkFault):
    """An `ip` or `iptables` command failed; the text has the command and what it printed."""

    def __init__(self, argv: tuple[str, ...], stderr: str) -> None:
        super().__init__(f"{' '.join(argv)}: {stderr.strip()}")
        self.argv = argv
        self.stderr = stderr


class PortMapping(Protocol):
    """A port of the node that leads to one of the pod's; a shape, because this floor does not see the runtime's."""

    @property
    def host_port(self) -> int: ...

    @property
    def container_port(self) -> int: ...

    @property
    def protocol(self) -> str:
        """tcp, udp or sctp."""

    @property
    def host_ip(self) -> str:
        """Empty: every address of the node."""


class PodNetwork(Protocol):
    """Joins pods to the cluster's network. Every method may raise NetworkFault."""

    async def set_up(self) -> None:
        """Make what all pods of this node share (bridge, masquerade rule); does nothing if it is there."""

    async def attach(self, pod_id: str, netns: Path, ports: Sequence[PortMapping] = ()) -> tuple[str, ...]:
        """Join a namespace, return its addresses, the same ones each time. Raises: AddressPoolExhausted."""

    async def detach(self, pod_id: str, netns: Path | None) -> None:
        """Give the addresses back; a pod that was never attached is nothing to do."""

    async def tear_down(self) -> None:
        """Remove everything `set_up` and `attach` made."""
