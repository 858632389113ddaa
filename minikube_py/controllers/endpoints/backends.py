"""Which pods stand behind a Service, under which addresses and ports. Pure.

Kubernetes: staging/src/k8s.io/endpointslice/utils.go, pkg/api/v1/endpoints
"""

from __future__ import annotations

from collections.abc import Iterator

from minikube_py.api.kinds.core.common import ObjectReference
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.service import Service, ServicePort
from minikube_py.api.selectors import selector_from_labels
from minikube_py.machinery.conditions import is_terminal
from minikube_py.machinery.informer import Change
from minikube_py.machinery.store import Key, Store, key_of

HEADLESS_LABEL = "service.kubernetes.io/headless"


def has_own_backends(service: Service) -> bool:
    """Whether the Service's backends are found by its selector, and not written by somebody else."""
    return bool(service.spec.selector) and service.spec.type != "ExternalName"


def is_headless(service: Service) -> bool:
    return service.spec.cluster_ip == "None"


def selects(service: Service, pod: Pod) -> bool:
    return has_own_backends(service) and selector_from_labels(service.spec.selector).matches(pod.metadata.labels)


def backends_of(service: Service, pods: Store[Pod]) -> Iterator[Pod]:
    """The pods that the Service selects and that have an address and have not ended."""
    for pod in pods.list(service.metadata.namespace):
        if pod.status.pod_ip and not is_terminal(pod) and selects(service, pod):
            yield pod


def address_of(pod: Pod, family: str) -> str:
    """The pod's address of `IPv4` or `IPv6`; empty if it has none."""
    addresses = [each.ip for each in pod.status.pod_ips] or [pod.status.pod_ip]
    return next((address for address in addresses if (":" in address) == (family == "IPv6")), "")


def target_port(port: ServicePort, pod: Pod) -> int | None:
    """The number behind a Service's port in this pod; None if the pod has no port of that name."""
    target = port.target_port
    if isinstance(target, int):
        return target or port.port
    if not target:
        return port.port
    for container in pod.spec.containers:
        for candidate in container.ports:
            if candidate.name == target and (candidate.protocol or "TCP") == (port.protocol or "TCP"):
                return candidate.container_port
    return None


def hostname_of(service: Service, pod: Pod) -> str:
    """The name under which DNS shows the pod beneath its Service."""
    is_named = pod.spec.hostname and pod.spec.subdomain == service.metadata.name
    return pod.spec.hostname if is_named else ""


def reference_to(pod: Pod) -> ObjectReference:
    return ObjectReference(kind="Pod", namespace=pod.metadata.namespace, name=pod.metadata.name, uid=pod.metadata.uid)


def services_of(change: Change[Pod], services: Store[Service]) -> Iterator[Key]:
    """The Services that select a changed pod, or did before the change."""
    versions = [pod for pod in (change.old, change.new) if pod is not None]
    for service in services.list(change.object.metadata.namespace):
        if any(selects(service, pod) for pod in versions):
            yield key_of(service)
