"""What controllers that keep something in every namespace have in common.

Kubernetes: pkg/controller/serviceaccount, pkg/controller/certificates/rootcacertpublisher
"""

from __future__ import annotations

from minikube_py.api.kinds.core.namespace import Namespace
from minikube_py.api.status import ApiError, Forbidden
from minikube_py.machinery.informer import Change
from minikube_py.machinery.store import Key, R


def is_active(namespace: Namespace) -> bool:
    """Whether something can still be created inside."""
    return namespace.metadata.deletion_timestamp is None and namespace.status.phase != "Terminating"


def namespace_key(change: Change[R]) -> tuple[Key]:
    """The namespace that a changed object lies in."""
    return (Key("", change.object.metadata.namespace),)


def is_ending_namespace(error: ApiError) -> bool:
    """Whether a create was refused because the namespace is being deleted: nothing to tell and nothing to retry."""
    causes = (error.details or {}).get("causes") or ()
    return isinstance(error, Forbidden) and any(cause.get("reason") == "NamespaceTerminating" for cause in causes)
