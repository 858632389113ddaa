"""ClusterRoleBinding: who has a cluster role everywhere.

Kubernetes: pkg/registry/rbac/clusterrolebinding/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from minikube_py.api.columns import AGE, NAME
from minikube_py.api.defaulting import changed, each
from minikube_py.api.kinds.rbac.columns import ROLE, SUBJECTS
from minikube_py.api.kinds.rbac.subject import RoleRef, Subject
from minikube_py.api.kinds.rbac.validation import (
    GROUP,
    role_ref_errors,
    subject_defaulted,
    subject_errors,
)
from minikube_py.api.markers import Required
from minikube_py.api.model import replace, written
from minikube_py.api.resource import Resource
from minikube_py.api.validation import FieldError, invalid_value, path_segment_error


class ClusterRoleBinding(
    Resource,
    group="rbac.authorization.k8s.io",
    version="v1",
    plural="clusterrolebindings",
    namespaced=False,
    generation_of=(),
    allows_create_on_update=True,
    columns=(NAME, ROLE, AGE, *SUBJECTS),
):
    subjects: tuple[Subject, ...] = ()
    role_ref: Annotated[RoleRef, Required()] = written(RoleRef)

    def defaulted(self) -> Self:
        role_ref = self.role_ref if self.role_ref.api_group else replace(self.role_ref, api_group=GROUP)
        return changed(self, role_ref=role_ref, subjects=each(self.subjects, subject_defaulted))

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        yield from role_ref_errors(self.role_ref, ("ClusterRole",))
        yield from subject_errors(self.subjects, is_namespaced=False)
        if old is not None and self.role_ref != old.role_ref:
            yield invalid_value("roleRef", self.role_ref, "cannot change roleRef")

    @classmethod
    def name_error(cls, name: str, *, prefix: bool) -> str:
        return path_segment_error(name, prefix=prefix)
