"""pykubectl expose: a service in front of the pods of a service, deployment, replica set or pod.

Kubernetes: kubectl pkg/cmd/expose/expose.go.
Simplified: --overrides is not known.
"""

from dataclasses import dataclass
from typing import Any

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.connection import Request
from minikube_py.cli.discovery import ResourceType
from minikube_py.cli.errors import PROGRAM, CommandError
from minikube_py.cli.flags import flag
from minikube_py.cli.resource_arguments import FilenameFlags, Selection, Target, objects
from minikube_py.cli.writing import Results, WriteFlags, parse_pairs
from minikube_py.client.yaml_text import Document

_SERVICES = ResourceType("", "v1", "services", "Service", is_namespaced=True)
_MAX_NAME = 63
_PORTS_KEY = "containerPort"


@dataclass(frozen=True)
class ExposeFlags(WriteFlags, FilenameFlags):
    """What expose takes."""

    name: str = flag("", "", "The service's name; by default the object's.")
    port: str = flag("", "", "The port of the service, or several; by default the ports of the containers.")
    target_port: str = flag("", "", "The port of the pods, by number or name; by default the service's.")
    protocol: str = flag("", "", "TCP, UDP or SCTP.")
    type: str = flag("", "", "ClusterIP, NodePort, LoadBalancer or ExternalName.")
    selector: str = flag("", "", "The labels of the pods; by default those that the object selects.")
    labels: str = flag("", "l", "The labels of the service; by default those of the object.")
    external_ip: str = flag("", "", "An address outside the cluster at which the service also answers.")
    cluster_ip: str = flag("", "", "The address of the service, None for a headless one.")
    load_balancer_ip: str = flag("", "", "The address to ask a load balancer for.")
    session_affinity: str = flag("", "", "None or ClientIP.")


@dataclass(frozen=True, slots=True)
class PortSource:
    """One port that an object offers."""

    port: int
    protocol: str = "TCP"


def expose(call: Invocation[ExposeFlags]) -> None:
    """Create a service for each object."""
    flags = call.flags
    results = Results.of(call.session, flags, "kubectl-expose")
    selection = Selection(call.words, flags.filename, flags.recursive, flags.kustomize)
    for target in objects(call.session, selection):
        document = service_document(target, flags)
        if not results.is_client_dry_run:
            path = _SERVICES.path(target.namespace)
            document = call.session.connection.ask(Request("POST", path, results.query, document)).json()
        elif call.session.is_namespace_given:
            document["metadata"]["namespace"] = target.namespace
        results.tell(document, "exposed")


def service_document(target: Target, flags: ExposeFlags) -> Document:
    """Make the service in front of an object.

    Raises: CommandError for an object without pods, selector or ports.
    """
    exposed = target.document or {}
    kind = str(exposed.get("kind"))
    if kind not in _SELECTORS:
        raise CommandError(f"cannot expose a {kind}")
    labels = parse_pairs(flags.labels) if flags.labels else (exposed["metadata"].get("labels") or {})
    spec: Document = {
        "ports": _ports(exposed, flags),
        "selector": parse_pairs(flags.selector) if flags.selector else _SELECTORS[kind](exposed),
    }
    for key, value in (
        ("type", flags.type),
        ("clusterIP", flags.cluster_ip),
        ("loadBalancerIP", flags.load_balancer_ip),
        ("sessionAffinity", flags.session_affinity),
    ):
        if value:
            spec[key] = value
    if flags.external_ip:
        spec["externalIPs"] = [flags.external_ip]
    if flags.session_affinity not in ("", "None", "ClientIP"):
        raise CommandError(f"unknown session affinity: {flags.session_affinity}")
    metadata: Document = {"name": flags.name or target.name[:_MAX_NAME]}
    if labels:
        metadata["labels"] = dict(labels)
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": spec,
        "status": {"loadBalancer": {}},
    }


def _ports(exposed: Document, flags: ExposeFlags) -> list[Document]:
    offered = _offered(exposed)
    wanted = [_number(text) for text in flags.port.split(",")] if flags.port else [source.port for source in offered]
    if not wanted and flags.cluster_ip != "None":
        raise CommandError("couldn't find port via --port flag or introspection")
    protocols = {source.port: source.protocol for source in offered}
    ports: list[Document] = []
    for index, number in enumerate(wanted, 1):
        port: Document = {"name": f"port-{index}"} if len(wanted) > 1 else {}
        port |= {"port": number, "protocol": flags.protocol or protocols.get(number, "TCP")}
        port["targetPort"] = _target_port(flags.target_port) or number
        ports.append(port)
    return ports


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise CommandError(f'strconv.Atoi: parsing "{text}": invalid syntax') from error


def _target_port(text: str) -> int | str:
    return int(text) if text.isdigit() else text


def _offered(exposed: Document) -> list[PortSource]:
    spec = exposed.get("spec") or {}
    if exposed["kind"] == "Service":
        return [PortSource(port["port"], port.get("protocol", "TCP")) for port in spec.get("ports") or []]
    pod = spec if exposed["kind"] == "Pod" else (spec.get("template") or {}).get("spec") or {}
    return [
        PortSource(port[_PORTS_KEY], port.get("protocol", "TCP"))
        for container in pod.get("containers") or []
        for port in container.get("ports") or []
    ]


def _labels_of_pod(exposed: Document) -> Document:
    labels: Document = exposed["metadata"].get("labels") or {}
    if not labels:
        raise CommandError("couldn't retrieve selectors via --selector flag or introspection: the pod has no labels "
                           "and cannot be exposed")  # fmt: skip
    return labels


def _selector_of_service(exposed: Document) -> Document:
    selector: Document = (exposed.get("spec") or {}).get("selector") or {}
    if not selector:
        raise CommandError("couldn't retrieve selectors via --selector flag or introspection: the service has no pod "
                           "selector set")  # fmt: skip
    return selector


def _match_labels(exposed: Document) -> Document:
    selector = (exposed.get("spec") or {}).get("selector") or {}
    if selector.get("matchExpressions"):
        raise CommandError(
            "couldn't retrieve selectors via --selector flag or introspection: couldn't convert expressions - "
            f'"{selector["matchExpressions"]}" to map-based selector format'
        )
    labels: Document = selector.get("matchLabels") or {}
    return labels


_SELECTORS: dict[str, Any] = {
    "Pod": _labels_of_pod,
    "Service": _selector_of_service,
    "ReplicationController": _selector_of_service,
    "ReplicaSet": _match_labels,
    "Deployment": _match_labels,
}

COMMAND = Verb(
    "expose",
    expose,
    ExposeFlags,
    summary="Take a service, deployment, replica set or pod and expose it as a new service",
    usage="expose (-f FILENAME | TYPE NAME) [--port=PORT] [--target-port=PORT] [--name=NAME] [--type=TYPE]",
    examples=f"""
# Port 80 of web's pods behind one address
{PROGRAM} expose deployment web --port=80

# The same, on a port of every node
{PROGRAM} expose deployment web --port=80 --type=NodePort --name=web-outside
""",
)
