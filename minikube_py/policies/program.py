"""PolicyProgram: what validating and mutating policies share, compiled: for which requests, conditions, variables.

Kubernetes: staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions/matcher.go
"""

from __future__ import annotations

from minikube_py.api.kinds.admissionregistration.policy_spec import (
    MutatingAdmissionPolicySpec,
    ValidatingAdmissionPolicySpec,
)
from minikube_py.api.model import Json
from minikube_py.api.validation import FieldError, invalid_value
from minikube_py.expressions.cel import ANY, CompileError, EvaluationError, TypeName
from minikube_py.policies.authorizer import authorizer
from minikube_py.policies.expressions import Declared, Evaluation, Expression
from minikube_py.policies.matching import Matcher
from minikube_py.policies.request import PolicyRequest


class PolicyProgram:
    """A policy whose expressions are compiled. `errors` says what was wrong with them."""

    def __init__(
        self, spec: ValidatingAdmissionPolicySpec | MutatingAdmissionPolicySpec, *, makes_objects: bool = False
    ) -> None:
        self.param_kind = spec.param_kind
        self.is_lenient = spec.failure_policy == "Ignore"
        self.matcher = Matcher(spec.match_constraints)
        self.errors: list[FieldError] = []
        self._uses_params = spec.param_kind is not None
        declared = Declared(params=self._uses_params, authorizer=True)
        self._conditions = [
            self._compiled(declared, condition.expression, f"spec.matchConditions[{index}].expression", "BOOL")
            for index, condition in enumerate(spec.match_conditions)
        ]
        none = frozenset[str]() if spec.variables or makes_objects else None
        declared = Declared(self._uses_params, authorizer=True, variables=none, makes_objects=makes_objects)
        self._variables: dict[str, Expression] = {}
        for index, variable in enumerate(spec.variables):
            made = self._compiled(declared, variable.expression, f"spec.variables[{index}].expression")
            declared = declared.with_variable(variable.name)
            if made is not None:
                self._variables[variable.name] = made
        self._declared = declared

    def _compiled(
        self, declared: Declared, source: str, path: str, result: TypeName = ANY, words: str = ""
    ) -> Expression | None:
        """None for what is not there, or wrong."""
        if not source.strip():
            return None
        try:
            return declared.compile(source, result, words)
        except CompileError as error:
            self.errors.append(invalid_value(path, source, str(error)))
            return None

    def evaluation(self, request: PolicyRequest, params: Json) -> Evaluation:
        known = {
            "object": request.document,
            "oldObject": request.old_document,
            "request": request.attributes,
            "namespaceObject": request.namespace_document,
            "authorizer": authorizer(request),
        }
        return Evaluation({**known, "params": params} if self._uses_params else known, self._variables)

    def conditions_hold(self, evaluation: Evaluation) -> bool:
        """Raises: EvaluationError when a condition has no value and none is false."""
        errors = []
        for condition in self._conditions:
            try:
                if condition is not None and evaluation.value(condition) is not True:
                    return False
            except EvaluationError as error:
                assert condition is not None
                errors.append(failure_text(condition, error))
        if errors:
            raise EvaluationError(errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]")
        return True


def failure_text(expression: Expression, error: EvaluationError) -> str:
    return f"expression '{expression.source}' resulted in error: {error}"
