"""ValidatingWebhookConfiguration: servers that are asked whether a request may pass.

Kubernetes: pkg/registry/admissionregistration/validatingwebhookconfiguration/strategy.go
Simplified: stored and shown; no request is judged by it yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from minikube_py.api.columns import AGE, NAME
from minikube_py.api.defaulting import changed, each, filled
from minikube_py.api.definition import Column
from minikube_py.api.kinds.admissionregistration.defaults import rule_defaulted, service_defaulted
from minikube_py.api.kinds.admissionregistration.webhook import ValidatingWebhook
from minikube_py.api.kinds.admissionregistration.webhook_validation import webhook_errors
from minikube_py.api.markers import MergeBy
from minikube_py.api.meta import LabelSelector
from minikube_py.api.resource import Resource
from minikube_py.api.validation import FieldError


class ValidatingWebhookConfiguration(
    Resource,
    group="admissionregistration.k8s.io",
    version="v1",
    plural="validatingwebhookconfigurations",
    any_finalizer=True,
    namespaced=False,
    categories=("api-extensions",),
    generation_of=("webhooks",),
    allows_unconditional_update=False,
    columns=(NAME, Column("Webhooks", lambda configuration: len(configuration.webhooks), type="integer"), AGE),
):
    webhooks: Annotated[tuple[ValidatingWebhook, ...], MergeBy("name", ("name",))] = ()

    def defaulted(self) -> Self:
        return changed(self, webhooks=each(self.webhooks, _webhook_defaulted))

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        return webhook_errors(self.webhooks)


def _webhook_defaulted(webhook: ValidatingWebhook) -> ValidatingWebhook:
    webhook = filled(
        webhook,
        failure_policy="Fail",
        match_policy="Equivalent",
        namespace_selector=LabelSelector(),
        object_selector=LabelSelector(),
        timeout_seconds=10,
    )
    client = changed(webhook.client_config, service=service_defaulted(webhook.client_config.service))
    return changed(webhook, client_config=client, rules=each(webhook.rules, rule_defaulted))
