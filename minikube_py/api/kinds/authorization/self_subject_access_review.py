"""SelfSubjectAccessReview: asks whether the caller may do something; never stored.

Kubernetes: pkg/registry/authorization/selfsubjectaccessreview/rest.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from minikube_py.api.kinds.authorization.attributes import SelfSubjectAccessReviewSpec, SubjectAccessReviewStatus
from minikube_py.api.kinds.authorization.validation import asked_errors
from minikube_py.api.markers import Required
from minikube_py.api.model import written
from minikube_py.api.resource import Resource
from minikube_py.api.validation import FieldError


class SelfSubjectAccessReview(
    Resource,
    group="authorization.k8s.io",
    version="v1",
    plural="selfsubjectaccessreviews",
    namespaced=False,
    verbs=("create",),
    generation_of=(),
):
    spec: Annotated[SelfSubjectAccessReviewSpec, Required()] = written(SelfSubjectAccessReviewSpec)
    status: SubjectAccessReviewStatus = written(SubjectAccessReviewStatus)

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        return asked_errors(self.spec)
