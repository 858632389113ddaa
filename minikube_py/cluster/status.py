"""Status: how a cluster is, seen from outside.

Kubernetes: minikube status
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from minikube_py.cluster.components import components
from minikube_py.cluster.config import load_config
from minikube_py.cluster.processes import ProcessTable
from minikube_py.cluster.readiness import Readiness
from minikube_py.cluster.trouble import TroubleFiles

Health = Literal["healthy", "degraded", "not running"]


@dataclass(frozen=True, slots=True)
class ComponentStatus:
    name: str
    is_running: bool
    pid: int
    trouble: str = ""
    """Why it does not run, where it said so."""


@dataclass(frozen=True, slots=True)
class NodeStatus:
    name: str
    is_ready: bool


@dataclass(frozen=True, slots=True)
class ClusterStatus:
    health: Health
    components: tuple[ComponentStatus, ...] = ()
    nodes: tuple[NodeStatus, ...] = ()
    server: str = ""


def status(name: str) -> ClusterStatus:
    config = load_config(name)
    if config is None:
        return ClusterStatus("not running")
    known = ProcessTable(config.folder).read()
    trouble = TroubleFiles(config.folder)
    found = []
    for component in components(config):
        identity, why = known.get(component.process_name), trouble.read(component.name)
        alive = identity is not None and identity.is_alive() and not why
        found.append(ComponentStatus(component.name, alive, identity.pid if identity and alive else 0, why))
    if not any(component.is_running for component in found):
        return ClusterStatus("not running", tuple(found), server=config.server)
    readiness = Readiness(config)
    nodes = tuple(NodeStatus(node.name, readiness.node_is_ready(node.name)) for node in config.nodes)
    ours = {node.name for node in config.local_nodes}
    healthy = all(c.is_running for c in found) and all(node.is_ready for node in nodes if node.name in ours)
    return ClusterStatus("healthy" if healthy else "degraded", tuple(found), nodes, config.server)
