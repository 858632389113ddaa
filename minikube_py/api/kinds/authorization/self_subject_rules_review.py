"""SelfSubjectRulesReview: asks what the caller may do in a namespace; never stored.

Kubernetes: pkg/registry/authorization/selfsubjectrulesreview/rest.go
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from minikube_py.api.markers import Required
from minikube_py.api.model import Model, written
from minikube_py.api.resource import Resource


class SelfSubjectRulesReviewSpec(Model):
    namespace: str = ""


class NonResourceRule(Model):
    verbs: tuple[str, ...] = written(tuple)
    non_resource_urls: tuple[str, ...] = Field(default=(), alias="nonResourceURLs")


class ResourceRule(Model):
    verbs: tuple[str, ...] = written(tuple)
    api_groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    resource_names: tuple[str, ...] = ()


class SubjectRulesReviewStatus(Model):
    resource_rules: tuple[ResourceRule, ...] = written(tuple)
    non_resource_rules: tuple[NonResourceRule, ...] = written(tuple)
    incomplete: bool = written(bool)
    evaluation_error: str = ""


class SelfSubjectRulesReview(
    Resource,
    group="authorization.k8s.io",
    version="v1",
    plural="selfsubjectrulesreviews",
    namespaced=False,
    verbs=("create",),
    generation_of=(),
):
    spec: Annotated[SelfSubjectRulesReviewSpec, Required()] = written(SelfSubjectRulesReviewSpec)
    status: SubjectRulesReviewStatus = written(SubjectRulesReviewStatus)
