"""What a review of access asks about, and its answer.

Kubernetes: staging/src/k8s.io/api/authorization/v1/types.go
"""

from __future__ import annotations

from collections.abc import Mapping

from minikube_py.api.meta import FieldSelectorRequirement, LabelSelectorRequirement
from minikube_py.api.model import Model, written


class NonResourceAttributes(Model):
    """An action on a path that is no object."""

    path: str = ""
    verb: str = ""


class FieldSelectorAttributes(Model):
    raw_selector: str = ""
    requirements: tuple[FieldSelectorRequirement, ...] = ()


class LabelSelectorAttributes(Model):
    raw_selector: str = ""
    requirements: tuple[LabelSelectorRequirement, ...] = ()


class ResourceAttributes(Model):
    """An action on objects."""

    namespace: str = ""
    verb: str = ""
    group: str = ""
    version: str = ""
    resource: str = ""
    subresource: str = ""
    name: str = ""
    field_selector: FieldSelectorAttributes | None = None
    label_selector: LabelSelectorAttributes | None = None


class SubjectAccessReviewSpec(Model):
    resource_attributes: ResourceAttributes | None = None
    non_resource_attributes: NonResourceAttributes | None = None
    user: str = ""
    groups: tuple[str, ...] = ()
    extra: Mapping[str, tuple[str, ...]] = {}
    uid: str = ""


class SelfSubjectAccessReviewSpec(Model):
    resource_attributes: ResourceAttributes | None = None
    non_resource_attributes: NonResourceAttributes | None = None


class SubjectAccessReviewStatus(Model):
    """The answer."""

    allowed: bool = written(bool)
    reason: str = ""
    evaluation_error: str = ""
    denied: bool = False
