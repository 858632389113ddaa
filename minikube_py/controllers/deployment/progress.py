"""What a Deployment's status says of its rollout. Pure: the status before, the ReplicaSets and the time decide.

Kubernetes: pkg/controller/deployment/{progress,sync}.go (syncRolloutStatus, calculateStatus)
"""

from __future__ import annotations

from collections.abc import Sequence

from minikube_py.api.kinds.apps.deployment import Deployment, DeploymentCondition, DeploymentStatus
from minikube_py.api.kinds.apps.replica_set import ReplicaSet
from minikube_py.api.model import replace
from minikube_py.api.scalars import Time
from minikube_py.controllers.deployment.rollout import available, bounds_of
from minikube_py.machinery.conditions import find_condition, without_condition

NO_DEADLINE = 2**31 - 1
COMPLETE = "NewReplicaSetAvailable"
TIMED_OUT = "ProgressDeadlineExceeded"

Conditions = tuple[DeploymentCondition, ...]


def counted(
    deployment: Deployment, replica_sets: Sequence[ReplicaSet], new: ReplicaSet | None, now_s: float
) -> DeploymentStatus:
    """The numbers, and the Available condition, as the ReplicaSets' statuses have them."""
    bounds = bounds_of(deployment)
    ready = available(replica_sets)
    replicas = sum(each.status.replicas for each in replica_sets)
    if ready >= bounds.minimum_available:
        condition = ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
    else:
        condition = ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
    return replace(
        deployment.status,
        observed_generation=deployment.metadata.generation,
        replicas=replicas,
        updated_replicas=new.status.replicas if new is not None else 0,
        ready_replicas=sum(each.status.ready_replicas for each in replica_sets),
        available_replicas=ready,
        unavailable_replicas=max(0, replicas - ready),
        terminating_replicas=sum(each.status.terminating_replicas or 0 for each in replica_sets),
        conditions=with_deployment_condition(deployment.status.conditions, "Available", *condition, now_s=now_s),
    )


def rollout_status(
    deployment: Deployment, replica_sets: Sequence[ReplicaSet], new: ReplicaSet | None, now_s: float
) -> DeploymentStatus:
    """The whole status: the numbers, how the rollout gets on, and why pods cannot be created."""
    status = counted(deployment, replica_sets, new, now_s)
    conditions = status.conditions
    if not has_deadline(deployment):
        conditions = without_condition(conditions, "Progressing")
    elif not _was_complete(status):
        conditions = _progress(deployment, status, new, now_s)
    failure = _replica_failure(replica_sets, new)
    conditions = without_condition(conditions, "ReplicaFailure") if failure is None else _set(conditions, failure)
    return replace(status, conditions=conditions)


def with_deployment_condition(
    conditions: Conditions, kind: str, status: str, reason: str, message: str, *, now_s: float
) -> Conditions:
    """The conditions with this one; unchanged while status and reason stay as they are."""
    now = Time.at(now_s)
    new = DeploymentCondition(
        type=kind, status=status, reason=reason, message=message, last_update_time=now, last_transition_time=now
    )
    return _set(conditions, new)


def is_complete(deployment: Deployment, status: DeploymentStatus) -> bool:
    """Whether all replicas are of the new template and available, and no old one is left."""
    desired = bounds_of(deployment).desired
    return (
        status.updated_replicas == status.replicas == status.available_replicas == desired
        and status.observed_generation >= deployment.metadata.generation
    )


def deadline_in_s(deployment: Deployment, status: DeploymentStatus, now_s: float) -> float | None:
    """How long until a rollout that makes no progress is given up; None when there is no such rollout."""
    progressing = find_condition(status.conditions, "Progressing")
    if progressing is None or progressing.reason == TIMED_OUT or not has_deadline(deployment):
        return None
    if is_complete(deployment, status) or deployment.spec.paused:
        return None
    # One second more, because times are kept in whole seconds.
    return max(1.0, _deadline_s(deployment, progressing) - now_s + 1)


def has_deadline(deployment: Deployment) -> bool:
    return deployment.spec.progress_deadline_seconds not in (None, NO_DEADLINE)


def pause_condition(deployment: Deployment, now_s: float) -> Conditions:
    """The conditions with the fact that the rollout was paused or resumed, so that its deadline starts anew."""
    conditions = deployment.status.conditions
    progressing = find_condition(conditions, "Progressing")
    if not has_deadline(deployment) or (progressing is not None and progressing.reason == TIMED_OUT):
        return conditions
    says_paused = progressing is not None and progressing.reason == "DeploymentPaused"
    if deployment.spec.paused == says_paused:
        return conditions
    word = "paused" if deployment.spec.paused else "resumed"
    return with_deployment_condition(
        conditions, "Progressing", "Unknown", f"Deployment{word.capitalize()}", f"Deployment is {word}", now_s=now_s
    )


def _progress(deployment: Deployment, status: DeploymentStatus, new: ReplicaSet | None, now_s: float) -> Conditions:
    conditions = status.conditions
    current = find_condition(conditions, "Progressing")
    subject = f'ReplicaSet "{new.metadata.name}"' if new is not None else f'Deployment "{deployment.metadata.name}"'
    if is_complete(deployment, status):
        message = f"{subject} has successfully progressed."
        return with_deployment_condition(conditions, "Progressing", "True", COMPLETE, message, now_s=now_s)
    if _has_moved(deployment.status, status):
        now = Time.at(now_s)
        since = current.last_transition_time if current is not None and current.status == "True" else now
        moved = DeploymentCondition(
            type="Progressing",
            status="True",
            reason="ReplicaSetUpdated",
            message=f"{subject} is progressing.",
            last_update_time=now,
            last_transition_time=since,
        )
        return (*without_condition(conditions, "Progressing"), moved)
    if _has_timed_out(deployment, current, now_s):
        message = f"{subject} has timed out progressing."
        return with_deployment_condition(conditions, "Progressing", "False", TIMED_OUT, message, now_s=now_s)
    return conditions


def _has_timed_out(deployment: Deployment, progressing: DeploymentCondition | None, now_s: float) -> bool:
    if progressing is None or progressing.reason in (COMPLETE, TIMED_OUT) or deployment.spec.paused:
        return False
    return now_s > _deadline_s(deployment, progressing)


def _was_complete(status: DeploymentStatus) -> bool:
    progressing = find_condition(status.conditions, "Progressing")
    return progressing is not None and progressing.reason == COMPLETE and status.replicas == status.updated_replicas


def _has_moved(before: DeploymentStatus, after: DeploymentStatus) -> bool:
    return (
        after.updated_replicas > before.updated_replicas
        or after.replicas - after.updated_replicas < before.replicas - before.updated_replicas
        or after.ready_replicas > before.ready_replicas
        or after.available_replicas > before.available_replicas
    )


def _deadline_s(deployment: Deployment, progressing: DeploymentCondition) -> float:
    updated = progressing.last_update_time
    return (updated.epoch_s if updated is not None else 0) + (deployment.spec.progress_deadline_seconds or 0)


def _replica_failure(replica_sets: Sequence[ReplicaSet], new: ReplicaSet | None) -> DeploymentCondition | None:
    """Why pods cannot be created, of the new ReplicaSet if it says so, else of any."""
    for replica_set in (*((new,) if new is not None else ()), *replica_sets):
        found = find_condition(replica_set.status.conditions, "ReplicaFailure")
        if found is not None:
            return DeploymentCondition(
                type="ReplicaFailure",
                status=found.status,
                reason=found.reason,
                message=found.message,
                last_transition_time=found.last_transition_time,
                last_update_time=found.last_transition_time,
            )
    return None


def _set(conditions: Conditions, new: DeploymentCondition) -> Conditions:
    current = find_condition(conditions, new.type)
    if current is not None and (current.status, current.reason) == (new.status, new.reason):
        return conditions
    if current is not None and current.status == new.status:
        new = replace(new, last_transition_time=current.last_transition_time)
    return (*without_condition(conditions, new.type), new)
