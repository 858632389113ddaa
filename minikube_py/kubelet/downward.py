"""The downward API: what a pod may ask about itself, as text for environment and files. Pure.

Kubernetes: pkg/fieldpath/fieldpath.go, pkg/api/v1/resource/helpers.go
Simplified: cpu, memory and ephemeral-storage only; no huge pages.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal

from minikube_py.api.kinds.core.common import ResourceFieldSelector
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.scalars import Quantity
from minikube_py.errors import MinikubeError
from minikube_py.kubelet.resources import all_containers, requests_of

_SUBSCRIPT = re.compile(r"metadata\.(labels|annotations)\['([^']*)'\]")


class UnknownField(MinikubeError):
    """A field path or resource name that the downward API does not offer."""


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What containers may learn of their node."""

    name: str
    host_ip: str = ""
    allocatable: Mapping[str, Quantity] = field(default_factory=dict)

    @property
    def memory_bytes(self) -> int:
        return self.allocatable["memory"].units if "memory" in self.allocatable else 0


@dataclass(frozen=True, slots=True)
class PodFacts:
    """A pod and what is known of it only now that it has a sandbox."""

    pod: Pod
    node: NodeFacts
    addresses: tuple[str, ...] = ()


_FIELDS: dict[str, Callable[[PodFacts], str]] = {
    "metadata.name": lambda facts: facts.pod.metadata.name,
    "metadata.namespace": lambda facts: facts.pod.metadata.namespace,
    "metadata.uid": lambda facts: facts.pod.metadata.uid,
    "metadata.labels": lambda facts: _map_text(facts.pod.metadata.labels),
    "metadata.annotations": lambda facts: _map_text(facts.pod.metadata.annotations),
    "spec.nodeName": lambda facts: facts.pod.spec.node_name or facts.node.name,
    "spec.serviceAccountName": lambda facts: facts.pod.spec.service_account_name,
    "status.hostIP": lambda facts: facts.node.host_ip,
    "status.hostIPs": lambda facts: facts.node.host_ip,
    "status.podIP": lambda facts: facts.addresses[0] if facts.addresses else "",
    "status.podIPs": lambda facts: ",".join(facts.addresses),
}


def field_value(facts: PodFacts, path: str) -> str:
    """Answer a fieldRef. Raises: UnknownField."""
    if path in _FIELDS:
        return _FIELDS[path](facts)
    subscript = _SUBSCRIPT.fullmatch(path)
    if subscript is None:
        raise UnknownField(f"unsupported fieldPath: {path}")
    metadata = facts.pod.metadata
    source = metadata.labels if subscript[1] == "labels" else metadata.annotations
    return source.get(subscript[2], "")


def resource_value(facts: PodFacts, selector: ResourceFieldSelector, container_name: str) -> str:
    """Answer a resourceFieldRef in multiples of its divisor, rounded up; no limit means all that the node has.

    Raises: UnknownField.
    """
    name = selector.container_name or container_name
    container = next((each for each in all_containers(facts.pod) if each.name == name), None)
    if container is None:
        raise UnknownField(f"container {name} not found")
    bound, _, resource = selector.resource.partition(".")
    if bound not in ("limits", "requests") or resource not in ("cpu", "memory", "ephemeral-storage"):
        raise UnknownField(f"unsupported container resource : {selector.resource}")
    amounts = container.resources.limits if bound == "limits" else requests_of(container.resources)
    missing = facts.node.allocatable.get(resource, Quantity("0")) if bound == "limits" else Quantity("0")
    amount = amounts.get(resource, missing)
    divisor = selector.divisor.value if selector.divisor is not None and selector.divisor != "0" else Decimal(1)
    return str(int((amount.value / divisor).to_integral_value(ROUND_CEILING)))


def _map_text(pairs: Mapping[str, str]) -> str:
    return "\n".join(f"{key}={_quoted(value)}" for key, value in sorted(pairs.items()))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'
