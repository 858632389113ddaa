"""What controllers that keep something in every namespace have in common.

Kubernetes: pkg/controller/serviceaccount, pkg/controller/certificates/rootcacertpublisher
"""

from __future__ import annotations

from minikube_py.api.kinds.core.namespace import Namespace
from minikube_py.machinery.informer import Change
from minikube_py.machinery.store import Key, R


def is_active(namespace: Namespace) -> bool:
    """Whether something can still be created inside."""
    return namespace.metadata.deletion_timestamp is None and namespace.status.phase != "Terminating"


def namespace_key(change: Change[R]) -> tuple[Key]:
    """The namespace that a changed object lies in."""
    return (Key("", change.object.metadata.namespace),)
