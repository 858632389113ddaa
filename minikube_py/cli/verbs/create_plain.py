"""pykubectl create namespace and create serviceaccount: objects that are only a name.

Kubernetes: kubectl pkg/cmd/create/create_namespace.go, create_serviceaccount.go.
"""

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.creating import CreateFlags, create_generated, one_name
from minikube_py.cli.discovery import ResourceType
from minikube_py.client.yaml_text import Document

_NAMESPACES = ResourceType("", "v1", "namespaces", "Namespace", is_namespaced=False)
_SERVICE_ACCOUNTS = ResourceType("", "v1", "serviceaccounts", "ServiceAccount", is_namespaced=True)


def namespace_document(name: str) -> Document:
    """Make a namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}, "spec": {}, "status": {}}


def service_account_document(name: str) -> Document:
    """Make a service account."""
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}


def create_namespace(call: Invocation[CreateFlags]) -> None:
    """Create a namespace."""
    create_generated(call, _NAMESPACES, namespace_document(one_name(call)))


def create_service_account(call: Invocation[CreateFlags]) -> None:
    """Create a service account."""
    document = service_account_document(one_name(call))
    create_generated(call, _SERVICE_ACCOUNTS, document, "failed to create serviceaccount: ")


NAMESPACE = Verb(
    "namespace", create_namespace, CreateFlags, summary="Create a namespace", usage="namespace NAME [--dry-run=...]"
)
SERVICE_ACCOUNT = Verb(
    "serviceaccount",
    create_service_account,
    CreateFlags,
    summary="Create a service account",
    usage="serviceaccount NAME [--dry-run=...]",
)
