"""Who has a role, and which.

Kubernetes: staging/src/k8s.io/api/rbac/v1/types.go
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from minikube_py.api.markers import NotRequired
from minikube_py.api.model import Model, written


class Subject(Model):
    """A user, a group or a service account."""

    is_atomic: ClassVar[bool] = True

    kind: str = written(str)
    api_group: str = ""
    name: str = written(str)
    namespace: str = ""


class RoleRef(Model):
    """The role that is given; it never changes."""

    is_atomic: ClassVar[bool] = True

    api_group: Annotated[str, NotRequired()] = written(str)
    kind: str = written(str)
    name: str = written(str)
