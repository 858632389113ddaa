"""Why a service does not answer, in the order of a packet's way: selector, pods, readiness, endpoints, port, rules.

The API server knows everything but the rules: those are in the kernel of each node. They are looked at where the
command runs, if it may; otherwise the answer says that nobody looked.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.service import Service, ServicePort
from minikube_py.api.kinds.discovery.endpoint_slice import EndpointSlice
from minikube_py.api.scalars import Time
from minikube_py.diagnosis.components import CONTROLLER_MANAGER, PROXY, life_of, missing, start_command
from minikube_py.diagnosis.explanation import USER, Evidence, Explanation, counted, joined, since
from minikube_py.diagnosis.facts import Facts
from minikube_py.diagnosis.pods import explain_pod
from minikube_py.diagnosis.routes import LostEndpoint, lost_endpoints
from minikube_py.machinery.conditions import is_active, is_ready
from minikube_py.proxy.packets import Packet
from minikube_py.proxy.service_map import SERVICE_NAME_LABEL
from minikube_py.proxy.tracer import Tracer

_OUTSIDE = "192.0.2.1"
"""Nobody's address: a client that is neither a pod nor the node."""


def explain_service(facts: Facts, service: Service) -> Explanation:
    """The first thing on the way that is missing."""
    subject, spec = f"service/{service.metadata.name}", service.spec
    if spec.type == "ExternalName":
        cause = f"it is another name for {spec.external_name}: nobody but a DNS server answers for it."
        return Explanation(subject, cause, True)
    slices = [s for s in facts.slices if s.metadata.labels.get(SERVICE_NAME_LABEL) == service.metadata.name]
    if spec.selector:
        found = _by_selector(facts, service, slices)
        if found is not None:
            return found
    ready = list(_ready_addresses(slices))
    if not ready:
        return _without_endpoints(service, slices)
    return _rules(facts, service, slices, ready)


def _by_selector(facts: Facts, service: Service, slices: list[EndpointSlice]) -> Explanation | None:
    subject = f"service/{service.metadata.name}"
    selector = joined(f"{key}={value}" for key, value in sorted(service.spec.selector.items()))
    here = [pod for pod in facts.pods if pod.metadata.namespace == service.metadata.namespace]
    selected = [pod for pod in here if _is_selected(pod, service)]
    active = [pod for pod in selected if is_active(pod)]
    shown = Evidence("service spec.selector", selector)
    if "pods" in facts.gaps:
        return None
    if not active:
        return Explanation(
            subject,
            f"no pod has the labels that it selects: {selector}.",
            waits_for="a pod with these labels",
            next_actor=USER,
            since=since((service.metadata.creation_timestamp, "its creationTimestamp")),
            evidence=(shown, *_near_misses(here, service)),
            next_steps=(
                f"Correct the selector: pykubectl set selector {subject} KEY=VALUE, or the labels of the pods",
            ),
        )
    unready = [pod for pod in active if not is_ready(pod)]
    if len(unready) == len(active) and not service.spec.publish_not_ready_addresses:
        deeper = explain_pod(facts, unready[0])
        cause = f"{counted(len(active), 'pod')} {'is' if len(active) == 1 else 'are'} selected, and none is ready."
        return Explanation(
            subject, cause, False, "a ready pod", deeper.root.next_actor, deeper.root.since, (shown,), (), deeper
        )
    named = _wrong_port(service, active)
    if named is not None:
        return named
    addresses = set(_ready_addresses(slices))
    lacking = [pod for pod in active if is_ready(pod) and pod.status.pod_ip not in addresses]
    if lacking:
        return _not_listed(facts, service, lacking)
    return None


def _not_listed(facts: Facts, service: Service, lacking: list[Pod]) -> Explanation:
    subject, life = f"service/{service.metadata.name}", life_of(facts, CONTROLLER_MANAGER)
    what = f"{counted(len(lacking), 'ready pod')} in its EndpointSlice"
    if life.is_alive is False:
        found = missing(facts, CONTROLLER_MANAGER, life, service, what)
        return Explanation(
            subject,
            "its pods are ready, but nobody lists them as endpoints: " + found.cause.partition(", and ")[2],
            False, what, found.next_actor, found.since, found.evidence, found.next_steps,
        )  # fmt: skip
    evidence = (Evidence(f"pod {lacking[0].metadata.name}", f"ready, at {lacking[0].status.pod_ip}"), life.evidence)
    cause = "its pods are ready, and are not listed as endpoints yet."
    return Explanation(subject, cause, False, what, CONTROLLER_MANAGER, None, evidence, ("Ask again in a moment",))


def _wrong_port(service: Service, pods: list[Pod]) -> Explanation | None:
    """A targetPort that is a name which no container has."""
    for port in service.spec.ports:
        target = port.target_port
        if not isinstance(target, str) or target.isdigit():
            continue
        names = {p.name for pod in pods for container in pod.spec.containers for p in container.ports}
        if target not in names:
            known = joined(sorted(filter(None, names))) or "none"
            return Explanation(
                f"service/{service.metadata.name}",
                f'its targetPort "{target}" is the name of no port of its pods.',
                waits_for=f'a container port named "{target}"',
                next_actor=USER,
                evidence=(Evidence("service spec.ports", _port_text(port)), Evidence("named ports of its pods", known)),
                next_steps=("Name the container's port so, or give targetPort a number",),
            )
    return None


def _without_endpoints(service: Service, slices: list[EndpointSlice]) -> Explanation:
    listed = sum(len(each.endpoints) for each in slices)
    shown = Evidence(
        "endpoint slices", f"{counted(len(slices), 'slice')} with {counted(listed, 'endpoint')}, none ready"
    )
    hand = "" if service.spec.selector else "it has no selector, so its EndpointSlices are made by hand; "
    return Explanation(
        f"service/{service.metadata.name}",
        f"{hand}it has no ready endpoint: connections are refused.",
        waits_for="a ready endpoint",
        next_actor=USER if hand else CONTROLLER_MANAGER,
        since=since((service.metadata.creation_timestamp, "its creationTimestamp")),
        evidence=(shown,),
        next_steps=("Create an EndpointSlice with the label kubernetes.io/service-name",) if hand else (),
    )


def _rules(facts: Facts, service: Service, slices: list[EndpointSlice], ready: list[str]) -> Explanation:
    subject = f"service/{service.metadata.name}"
    shown = Evidence("endpoint slices", f"{counted(len(ready), 'ready endpoint')}: {joined(ready[:5])}")
    if service.spec.cluster_ip in ("", "None"):
        cause = f"it is headless: clients get the pods' addresses from DNS; {counted(len(ready), 'pod')} ready."
        return Explanation(subject, cause, True, evidence=(shown,))
    if facts.nodes and all(_is_simulated(node) for node in facts.nodes):
        cause = "its pods are simulated: nobody answers at their addresses, and no proxy leads there."
        told = Evidence(f"node {facts.nodes[0].metadata.name}", "its container runtime is the simulated one")
        step = "For pods that answer: minikube-py start with --container-runtime=oci or docker"
        return Explanation(subject, cause, False, "", USER, None, (shown, told), (step,))
    if facts.rules is None:
        looked = Evidence("rules of the proxy", f"nobody looked: {facts.rules_gap}")
        cause = (
            f"as far as the API server knows it has {counted(len(ready), 'ready endpoint')}; the rules were not seen."
        )
        step = f"On a node, as root: pykubectl trace {subject} --send"
        return Explanation(subject, cause, True, evidence=(shown, looked), next_steps=(step,))
    ports = [port for port in service.spec.ports if port.protocol == "TCP"]
    wrong = next((port for port in ports if not _leads(facts, service, port, ready)), None)
    if wrong is not None:
        has_any = "-A KUBE-SERVICES" in facts.rules or ":KUBE-SERVICES" in facts.rules
        led = joined(sorted(_backends(facts, service, wrong))) or "no endpoint"
        text = f"{service.spec.cluster_ip}:{wrong.port} leads to {led}"
        never = "" if has_any else "; there are no chains of a proxy at all"
        cause = "no proxy has ever written rules on this machine." if not has_any else (
            "the rules on this machine are not those that its endpoints ask for: the proxy does not follow any more."
        )  # fmt: skip
        return Explanation(
            subject,
            f"it has {counted(len(ready), 'ready endpoint')}, but {cause}",
            waits_for="the rules of its address",
            next_actor=f"{PROXY}, which is not there or stands still",
            since=since((max(_changed(slices), default=None), "the last change of its EndpointSlices, at the latest")),
            evidence=(shown, Evidence("iptables on this machine", text + never)),
            next_steps=(f"Start it: {start_command(facts, PROXY)}",),
        )
    lost = list(lost_endpoints(slices, facts.routes, facts.rules_of)) if facts.rules_of else []
    if lost:
        return _without_route(facts, service, ready, lost)
    told = Evidence("iptables on this machine", f"{service.spec.cluster_ip} leads to {joined(ready[:5])}")
    step = f"If it does not answer all the same, try a real packet: pykubectl trace {subject} --send"
    cause = f"it has {counted(len(ready), 'ready endpoint')}, and the rules on this machine lead to them."
    return Explanation(subject, cause, True, evidence=(shown, told), next_steps=(step,))


def _without_route(facts: Facts, service: Service, ready: list[str], lost: list[LostEndpoint]) -> Explanation:
    nodes = joined(sorted({each.node for each in lost}))
    return Explanation(
        f"service/{service.metadata.name}",
        f"the rules lead to {counted(len(ready), 'endpoint')}, but this machine ({facts.rules_of}) knows no way to the "
        f"pods of {nodes}: what is sent there gets no answer.",
        waits_for=f"a route to the pods of {nodes}",
        next_actor=f"{USER}, or what makes routes between nodes",
        evidence=tuple(each.evidence for each in lost[:5]),
        next_steps=tuple(dict.fromkeys(each.next_step(facts.nodes) for each in lost)),
    )


def _is_simulated(node: Node) -> bool:
    return node.status.node_info.container_runtime_version.startswith("simulated://")


def _leads(facts: Facts, service: Service, port: ServicePort, ready: list[str]) -> bool:
    backends = _backends(facts, service, port)
    is_partial = service.spec.internal_traffic_policy == "Local" and backends < set(ready)
    return bool(backends) and (backends == set(ready) or is_partial)


def _backends(facts: Facts, service: Service, port: ServicePort) -> set[str]:
    """Where the rules lead."""
    routes = Tracer.from_save(facts.rules or "", ()).trace(Packet(_OUTSIDE, service.spec.cluster_ip, port.port))
    return {route.outcome.backend.address for route in routes if route.outcome.backend is not None}


def _changed(slices: list[EndpointSlice]) -> list[Time]:
    return [entry.time for each in slices for entry in each.metadata.managed_fields if entry.time is not None]


def _is_selected(pod: Pod, service: Service) -> bool:
    return all(pod.metadata.labels.get(key) == value for key, value in service.spec.selector.items())


def _near_misses(pods: list[Pod], service: Service) -> Iterator[Evidence]:
    """Pods with the same keys and other values: most often, a slip of the pen."""
    keys = set(service.spec.selector)
    found: dict[str, list[str]] = {}
    for pod in pods:
        labels = {key: value for key, value in pod.metadata.labels.items() if key in keys}
        if labels:
            found.setdefault(joined(f"{k}={v}" for k, v in sorted(labels.items())), []).append(pod.metadata.name)
    for text, names in list(found.items())[:3]:
        yield Evidence(f"{counted(len(names), 'pod')}, such as {names[0]}", f"has {text}")


def _ready_addresses(slices: list[EndpointSlice]) -> Iterator[str]:
    for each in slices:
        for endpoint in each.endpoints:
            if endpoint.conditions.ready is not False and each.ports:
                yield from (address for address in endpoint.addresses if _is_ipv4(address))


def _is_ipv4(address: str) -> bool:
    try:
        ipaddress.IPv4Address(address)
    except ValueError:
        return False
    return True


def _port_text(port: ServicePort) -> str:
    return f"{port.name + ': ' if port.name else ''}{port.port} to {port.target_port}"
