"""The waist between what traffic should do (a RuleSet) and what makes it so.

Implementations: `iptables`, `userspace`, `simulated`; one contract suite (tests/contract/dataplane) holds for all.
Invariants: `sync` is idempotent and leaves either the old or the new rules, never half of them; rules outlive the
process where the kernel holds them; nothing that another program made is changed; `cleanup` takes back exactly what
this dataplane made, also when an earlier process made it.

Kubernetes: pkg/proxy/types.go (Provider). Upstream's backends each watch and decide by themselves; ours only execute.
"""

from dataclasses import dataclass
from typing import Protocol

from minikube_py.errors import MinikubeError
from minikube_py.proxy.ruleset import RuleSet


class DataplaneFault(MinikubeError):
    """The rules could not be brought into the state asked for; the old ones are still in force."""


class DataplaneUnavailable(DataplaneFault):
    """This machine cannot do it at all (program missing, no privileges); the message has the fix."""


@dataclass(frozen=True, slots=True)
class DataplaneConfig:
    """Whose source address is hidden from endpoints."""

    cluster_cidr: str = ""
    """The pods' network: traffic to a cluster IP from anywhere else is masqueraded. Empty: nobody's is."""
    masquerade_all: bool = False
    """Masquerade all traffic to cluster IPs, also from pods."""


class Dataplane(Protocol):
    """Carries Service traffic on this node. Every method may raise DataplaneFault."""

    async def sync(self, rules: RuleSet) -> None:
        """Make `rules` the ones in force; cheap if little changed since the last call."""

    async def audit(self) -> bool:
        """Look whether somebody damaged what the last `sync` made; after True the next `sync` mends everything."""

    async def cleanup(self) -> None:
        """Remove everything this dataplane ever made on this node."""
