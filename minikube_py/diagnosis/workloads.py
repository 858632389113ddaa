"""Why a Deployment or a ReplicaSet has not the pods that it wants: down the chain of controllers to the first pod."""

from __future__ import annotations

from collections import Counter

from minikube_py.api.kinds.apps.deployment import Deployment
from minikube_py.api.kinds.apps.replica_set import ReplicaSet
from minikube_py.api.kinds.core.event import Event
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.controllers.deployment.revisions import new_replica_set
from minikube_py.diagnosis.components import CONTROLLER_MANAGER, Life, life_of, missing
from minikube_py.diagnosis.denials import refusal_in
from minikube_py.diagnosis.explanation import USER, Evidence, Explanation, Since, counted, since
from minikube_py.diagnosis.facts import Facts, event_evidence, first_seen_at, is_owned, seen_at_s
from minikube_py.diagnosis.pods import explain_pod
from minikube_py.machinery.conditions import find_condition, is_active, is_ready

_REPLICAS_WAIT = "its pods"


def explain_deployment(facts: Facts, deployment: Deployment) -> Explanation:
    """Not seen yet, paused, without its ReplicaSet, or as its ReplicaSets are."""
    subject = f"deployment/{deployment.metadata.name}"
    owned = [each for each in facts.replica_sets if is_owned(each, deployment)]
    life = life_of(facts, CONTROLLER_MANAGER)
    new = new_replica_set(deployment, owned)
    seen = deployment.status.observed_generation >= deployment.metadata.generation
    wanted = deployment.spec.replicas or 0
    if (not seen or (new is None and wanted)) and life.is_alive is False:
        waits_for = "its ReplicaSet" if new is None else "its new size or template to be carried out"
        return missing(facts, CONTROLLER_MANAGER, life, deployment, waits_for)
    if deployment.spec.paused:
        step = f"Let it go on: pykubectl rollout resume {subject}"
        shown = (Evidence("deployment spec.paused", "true"),)
        return Explanation(subject, "its rollout is paused.", False, "to be resumed", USER, None, shown, (step,))
    if new is None:
        said = event_evidence(facts.events_of(deployment, "ReplicaSetCreateError", "FailedCreate"))
        return Explanation(
            subject,
            "it has no ReplicaSet of its present template yet.",
            waits_for="its ReplicaSet",
            next_actor=CONTROLLER_MANAGER,
            since=_created(deployment),
            evidence=(*said, life.evidence),
            next_steps=("Ask again in a moment",),
        )
    return _by_replica_sets(facts, deployment, new, [each for each in owned if each is not new], life)


def _by_replica_sets(
    facts: Facts, deployment: Deployment, new: ReplicaSet, old: list[ReplicaSet], life: Life
) -> Explanation:
    subject, wanted, status = f"deployment/{deployment.metadata.name}", deployment.spec.replicas or 0, deployment.status
    deeper = explain_replica_set(facts, new)
    shown = Evidence(f"replicaset {new.metadata.name}", f"{new.status.ready_replicas} of {wanted} pods are ready")
    progress = find_condition(status.conditions, "Progressing")
    timed_out = progress is not None and progress.reason == "ProgressDeadlineExceeded"
    late = (Evidence("condition Progressing", progress.message),) if timed_out and progress is not None else ()
    available = find_condition(status.conditions, "Available")
    began = since(
        (available.last_transition_time if available and available.status != "True" else None,
         "the deployment's condition Available"),
        (new.metadata.creation_timestamp, f"the creation of replicaset/{new.metadata.name}"),
    )  # fmt: skip
    if not deeper.is_fine:
        cause = f"{new.status.ready_replicas} of {wanted} pods of its present template are ready."
        return Explanation(
            subject, cause, False, _REPLICAS_WAIT, deeper.root.next_actor, began, (shown, *late), (), deeper
        )
    left = sum(each.status.replicas for each in old)
    if (new.spec.replicas or 0) < wanted or left:
        cause = f"its rollout is under way: {counted(left, 'pod')} of an older template are still there."
        if life.is_alive is False:
            return missing(facts, CONTROLLER_MANAGER, life, deployment, "the next step of its rollout")
        return Explanation(subject, cause, False, "the next step of the rollout", CONTROLLER_MANAGER, began,
                           (shown, life.evidence))  # fmt: skip
    return Explanation(
        subject, _all_ready(wanted) if wanted else "it wants no pods.", True,
        since=since((available.last_transition_time if available else None, "the deployment's condition Available")),
        evidence=_warned(life, "the controller manager does not run: lost pods would not be replaced"),
    )  # fmt: skip


def explain_replica_set(facts: Facts, replica_set: ReplicaSet) -> Explanation:
    """Pods are missing, refused, in trouble, or all ready."""
    subject = f"replicaset/{replica_set.metadata.name}"
    wanted = replica_set.spec.replicas or 0
    pods = [pod for pod in facts.owned_pods(replica_set) if is_active(pod)]
    life = life_of(facts, CONTROLLER_MANAGER)
    if len(pods) < wanted:
        refused = _latest_refusal(facts, replica_set)
        if refused is not None and life.is_alive is not False:
            return _refused(facts, replica_set, refused, len(pods))
        if life.is_alive is False:
            return missing(facts, CONTROLLER_MANAGER, life, replica_set, counted(wanted - len(pods), "pod"))
        cause = f"{counted(wanted - len(pods), 'pod')} of {wanted} are still to be created."
        evidence = (*event_evidence(facts.events_of(replica_set), 2), life.evidence)
        return Explanation(
            subject, cause, False, _REPLICAS_WAIT, CONTROLLER_MANAGER, _created(replica_set), evidence
        )  # fmt: skip
    unready = [pod for pod in pods if not is_ready(pod)]
    if unready:
        return _by_pods(facts, replica_set, pods, unready)
    cause = _all_ready(wanted) if wanted else "it wants no pods."
    return Explanation(subject, cause, True)


def _by_pods(facts: Facts, replica_set: ReplicaSet, pods: list[Pod], unready: list[Pod]) -> Explanation:
    explained = [explain_pod(facts, pod) for pod in unready]
    most, _ = Counter(each.root.cause for each in explained).most_common(1)[0]
    chosen = next(each for each in explained if each.root.cause == most)
    alike = sum(each.root.cause == most for each in explained)
    cause = f"{len(unready)} of {counted(len(pods), 'pod')} {'is' if len(unready) == 1 else 'are'} not ready"
    others = "" if len(unready) == 1 else (
        ", all for the same reason" if alike == len(unready) else f", {alike} of them for this reason"
    )  # fmt: skip
    return Explanation(
        f"replicaset/{replica_set.metadata.name}",
        f"{cause}{others}.",
        waits_for=_REPLICAS_WAIT,
        next_actor=chosen.root.next_actor,
        since=chosen.root.since,
        because=chosen,
    )


def _latest_refusal(facts: Facts, replica_set: ReplicaSet) -> Event | None:
    """The last FailedCreate, unless a pod was created after it."""
    failed = facts.last_event(replica_set, "FailedCreate")
    done = facts.last_event(replica_set, "SuccessfulCreate")
    return failed if failed is not None and (done is None or seen_at_s(done) <= seen_at_s(failed)) else None


def _refused(facts: Facts, replica_set: ReplicaSet, event: Event, have: int) -> Explanation:
    refusal = refusal_in(event.message)
    missing_count = (replica_set.spec.replicas or 0) - have
    return Explanation(
        f"replicaset/{replica_set.metadata.name}",
        f"{counted(missing_count, 'pod')} cannot be created: {refusal.stage} refused, by {refusal.rule}.",
        waits_for=_REPLICAS_WAIT,
        next_actor=f"{USER}; the {CONTROLLER_MANAGER} tries again by itself, ever more seldom",
        since=since((first_seen_at(event), "the first event FailedCreate")),
        evidence=event_evidence([event]),
        next_steps=(refusal.next_step,),
    )


def _all_ready(wanted: int) -> str:
    return "its pod is ready." if wanted == 1 else f"its {wanted} pods are ready."


def _warned(life: Life, text: str) -> tuple[Evidence, ...]:
    return (Evidence("but", text), life.evidence) if life.is_alive is False else ()


def _created(owner: Deployment | ReplicaSet) -> Since | None:
    return since((owner.metadata.creation_timestamp, "its creationTimestamp"))
