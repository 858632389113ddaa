"""What both kinds of role bindings print.

Kubernetes: pkg/printers/internalversion/printers.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from minikube_py.api.definition import Column
from minikube_py.api.kinds.rbac.subject import RoleRef, Subject


class _Binding(Protocol):
    @property
    def role_ref(self) -> RoleRef: ...
    @property
    def subjects(self) -> Iterable[Subject]: ...


def _names(binding: _Binding, kind: str) -> str:
    found = (subject for subject in binding.subjects if subject.kind == kind)
    return ", ".join(f"{one.namespace}/{one.name}" if kind == "ServiceAccount" else one.name for one in found)


ROLE = Column("Role", lambda binding: f"{binding.role_ref.kind}/{binding.role_ref.name}")
SUBJECTS = (
    Column("Users", lambda binding: _names(binding, "User"), priority=1),
    Column("Groups", lambda binding: _names(binding, "Group"), priority=1),
    Column("ServiceAccounts", lambda binding: _names(binding, "ServiceAccount"), priority=1),
)
