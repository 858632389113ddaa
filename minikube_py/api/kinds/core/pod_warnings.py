"""What is odd about a pod spec although it is accepted: things that do less, or something else, than they seem to.

Kubernetes: pkg/api/pod/warnings.go
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from minikube_py.api.kinds.core.affinity import Affinity, PodAffinity, PodAntiAffinity
from minikube_py.api.kinds.core.container import Container
from minikube_py.api.kinds.core.pod_spec import PodSpec, PodTemplateSpec
from minikube_py.api.kinds.core.scheduling_validation import PREFERRED, REQUIRED
from minikube_py.api.kinds.deprecations import DEPRECATED_LABELS, POD_ANNOTATIONS, annotation_warnings
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.scalars import Quantity

_DEPRECATED_VOLUMES = {
    "git_repo": ("gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"),
    "scale_io": ("scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    "flocker": ("flocker", "deprecated in v1.22, non-functional in v1.25+"),
    "storageos": ("storageOS", "deprecated in v1.22, non-functional in v1.25+"),
    "quobyte": ("quobyte", "deprecated in v1.22, non-functional in v1.25+"),
    "glusterfs": ("glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    "cephfs": ("cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    "rbd": ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
}
_COUNTED_IN_BYTES = ("memory", "ephemeral-storage")
_MATCHES_NOTHING = "a null labelSelector results in matching no pod"


def workload_warnings(metadata: ObjectMeta, template: PodTemplateSpec, path: str) -> Iterator[str]:
    """Of an object whose pods are named after it."""
    yield from dotted_name_warnings(metadata, "Pod names and hostnames")
    yield from template_warnings(template, path)


def template_warnings(template: PodTemplateSpec, path: str) -> Iterator[str]:
    annotations = template.metadata.annotations
    yield from annotation_warnings(annotations, POD_ANNOTATIONS, f"{path}.metadata.annotations")
    yield from pod_warnings(template.spec, f"{path}.spec")
    if (template.spec.termination_grace_period_seconds or 0) < 0:
        why = "must be >= 0; negative values are invalid and will be treated as 1"
        yield f"{path}.spec.terminationGracePeriodSeconds: {why}"


def dotted_name_warnings(metadata: ObjectMeta, what: str) -> Iterator[str]:
    """What a new object is told whose name will be no host name; `what` it is used in."""
    if "." in metadata.name and not metadata.uid:
        odd = "which can result in surprising behavior; a DNS label is recommended: [must not contain dots]"
        yield f"metadata.name: this is used in {what}, {odd}"


def pod_warnings(spec: PodSpec, path: str) -> Iterator[str]:
    for key, warning in DEPRECATED_LABELS.items():
        if key in spec.node_selector:
            yield f"{path}.nodeSelector[{key}]: {warning}"
    for index, constraint in enumerate(spec.topology_spread_constraints):
        if constraint.label_selector is None:
            yield f"{path}.topologySpreadConstraints[{index}].labelSelector: {_MATCHES_NOTHING}"
    for index, volume in enumerate(spec.volumes):
        for attribute in _DEPRECATED_VOLUMES.keys() & volume.model_fields_set:
            name, warning = _DEPRECATED_VOLUMES[attribute]
            yield f"{path}.volumes[{index}].{name}: {warning}"
    yield from _reference_warnings(spec, path)
    for index, container in enumerate(spec.init_containers):
        yield from _container_warnings(container, f"{path}.initContainers[{index}]")
    for index, container in enumerate(spec.containers):
        yield from _container_warnings(container, f"{path}.containers[{index}]")
    if spec.affinity is not None:
        yield from _affinity_warnings(spec.affinity, f"{path}.affinity")


def _reference_warnings(spec: PodSpec, path: str) -> Iterator[str]:
    secrets = [reference.name for reference in spec.image_pull_secrets]
    for index, name in enumerate(secrets):
        if name in secrets[:index]:
            yield f'{path}.imagePullSecrets[{index}].name: duplicate name "{name}"'
    for index, name in enumerate(secrets):
        if not name:
            yield f'{path}.imagePullSecrets[{index}].name: invalid empty name ""'
    addresses = [alias.ip for alias in spec.host_aliases]
    for index, address in enumerate(addresses):
        if address in addresses[:index]:
            yield f'{path}.hostAliases[{index}].ip: duplicate ip "{address}"'


def fraction_warnings(amounts: Mapping[str, Mapping[str, Quantity]], names: Sequence[str], path: str) -> Iterator[str]:
    """Of amounts of what is counted in whole bytes; `amounts` by `limits` and `requests`."""
    for kind, given in amounts.items():
        for name in names:
            amount = given.get(name)
            if amount is not None and amount.endswith(("m", "u", "n")):
                why = f'fractional byte value "{amount}" is invalid, must be an integer'
                yield f"{path}.{kind}[{name}]: {why}"


def _container_warnings(container: Container, path: str) -> Iterator[str]:
    amounts = {"limits": container.resources.limits, "requests": container.resources.requests}
    yield from fraction_warnings(amounts, _COUNTED_IN_BYTES, f"{path}.resources")
    names: set[str] = set()
    for index, variable in enumerate(container.env):
        if variable.name in names and "$(" not in variable.value:
            hidden = f'hides previous definition of "{variable.name}", which may be dropped when using apply'
            yield f"{path}.env[{index}]: {hidden}"
        names.add(variable.name)
    seen: dict[tuple[int, str, int, str], int] = {}
    for index, port in enumerate(container.ports):
        key = (port.container_port, port.protocol, port.host_port, port.host_ip)
        if key in seen:
            yield f"{path}.ports[{index}]: duplicate port definition with {path}.ports[{seen[key]}]"
        else:
            seen[key] = index


def _affinity_warnings(affinity: Affinity, path: str) -> Iterator[str]:
    parts: dict[str, PodAffinity | PodAntiAffinity | None] = {
        "podAffinity": affinity.pod_affinity,
        "podAntiAffinity": affinity.pod_anti_affinity,
    }
    for name, part in parts.items():
        if part is None:
            continue
        for index, term in enumerate(part.required_during_scheduling_ignored_during_execution):
            if term.label_selector is None:
                yield f"{path}.{name}.{REQUIRED}[{index}].labelSelector: {_MATCHES_NOTHING}"
        for index, weighted in enumerate(part.preferred_during_scheduling_ignored_during_execution):
            if weighted.pod_affinity_term.label_selector is None:
                yield f"{path}.{name}.{PREFERRED}[{index}].podAffinityTerm.labelSelector: {_MATCHES_NOTHING}"
