"""pykubectl create service clusterip|nodeport|loadbalancer|externalname.

Kubernetes: kubectl pkg/cmd/create/create_service.go.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from minikube_py.cli.command import Entry, Invocation, Verb, VerbGroup
from minikube_py.cli.creating import CreateFlags, create_generated, one_name
from minikube_py.cli.discovery import ResourceType
from minikube_py.cli.errors import CommandError
from minikube_py.cli.flags import flag
from minikube_py.client.yaml_text import Document

_SERVICES = ResourceType("", "v1", "services", "Service", is_namespaced=True)


@dataclass(frozen=True)
class ServiceFlags(CreateFlags):
    """What every create service verb takes."""

    tcp: tuple[str, ...] = flag((), "", "PORT or PORT:TARGETPORT; may be repeated.")


@dataclass(frozen=True)
class ClusterIpFlags(ServiceFlags):
    """What create service clusterip takes."""

    clusterip: str = flag("", "", "The address of the service, None for a headless one.")


@dataclass(frozen=True)
class NodePortFlags(ServiceFlags):
    """What create service nodeport takes."""

    node_port: int = flag(0, "", "The port of every node; 0 lets the server choose.")


@dataclass(frozen=True)
class ExternalNameFlags(ServiceFlags):
    """What create service externalname takes."""

    external_name: str = flag("", "", "The DNS name that the service stands for; required.")


def service_document(name: str, kind: str, ports: Sequence[Document], **spec: Any) -> Document:
    """Make a service that selects app=NAME; `spec` adds fields."""
    labels = {"app": name}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"labels": labels, "name": name},
        "spec": {**({"ports": list(ports)} if ports else {}), "selector": labels, "type": kind, **spec},
        "status": {"loadBalancer": {}},
    }


def parse_port(text: str) -> Document:
    """Read PORT or PORT:TARGETPORT.

    Raises: CommandError for a port that is no number.
    """
    port, _, target = text.partition(":")
    target = target or port
    return {
        "name": text.replace(":", "-"),
        "port": _number(port),
        "protocol": "TCP",
        "targetPort": int(target) if target.isdigit() else target,
    }


def _number(text: str) -> int:
    if not text.isdigit():
        raise CommandError(f'strconv.ParseUint: parsing "{text}": invalid syntax')
    if int(text) > 65535:
        raise CommandError(f'strconv.ParseUint: parsing "{text}": value out of range')
    return int(text)


def _create(call: Invocation[Any], kind: str, requires_ports: bool = True, **spec: Any) -> None:
    name = one_name(call)
    ports = [parse_port(text) for text in call.flags.tcp]
    if requires_ports and not ports:
        raise CommandError("at least one tcp port specifier must be provided")
    document = service_document(name, kind, ports, **spec)
    create_generated(call, _SERVICES, document, f"failed to create {kind} service: ")


def _cluster_ip(call: Invocation[ClusterIpFlags]) -> None:
    address = call.flags.clusterip
    _create(call, "ClusterIP", requires_ports=address != "None", **({"clusterIP": address} if address else {}))


def _node_port(call: Invocation[NodePortFlags]) -> None:
    name = one_name(call)
    ports = [parse_port(text) for text in call.flags.tcp]
    if not ports:
        raise CommandError("at least one tcp port specifier must be provided")
    if call.flags.node_port:
        ports = [{**port, "nodePort": call.flags.node_port} for port in ports]
    create_generated(call, _SERVICES, service_document(name, "NodePort", ports), "failed to create NodePort service: ")


def _load_balancer(call: Invocation[ServiceFlags]) -> None:
    _create(call, "LoadBalancer")


def _external_name(call: Invocation[ExternalNameFlags]) -> None:
    if "external-name" not in call.given:
        raise CommandError('required flag(s) "external-name" not set')
    _create(call, "ExternalName", requires_ports=False, externalName=call.flags.external_name)


_HERE = "minikube_py.cli.verbs.create_service"
_USAGE = "NAME [--tcp=PORT:TARGETPORT] [--dry-run=...]"
CLUSTER_IP = Verb(
    "clusterip", _cluster_ip, ClusterIpFlags, summary="Create a ClusterIP service", usage=f"clusterip {_USAGE}"
)
NODE_PORT = Verb("nodeport", _node_port, NodePortFlags, summary="Create a NodePort service", usage=f"nodeport {_USAGE}")
LOAD_BALANCER = Verb(
    "loadbalancer",
    _load_balancer,
    ServiceFlags,
    summary="Create a LoadBalancer service",
    usage=f"loadbalancer {_USAGE}",
)
EXTERNAL_NAME = Verb(
    "externalname",
    _external_name,
    ExternalNameFlags,
    summary="Create an ExternalName service",
    usage=f"externalname {_USAGE} --external-name=NAME",
)
COMMAND = VerbGroup(
    "service",
    (
        Entry("clusterip", _HERE, "Create a ClusterIP service", attribute="CLUSTER_IP"),
        Entry("externalname", _HERE, "Create an ExternalName service", attribute="EXTERNAL_NAME"),
        Entry("loadbalancer", _HERE, "Create a LoadBalancer service", attribute="LOAD_BALANCER"),
        Entry("nodeport", _HERE, "Create a NodePort service", attribute="NODE_PORT"),
    ),
    summary="Create a service using a specified subcommand",
)
