"""LocalSubjectAccessReview: a SubjectAccessReview within one namespace; never stored.

Kubernetes: pkg/registry/authorization/localsubjectaccessreview/rest.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from minikube_py.api.kinds.authorization.attributes import SubjectAccessReviewSpec, SubjectAccessReviewStatus
from minikube_py.api.kinds.authorization.validation import review_errors
from minikube_py.api.markers import Required
from minikube_py.api.model import written
from minikube_py.api.resource import Resource
from minikube_py.api.validation import FieldError, invalid_value


class LocalSubjectAccessReview(
    Resource,
    group="authorization.k8s.io",
    version="v1",
    plural="localsubjectaccessreviews",
    verbs=("create",),
    generation_of=(),
):
    spec: Annotated[SubjectAccessReviewSpec, Required()] = written(SubjectAccessReviewSpec)
    status: SubjectAccessReviewStatus = written(SubjectAccessReviewStatus)

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        yield from review_errors(self.spec)
        attributes = self.spec.resource_attributes
        if attributes is not None and attributes.namespace != self.metadata.namespace:
            why = "must match metadata.namespace"
            yield invalid_value("spec.resourceAttributes.namespace", attributes.namespace, why)
        if self.spec.non_resource_attributes is not None:
            why = "disallowed on this kind of request"
            yield invalid_value("spec.nonResourceAttributes", self.spec.non_resource_attributes, why)
