"""Why a pod does not run, or is not ready: the first thing that is missing on its way through scheduler and kubelet."""

from __future__ import annotations

from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.diagnosis.components import KUBELET, Life, kubelet_life, start_command
from minikube_py.diagnosis.containers import Trouble, troubles
from minikube_py.diagnosis.explanation import Evidence, Explanation, Since, joined, since
from minikube_py.diagnosis.facts import Facts, event_evidence, first_seen_at
from minikube_py.diagnosis.nodes import explain_node
from minikube_py.diagnosis.placement import explain_unplaced
from minikube_py.machinery.conditions import find_condition, is_ready

_STUCK = (
    "FailedCreatePodSandBox",
    "FailedMount",
    "FailedAttachVolume",
    "NetworkNotReady",
    "FailedToRetrieveImagePullSecret",
)


def explain_pod(facts: Facts, pod: Pod) -> Explanation:
    """Ended, going, without a node, without a kubelet, with a container in trouble, or fine."""
    name = pod.metadata.name
    subject = f"pod/{name}"
    if pod.metadata.deletion_timestamp is None and pod.status.phase in ("Succeeded", "Failed"):
        return _ended(facts, pod)
    if not pod.spec.node_name:
        if pod.metadata.deletion_timestamp is not None:
            return _going(facts, pod, None)
        return explain_unplaced(facts, pod)
    node = facts.node(pod.spec.node_name)
    if node is None and "nodes" not in facts.gaps:
        return Explanation(
            subject,
            f"it is bound to the node {pod.spec.node_name}, and there is no such node.",
            waits_for=f"the node {pod.spec.node_name}",
            next_actor=f"{KUBELET} of {pod.spec.node_name}, which is not there",
            since=_bound(pod),
            evidence=(Evidence("pod spec.nodeName", pod.spec.node_name), Evidence("nodes", _node_names(facts))),
            next_steps=("Start that node's kubelet, or delete the pod: a pod never moves to another node",),
        )
    life = kubelet_life(facts, node) if node is not None else None
    if node is not None and life is not None and life.is_alive is False:
        return _silent(facts, pod, node, life)
    if pod.metadata.deletion_timestamp is not None:
        return _going(facts, pod, life)
    if is_ready(pod) and pod.status.phase == "Running":
        at = find_condition(pod.status.conditions, "Ready")
        moment = since((at.last_transition_time if at else None, "the pod's condition Ready"))
        return Explanation(subject, f"it runs on {pod.spec.node_name} and is ready.", True, since=moment)
    return _on_its_node(facts, pod, life)


def _on_its_node(facts: Facts, pod: Pod, life: Life | None) -> Explanation:
    subject = f"pod/{pod.metadata.name}"
    found = next(troubles(pod), None)
    if found is not None:
        return _troubled(facts, pod, found)
    lives = (life.evidence,) if life is not None else ()
    stuck = facts.last_event(pod, *_STUCK)
    if stuck is not None and pod.status.phase != "Running":
        return Explanation(
            subject,
            f"its kubelet cannot prepare it: {stuck.message.rstrip('.')}.",
            waits_for="its sandbox, network and volumes",
            next_actor=f"{KUBELET} of {pod.spec.node_name}, which tries again by itself",
            since=since((first_seen_at(stuck), f"the event {stuck.reason}")),
            evidence=(*event_evidence(facts.events_of(pod)), *lives),
            next_steps=("Mend what the event says",),
        )
    gates = [gate.condition_type for gate in pod.spec.readiness_gates]
    closed = [gate for gate in gates if not _is_true(pod, gate)]
    if closed and _is_true(pod, "ContainersReady"):
        return Explanation(
            subject,
            f"its containers are ready, but its readiness gate {joined(closed)} is not True.",
            waits_for=f"the condition {joined(closed)}",
            next_actor="whoever sets that condition: no component of the cluster does",
            since=_bound(pod),
            evidence=(Evidence("pod spec.readinessGates", joined(gates)),),
        )
    if pod.status.start_time is None:
        cause = f"it is bound to {pod.spec.node_name}, and its kubelet has not taken it up yet."
    else:
        cause = f"the kubelet of {pod.spec.node_name} is preparing it: sandbox, network, volumes, images."
    return Explanation(
        subject,
        cause,
        waits_for="its containers to start",
        next_actor=f"{KUBELET} of {pod.spec.node_name}",
        since=_bound(pod),
        evidence=(*event_evidence(facts.events_of(pod)), *lives),
        next_steps=(f"Ask again in a moment; if nothing changes, read the log of the kubelet of {pod.spec.node_name}",),
    )


def _troubled(facts: Facts, pod: Pod, trouble: Trouble) -> Explanation:
    said = event_evidence(facts.events_of(pod, *trouble.reasons), 2)
    first = min((at for event in facts.events_of(pod, *trouble.reasons) if (at := first_seen_at(event))), default=None)
    unready = find_condition(pod.status.conditions, "Ready")
    moment = since(
        trouble.since,
        (first, "the first event of it"),
        (unready.last_transition_time if unready else None, "the pod's condition Ready"),
    )
    evidence = (*trouble.evidence, *said)
    steps = (trouble.next_step,)
    subject = f"pod/{pod.metadata.name}"
    return Explanation(subject, trouble.cause, False, trouble.waits_for, trouble.next_actor, moment, evidence, steps)


def _silent(facts: Facts, pod: Pod, node: Node, life: Life) -> Explanation:
    name = node.metadata.name
    going = pod.metadata.deletion_timestamp is not None
    if going:
        cause = f"it is to be deleted, but only the kubelet of {name} can stop its containers, and it does not run."
    elif pod.status.start_time is None:
        cause = f"it is bound to {name}, whose kubelet does not run: nobody starts its containers."
    else:
        cause = f"the kubelet of {name} does not speak any more: what is known of the pod is old."
    steps = [f"Start it on {name}: {start_command(facts, KUBELET)}"]
    if going:
        steps.append(f"Or give the pod up: pykubectl delete pod {pod.metadata.name} --force --grace-period=0")
    return Explanation(
        f"pod/{pod.metadata.name}",
        cause,
        waits_for=f"the kubelet of {name}",
        next_actor=f"{KUBELET} of {name}, which is not there",
        since=_bound(pod) if pod.status.start_time is None else life.silent_since,
        evidence=(life.evidence,),
        next_steps=tuple(steps),
        because=explain_node(facts, node),
    )


def _going(facts: Facts, pod: Pod, life: Life | None) -> Explanation:
    asked = since((pod.metadata.deletion_timestamp, "the pod's deletionTimestamp, the end of its grace period"))
    name = pod.metadata.name
    if pod.metadata.finalizers and _has_stopped(pod):
        held = joined(pod.metadata.finalizers)
        return Explanation(
            f"pod/{name}",
            f"it is to be deleted, and the finalizer {held} holds it.",
            waits_for=f"{held} to be removed",
            next_actor="whoever set the finalizer",
            since=asked,
            evidence=(Evidence("pod metadata.finalizers", held),),
        )
    grace = pod.metadata.deletion_grace_period_seconds or 0
    return Explanation(
        f"pod/{name}",
        f"it is being deleted: its containers may take {grace}s to stop.",
        waits_for="its containers to stop",
        next_actor=f"{KUBELET} of {pod.spec.node_name}" if pod.spec.node_name else "the API server",
        since=asked,
        evidence=(*event_evidence(facts.events_of(pod, "Killing"), 1), *((life.evidence,) if life else ())),
    )


def _ended(facts: Facts, pod: Pod) -> Explanation:
    is_fine = pod.status.phase == "Succeeded"
    ends = [(s.name, s.state.terminated) for s in pod.status.container_statuses if s.state.terminated]
    evidence = tuple(
        Evidence(f"container {name}", f"exit code {end.exit_code} ({end.reason})", end.finished_at)
        for name, end in ends
    )
    why = ": ".join(filter(None, (pod.status.reason, pod.status.message)))
    said = event_evidence(facts.events_of(pod, "Evicted", "Preempted", "TaintManagerEviction", "OutOfcpu"), 1)
    return Explanation(
        f"pod/{pod.metadata.name}",
        "it has done its work and ended."
        if is_fine
        else f"it has failed and never runs again{': ' + why if why else ''}.",
        is_fine,
        since=since(*((end.finished_at, f"the end of container {name}") for name, end in ends)),
        evidence=(*evidence, *said),
        next_steps=() if is_fine else (f"Read what it said: pykubectl logs {pod.metadata.name}",),
    )


def _bound(pod: Pod) -> Since | None:
    placed = find_condition(pod.status.conditions, "PodScheduled")
    return since(
        (placed.last_transition_time if placed else None, "the pod's condition PodScheduled"),
        (pod.metadata.creation_timestamp, "the pod's creationTimestamp"),
    )


def _is_true(pod: Pod, condition: str) -> bool:
    found = find_condition(pod.status.conditions, condition)
    return found is not None and found.status == "True"


def _has_stopped(pod: Pod) -> bool:
    return all(status.state.running is None for status in pod.status.container_statuses)


def _node_names(facts: Facts) -> str:
    return joined(node.metadata.name for node in facts.nodes) or "there are none"
