"""How fast a HorizontalPodAutoscaler may go up and down.

Kubernetes: staging/src/k8s.io/api/autoscaling/v2/types.go, pkg/apis/autoscaling/v2/defaults.go, validation
"""

from __future__ import annotations

from minikube_py.api.defaulting import changed, filled
from minikube_py.api.kinds.field_checks import Errors, choice_errors, required_choice_errors
from minikube_py.api.model import Model, written
from minikube_py.api.scalars import Quantity
from minikube_py.api.validation import invalid_value, required

_LONGEST_WINDOW_S, _LONGEST_PERIOD_S = 3600, 1800


class HPAScalingPolicy(Model):
    """So many pods, or so many per cent, in a period at the most."""

    type: str = written(str)
    value: int = written(int)
    period_seconds: int = written(int)


class HPAScalingRules(Model):
    """How far back measures are looked at, and which policy counts."""

    stabilization_window_seconds: int | None = None
    select_policy: str | None = None
    policies: tuple[HPAScalingPolicy, ...] = ()
    tolerance: Quantity | None = None


class HorizontalPodAutoscalerBehavior(Model):
    """Rules for each direction."""

    scale_up: HPAScalingRules | None = None
    scale_down: HPAScalingRules | None = None


_UP = HPAScalingRules(
    stabilization_window_seconds=0,
    select_policy="Max",
    policies=(
        HPAScalingPolicy(type="Pods", value=4, period_seconds=15),
        HPAScalingPolicy(type="Percent", value=100, period_seconds=15),
    ),
)
_DOWN = HPAScalingRules(select_policy="Max", policies=(HPAScalingPolicy(type="Percent", value=100, period_seconds=15),))


def behavior_defaulted(behavior: HorizontalPodAutoscalerBehavior) -> HorizontalPodAutoscalerBehavior:
    return changed(
        behavior,
        scale_up=_rules_defaulted(behavior.scale_up, _UP),
        scale_down=_rules_defaulted(behavior.scale_down, _DOWN),
    )


def _rules_defaulted(rules: HPAScalingRules | None, default: HPAScalingRules) -> HPAScalingRules:
    if rules is None:
        return default
    window_s = default.stabilization_window_seconds
    if window_s is not None:
        rules = filled(rules, stabilization_window_seconds=window_s)
    return filled(rules, select_policy=default.select_policy, policies=default.policies)


def behavior_errors(behavior: HorizontalPodAutoscalerBehavior, path: str) -> Errors:
    for name, rules in (("scaleUp", behavior.scale_up), ("scaleDown", behavior.scale_down)):
        if rules is not None:
            yield from _rules_errors(rules, f"{path}.{name}")


def _rules_errors(rules: HPAScalingRules, path: str) -> Errors:
    window_s = rules.stabilization_window_seconds
    if window_s is not None and window_s < 0:
        yield invalid_value(f"{path}.stabilizationWindowSeconds", window_s, "must be greater than or equal to zero")
    if window_s is not None and window_s > _LONGEST_WINDOW_S:
        why = f"must be less than or equal to {_LONGEST_WINDOW_S}"
        yield invalid_value(f"{path}.stabilizationWindowSeconds", window_s, why)
    yield from choice_errors(rules.select_policy, ("Disabled", "Max", "Min"), f"{path}.selectPolicy")
    if not rules.policies:
        yield required(f"{path}.policies", "must specify at least one Policy")
    for index, policy in enumerate(rules.policies):
        yield from _policy_errors(policy, f"{path}.policies[{index}]")
    if rules.tolerance is not None and rules.tolerance.value < 0:
        yield invalid_value(f"{path}.tolerance", rules.tolerance, "must be greater than or equal to 0")


def _policy_errors(policy: HPAScalingPolicy, path: str) -> Errors:
    yield from required_choice_errors(policy.type, ("Percent", "Pods"), f"{path}.type")
    if policy.value <= 0:
        yield invalid_value(f"{path}.value", policy.value, "must be greater than zero")
    if policy.period_seconds <= 0:
        yield invalid_value(f"{path}.periodSeconds", policy.period_seconds, "must be greater than zero")
    if policy.period_seconds > _LONGEST_PERIOD_S:
        why = f"must be less than or equal to {_LONGEST_PERIOD_S}"
        yield invalid_value(f"{path}.periodSeconds", policy.period_seconds, why)
