"""How far a process may be spared by the kernel's out-of-memory killer.

Lowering the score takes the capability SYS_RESOURCE; on a machine (a container, a user namespace) that does not give
it to us, asking for less than our own score makes the OCI runtime fail, so the wish is cut to what is possible.

Kubernetes: containerd's restrict_oom_score_adj.
"""

from dataclasses import replace
from pathlib import Path

from minikube_py.runtime.interface import ContainerConfig

_CAP_SYS_RESOURCE = 24


def possible_oom_score_adj(wanted: int) -> int:
    """The nearest score to `wanted` that this process may give to another."""
    return wanted if wanted >= 0 or _may_lower() else max(wanted, int(Path("/proc/self/oom_score_adj").read_text()))


def with_possible_oom_score(config: ContainerConfig) -> ContainerConfig:
    """The container with its out-of-memory score cut to what is possible here."""
    possible = possible_oom_score_adj(config.resources.oom_score_adj)
    return replace(config, resources=replace(config.resources, oom_score_adj=possible))


def _may_lower() -> bool:
    status = Path("/proc/self/status").read_text()
    effective = next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff:"))
    return bool(int(effective, 16) >> _CAP_SYS_RESOURCE & 1)
