"""The match conditions of webhook configurations, compiled when they are written: a mistake is found then. Pure.

Kubernetes: pkg/apis/admissionregistration/validation/validation.go (validateMatchConditions)
"""

from __future__ import annotations

from collections.abc import Iterable

from minikube_py.api.kinds.admissionregistration.webhook import MutatingWebhook, ValidatingWebhook
from minikube_py.api.validation import FieldError, invalid_value
from minikube_py.expressions.cel import CompileError
from minikube_py.policies.expressions import Declared

_DECLARED = Declared(authorizer=True)


def condition_errors(webhooks: Iterable[ValidatingWebhook | MutatingWebhook]) -> Iterable[FieldError]:
    for number, webhook in enumerate(webhooks):
        for index, condition in enumerate(webhook.match_conditions):
            try:
                _DECLARED.compile(condition.expression, "BOOL")
            except CompileError as error:
                path = f"webhooks[{number}].matchConditions[{index}].expression"
                yield invalid_value(path, condition.expression, str(error))
