"""A validating policy's judgement of a request: what it fails, and what the audit log is told.

Kubernetes: staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/validating/{validator,dispatcher}.go
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from minikube_py.api.kinds.admissionregistration.policy_spec import ValidatingAdmissionPolicySpec, Validation
from minikube_py.api.model import Json
from minikube_py.expressions.cel import EvaluationError
from minikube_py.policies.expressions import Declared, Evaluation, Expression
from minikube_py.policies.program import PolicyProgram, failure_text
from minikube_py.policies.request import PolicyRequest

_LONGEST_MESSAGE = 5 * 1024


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that the request does not fulfil."""

    message: str
    reason: str = "Invalid"
    index: int = 0
    """Of the validation in its policy."""


@dataclass(frozen=True, slots=True)
class Judgement:
    failures: tuple[Failure, ...] = ()
    annotations: dict[str, str] = field(default_factory=dict)
    """For the audit log, by the key that the policy gave them."""


@dataclass(frozen=True, slots=True)
class _Check:
    source: Validation
    expression: Expression
    message: Expression | None


class ValidatingProgram(PolicyProgram):
    def __init__(self, spec: ValidatingAdmissionPolicySpec) -> None:
        super().__init__(spec)
        told = Declared(params=self._uses_params, variables=self._declared.variables)
        self._checks: list[_Check] = []
        for index, source in enumerate(spec.validations):
            path = f"spec.validations[{index}]"
            expression = self._compiled(self._declared, source.expression, f"{path}.expression", "BOOL")
            message = self._compiled(told, source.message_expression, f"{path}.messageExpression", "STRING")
            if expression is not None:
                self._checks.append(_Check(source, expression, message))
        self._annotations: dict[str, Expression] = {}
        for index, each in enumerate(spec.audit_annotations):
            path, words = f"spec.auditAnnotations[{index}].valueExpression", "one of [string null_type]"
            made = self._compiled(self._declared, each.value_expression, path, "STRING", words)
            if made is not None:
                self._annotations[each.key] = made

    def judge(self, request: PolicyRequest, params: Json) -> Judgement:
        evaluation = self.evaluation(request, params)
        try:
            if not self.conditions_hold(evaluation):
                return Judgement()
        except EvaluationError as error:
            return Judgement() if self.is_lenient else Judgement((Failure(str(error)),))
        failures = tuple(self._failures(evaluation))
        annotations = {key: self._annotation(evaluation, each) for key, each in self._annotations.items()}
        return Judgement(failures, {key: text for key, text in annotations.items() if text})

    def _failures(self, evaluation: Evaluation) -> Iterator[Failure]:
        for index, check in enumerate(self._checks):
            try:
                if evaluation.value(check.expression) is not True:
                    yield Failure(_message(evaluation, check), check.source.reason or "Invalid", index)
            except EvaluationError as error:
                if not self.is_lenient:
                    yield Failure(failure_text(check.expression, error), index=index)

    @staticmethod
    def _annotation(evaluation: Evaluation, expression: Expression) -> str:
        try:
            text = evaluation.value(expression)
        except EvaluationError as error:
            return f"failed to evaluate: {error}"
        return text.strip() if isinstance(text, str) else ""


def _message(evaluation: Evaluation, check: _Check) -> str:
    """What the author says to it; of an expression only what is one short line."""
    if check.message is not None:
        try:
            text = evaluation.value(check.message)
        except EvaluationError:
            text = ""
        if isinstance(text, str) and text.strip() and "\n" not in text and len(text) <= _LONGEST_MESSAGE:
            return text.strip()
    return check.source.message.strip() or f"failed expression: {check.expression.source.strip()}"
