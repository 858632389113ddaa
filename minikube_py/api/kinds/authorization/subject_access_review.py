"""SubjectAccessReview: asks whether a user may do something; never stored.

Kubernetes: pkg/registry/authorization/subjectaccessreview/rest.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from minikube_py.api.kinds.authorization.attributes import SubjectAccessReviewSpec, SubjectAccessReviewStatus
from minikube_py.api.kinds.authorization.validation import review_errors
from minikube_py.api.markers import Required
from minikube_py.api.model import written
from minikube_py.api.resource import Resource
from minikube_py.api.validation import FieldError


class SubjectAccessReview(
    Resource,
    group="authorization.k8s.io",
    version="v1",
    plural="subjectaccessreviews",
    namespaced=False,
    verbs=("create",),
    generation_of=(),
):
    spec: Annotated[SubjectAccessReviewSpec, Required()] = written(SubjectAccessReviewSpec)
    status: SubjectAccessReviewStatus = written(SubjectAccessReviewStatus)

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        return review_errors(self.spec)
