"""What a job's status says, and the pods that a job is made of. Pure.

Kubernetes: pkg/controller/job/{job_controller,indexed_job_utils}.go (addCompletionIndexEnvVariables)
"""

from __future__ import annotations

from minikube_py.api.kinds.batch.job import Job
from minikube_py.api.kinds.batch.job_spec import JobCondition, JobStatus
from minikube_py.api.kinds.core.container import Container, EnvVar
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.model import replace
from minikube_py.api.scalars import Time
from minikube_py.controllers.job.ending import Ending
from minikube_py.controllers.job.indexes import INDEX, written
from minikube_py.controllers.job.plan import Plan
from minikube_py.controllers.job.policies import failure_counts
from minikube_py.controllers.job.tally import TRACKED, Tally
from minikube_py.machinery.conditions import find_condition, is_ready, with_condition
from minikube_py.machinery.ownership import controller_reference

_SUSPENDED, _RESUMED = ("JobSuspended", "Job suspended"), ("JobResumed", "Job resumed")


def status_of(job: Job, counted: Tally, decided: Plan, created: int, now_s: float) -> JobStatus:
    """The status after `decided` was done; `created` is how many pods were."""
    status = replace(
        job.status,
        active=len(counted.active) - len(decided.delete) + created,
        ready=sum(is_ready(pod) for pod in counted.active if pod not in decided.delete),
        terminating=counted.terminating + len(decided.delete),
        succeeded=counted.succeeded if counted.is_indexed else counted.counted_succeeded,
        failed=counted.counted_failed,
        completed_indexes=written(counted.completed) if counted.is_indexed else "",
        failed_indexes=written(counted.failed_numbers) if counted.failed_numbers is not None else None,
        uncounted_terminated_pods=counted.uncounted,
    )
    if decided.ending is not None:
        return _ended(status, decided.ending, now_s)
    suspended = find_condition(status.conditions, "Suspended")
    if job.spec.suspend:
        return replace(status, start_time=None, conditions=_with(status, "Suspended", "True", *_SUSPENDED, now_s))
    if suspended is not None and suspended.status == "True":
        status = replace(status, conditions=_with(status, "Suspended", "False", *_RESUMED, now_s))
    return status if status.start_time is not None else replace(status, start_time=Time.at(now_s))


def _ended(status: JobStatus, ending: Ending, now_s: float) -> JobStatus:
    why = (ending.reason, ending.message)
    status = replace(status, conditions=_with(status, ending.first_condition, "True", *why, now_s))
    uncounted = status.uncounted_terminated_pods
    is_over = not status.active and not status.terminating
    if not is_over or (uncounted is not None and (uncounted.succeeded or uncounted.failed)):
        return status
    conditions = _with(status, ending.condition, "True", *why, now_s)
    completed = Time.at(now_s) if ending.condition == "Complete" else None
    return replace(status, conditions=conditions, completion_time=completed)


def _with(
    status: JobStatus, kind: str, state: str, reason: str, message: str, now_s: float
) -> tuple[JobCondition, ...]:
    old = find_condition(status.conditions, kind)
    if old is not None and old.status == state:
        return status.conditions
    now = Time.at(now_s)
    condition = JobCondition(
        type=kind, status=state, last_probe_time=now, last_transition_time=now, reason=reason, message=message
    )
    return with_condition(status.conditions, condition)


def pod_for(job: Job, number: int | None, replaced: Pod | None = None) -> Pod:
    """The pod of the template; one with a number is told it, and remembers how often that one failed before."""
    template = job.spec.template
    labels, annotations = dict(template.metadata.labels), dict(template.metadata.annotations)
    spec, prefix = template.spec, f"{job.metadata.name}-"
    if number is not None:
        labels[INDEX] = annotations[INDEX] = str(number)
        annotations |= failure_counts(job, replaced)
        spec = replace(
            spec,
            containers=tuple(map(_told, spec.containers)),
            init_containers=tuple(map(_told, spec.init_containers)),
            hostname=f"{prefix}{number}",
        )
        prefix = f"{prefix}{number}-"
    metadata = ObjectMeta(
        generate_name=prefix,
        namespace=job.metadata.namespace,
        labels=labels,
        annotations=annotations,
        finalizers=(*template.metadata.finalizers, TRACKED),
        owner_references=(controller_reference(job),),
    )
    return Pod(metadata=metadata, spec=spec)


def _told(container: Container) -> Container:
    name = "JOB_COMPLETION_INDEX"
    if any(variable.name == name for variable in container.env):
        return container
    source = {"fieldRef": {"fieldPath": f"metadata.annotations['{INDEX}']"}}
    return replace(container, env=(*container.env, EnvVar.from_dict({"name": name, "valueFrom": source})))
