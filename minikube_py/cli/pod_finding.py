"""Which pod, and which container of it, a verb for one pod means: NAME, pod/NAME, deployment/NAME, service/NAME.

Kubernetes: kubectl polymorphichelpers (AttachablePodForObject), podcmd.
Simplified: polls while no pod is there.
"""

import time

from minikube_py.cli.describers.text import selector_query
from minikube_py.cli.errors import CommandError, ServerError
from minikube_py.cli.resource_arguments import Target
from minikube_py.cli.session import Session
from minikube_py.client.yaml_text import Document

_POLL_S = 0.5
_DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"


def pods_path(namespace: str, name: str = "") -> str:
    """The URL path of pods."""
    path = f"/api/v1/namespaces/{namespace}/pods"
    return f"{path}/{name}" if name else path


def find_pod(session: Session, word: str, wait_s: float = 0.0, *, tells: bool = False) -> Document:
    """Ask for the pod that a word means; of several, a running one, and `tells` which.

    Raises: CommandError when there is none, even after `wait_s` seconds.
    """
    type_word, slash, name = word.rpartition("/")
    resource = session.discovery.find(type_word) if slash else None
    if resource is None or (resource.plural == "pods" and not resource.group):
        pod: Document = session.connection.get(pods_path(session.namespace, name))
        return pod
    target = Target(resource, session.namespace, name)
    owner = session.connection.get(target.path)
    deadline = time.monotonic() + wait_s
    while not (pods := pods_of(session, owner)):
        if time.monotonic() >= deadline:
            raise CommandError("timed out waiting for the condition")
        time.sleep(_POLL_S)
    chosen = min(pods, key=_preference)
    if len(pods) > 1 and tells:
        session.warn(f"Found {len(pods)} pods, using pod/{chosen['metadata']['name']}")
    return chosen


def pods_of(session: Session, owner: Document) -> list[Document]:
    """List the pods that a workload or service selects.

    Raises: CommandError for a kind that selects none.
    """
    selector = (owner.get("spec") or {}).get("selector")
    if not isinstance(selector, dict) or not selector:
        raise CommandError(f"cannot find pods of {owner.get('kind')}: selector is missing")
    is_plain = "matchLabels" not in selector and "matchExpressions" not in selector
    query = selector_query({"matchLabels": selector} if is_plain else selector)
    found = session.connection.get(pods_path(session.namespace), {"labelSelector": query})
    items: list[Document] = found.get("items") or []
    return items


def choose_container(session: Session, pod: Document, wanted: str, quiet: bool = False) -> str:
    """Return the name of the container that is meant; says which, when one of several was chosen.

    Raises: CommandError for a name that the pod does not have.
    """
    spec = pod["spec"]
    names = [one["name"] for one in spec.get("containers") or []]
    others = [one["name"] for kind in ("initContainers", "ephemeralContainers") for one in spec.get(kind) or []]
    if wanted:
        if wanted not in (*names, *others):
            raise CommandError(f"container {wanted} is not valid for pod {pod['metadata']['name']}")
        return wanted
    annotated = (pod["metadata"].get("annotations") or {}).get(_DEFAULT_CONTAINER)
    if annotated in (*names, *others):
        return str(annotated)
    if len(names) + len(others) > 1 and not quiet:
        listed = ", ".join([*names, *(f"{name} (init)" for name in others)])
        session.warn(f'Defaulted container "{names[0]}" out of: {listed}')
    return str(names[0])


def log_error(error: ServerError, name: str, namespace: str) -> CommandError:
    """Say of a missing pod in which namespace it was looked for."""
    if error.is_not_found:
        return CommandError(f'error from server (NotFound): pods "{name}" not found in namespace "{namespace}"')
    return error


def _preference(pod: Document) -> tuple[bool, bool, str]:
    status = pod.get("status") or {}
    ready = any(one.get("type") == "Ready" and one.get("status") == "True" for one in status.get("conditions") or [])
    return status.get("phase") != "Running", not ready, str(pod["metadata"].get("name"))
