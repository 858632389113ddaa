"""What is wrong with a question about access.

Kubernetes: pkg/apis/authorization/validation/validation.go
"""

from __future__ import annotations

from minikube_py.api.kinds.authorization.attributes import SelfSubjectAccessReviewSpec, SubjectAccessReviewSpec
from minikube_py.api.kinds.field_checks import Errors
from minikube_py.api.validation import invalid_value

_BOTH = "cannot be specified in combination with resourceAttributes"
_NEITHER = "exactly one of nonResourceAttributes or resourceAttributes must be specified"


def asked_errors(spec: SelfSubjectAccessReviewSpec | SubjectAccessReviewSpec) -> Errors:
    """A review asks about a resource or about a path, never about both or neither."""
    if spec.resource_attributes is not None and spec.non_resource_attributes is not None:
        yield invalid_value("spec.nonResourceAttributes", spec.non_resource_attributes, _BOTH)
    if spec.resource_attributes is None and spec.non_resource_attributes is None:
        yield invalid_value("spec.resourceAttributes", spec.non_resource_attributes, _NEITHER)


def review_errors(spec: SubjectAccessReviewSpec) -> Errors:
    yield from asked_errors(spec)
    if not spec.user and not spec.groups:
        yield invalid_value("spec.user", spec.user, "at least one of user or group must be specified")
