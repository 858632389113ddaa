"""What both kinds of webhooks share: whom to call, and for which requests.

Kubernetes: staging/src/k8s.io/api/admissionregistration/v1/types.go
"""

from __future__ import annotations

from typing import Annotated

from minikube_py.api.kinds.admissionregistration.matching import MatchCondition
from minikube_py.api.markers import Format, MergeBy, NoDefault, OneOf, Required
from minikube_py.api.meta import LabelSelector
from minikube_py.api.model import Model, written
from minikube_py.api.scalars import Base64


class ServiceReference(Model):
    namespace: str = written(str)
    name: str = written(str)
    path: str | None = None
    port: int | None = None


class WebhookClientConfig(Model):
    service: ServiceReference | None = None
    ca_bundle: Annotated[Base64, Format("byte")] = ""
    url: str | None = None


class RuleWithOperations(Model):
    operations: tuple[str, ...] = ()
    api_groups: tuple[str, ...] = ()
    api_versions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    scope: Annotated[str | None, OneOf("*", "Cluster", "Namespaced")] = None


class ValidatingWebhook(Model):
    name: str = written(str)
    client_config: Annotated[WebhookClientConfig, Required()] = written(WebhookClientConfig)
    rules: tuple[RuleWithOperations, ...] = ()
    failure_policy: Annotated[str | None, OneOf("Fail", "Ignore")] = None
    namespace_selector: LabelSelector | None = None
    side_effects: Annotated[str, OneOf("None", "NoneOnDryRun", "Some", "Unknown"), NoDefault()] = written(str)
    timeout_seconds: int | None = None
    admission_review_versions: tuple[str, ...] = written(tuple)
    match_policy: Annotated[str | None, OneOf("Equivalent", "Exact")] = None
    object_selector: LabelSelector | None = None
    match_conditions: Annotated[tuple[MatchCondition, ...], MergeBy("name", ("name",))] = ()


class MutatingWebhook(Model):
    name: str = written(str)
    client_config: Annotated[WebhookClientConfig, Required()] = written(WebhookClientConfig)
    rules: tuple[RuleWithOperations, ...] = ()
    failure_policy: Annotated[str | None, OneOf("Fail", "Ignore")] = None
    namespace_selector: LabelSelector | None = None
    side_effects: Annotated[str, OneOf("None", "NoneOnDryRun", "Some", "Unknown"), NoDefault()] = written(str)
    timeout_seconds: int | None = None
    admission_review_versions: tuple[str, ...] = written(tuple)
    match_policy: Annotated[str | None, OneOf("Equivalent", "Exact")] = None
    reinvocation_policy: Annotated[str | None, OneOf("IfNeeded", "Never")] = None
    object_selector: LabelSelector | None = None
    match_conditions: Annotated[tuple[MatchCondition, ...], MergeBy("name", ("name",))] = ()
