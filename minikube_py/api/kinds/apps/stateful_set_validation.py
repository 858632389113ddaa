"""What is wrong with a StatefulSet, or with a change of one.

Kubernetes: pkg/apis/apps/validation/validation.go
"""

from __future__ import annotations

from minikube_py.api.kinds.apps.stateful_set_spec import (
    RollingUpdateStatefulSetStrategy,
    StatefulSetPersistentVolumeClaimRetentionPolicy,
    StatefulSetSpec,
    StatefulSetStatus,
    StatefulSetUpdateStrategy,
)
from minikube_py.api.kinds.apps.validation import (
    amount_errors,
    is_nothing,
    percentage,
    selector_errors,
)
from minikube_py.api.kinds.core.persistent_volume_claim import claim_errors
from minikube_py.api.kinds.core.pod_validation import running_template_errors
from minikube_py.api.kinds.field_checks import Errors, go_struct, negative_errors
from minikube_py.api.model import replace
from minikube_py.api.validation import forbidden_value, invalid_value, required, unsupported_value

_CHANGEABLE = (
    "replicas", "template", "update_strategy", "persistent_volume_claim_retention_policy", "min_ready_seconds",
    "ordinals", "revision_history_limit",
)  # fmt: skip


def stateful_set_errors(spec: StatefulSetSpec, path: str) -> Errors:
    if not spec.pod_management_policy:
        yield required(f"{path}.podManagementPolicy")
    elif spec.pod_management_policy not in ("OrderedReady", "Parallel"):
        why = "must be 'OrderedReady' or 'Parallel'"
        yield invalid_value(f"{path}.podManagementPolicy", spec.pod_management_policy, why)
    yield from _strategy_errors(spec.update_strategy, f"{path}.updateStrategy")
    if spec.persistent_volume_claim_retention_policy is not None:
        yield from _retention_errors(
            spec.persistent_volume_claim_retention_policy, f"{path}.persistentVolumeClaimRetentionPolicy"
        )
    yield from negative_errors(spec.replicas, f"{path}.replicas")
    yield from negative_errors(spec.min_ready_seconds, f"{path}.minReadySeconds")
    if spec.ordinals is not None:
        yield from negative_errors(spec.ordinals.start, f"{path}.ordinals.start")
    for index, claim in enumerate(spec.volume_claim_templates):
        yield from claim_errors(claim.spec, f"{path}.volumeClaimTemplates[{index}].spec")
    yield from selector_errors(spec.selector, spec.template, path, of="statefulset", labels_last=True)
    yield from running_template_errors(spec.template, f"{path}.template", of="StatefulSet")


def _strategy_errors(strategy: StatefulSetUpdateStrategy, path: str) -> Errors:
    if not strategy.type:
        yield required(path)
    elif strategy.type == "OnDelete":
        if strategy.rolling_update is not None:
            why = "only allowed for updateStrategy 'RollingUpdate'"
            yield invalid_value(f"{path}.rollingUpdate", go_struct(strategy.rolling_update), why)
    elif strategy.type == "RollingUpdate":
        if strategy.rolling_update is not None:
            yield from _rolling_errors(strategy.rolling_update, f"{path}.rollingUpdate")
    else:
        yield invalid_value(path, go_struct(strategy), "must be 'RollingUpdate' or 'OnDelete'")


def _rolling_errors(rolling: RollingUpdateStatefulSetStrategy, path: str) -> Errors:
    yield from negative_errors(rolling.partition, f"{path}.partition")
    missing = rolling.max_unavailable
    if missing is None:
        return
    yield from amount_errors(missing, f"{path}.maxUnavailable")
    if is_nothing(missing):
        yield invalid_value(f"{path}.maxUnavailable", missing, "cannot be 0")
    if percentage(missing) > 100:
        yield invalid_value(f"{path}.maxUnavailable", missing, "must not be greater than 100%")


def _retention_errors(policy: StatefulSetPersistentVolumeClaimRetentionPolicy, path: str) -> Errors:
    for name, value in (("whenDeleted", policy.when_deleted), ("whenScaled", policy.when_scaled)):
        if value not in ("Retain", "Delete"):
            yield unsupported_value(f"{path}.{name}", value, ("Retain", "Delete"))


def change_errors(new: StatefulSetSpec, old: StatefulSetSpec) -> Errors:
    kept = {name: getattr(old, name) for name in _CHANGEABLE}
    if replace(new, **kept) != old:
        why = (
            "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
            "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
        )
        yield forbidden_value("spec", why)


def stateful_set_status_errors(status: StatefulSetStatus, old: StatefulSetStatus) -> Errors:
    counts = {
        "replicas": status.replicas,
        "readyReplicas": status.ready_replicas,
        "currentReplicas": status.current_replicas,
        "updatedReplicas": status.updated_replicas,
        "availableReplicas": status.available_replicas,
    }
    for name, count in counts.items():
        yield from negative_errors(count, f"status.{name}")
    yield from negative_errors(status.observed_generation, "status.observedGeneration")
    yield from negative_errors(status.collision_count, "status.collisionCount")
    if old.collision_count is not None and (status.collision_count or 0) < old.collision_count:
        yield invalid_value("status.collisionCount", status.collision_count or 0, "cannot be decremented")
    for name, count in counts.items():
        if name != "replicas" and count > status.replicas:
            yield invalid_value(f"status.{name}", count, "cannot be greater than status.replicas")
    if status.available_replicas > status.ready_replicas:
        why = "cannot be greater than status.readyReplicas"
        yield invalid_value("status.availableReplicas", status.available_replicas, why)
