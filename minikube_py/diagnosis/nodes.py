"""Why a node is not Ready, or takes no pods."""

from __future__ import annotations

from minikube_py.api.kinds.core.node import Node
from minikube_py.diagnosis.components import KUBELET, is_node_ready, kubelet_life, start_command
from minikube_py.diagnosis.explanation import USER, Evidence, Explanation, joined, since
from minikube_py.diagnosis.facts import Facts, event_evidence
from minikube_py.machinery.conditions import find_condition


def explain_node(facts: Facts, node: Node) -> Explanation:
    """Silent, unwell, closed, or fine."""
    name = node.metadata.name
    subject = f"node/{name}"
    life = kubelet_life(facts, node)
    ready = find_condition(node.status.conditions, "Ready")
    changed = (ready.last_transition_time if ready else None, "the node's condition Ready")
    shown = Evidence("condition Ready", f"{ready.status}: {ready.reason}: {ready.message}" if ready else "not there")
    said = event_evidence(facts.events_of(node), 2)
    if life.is_alive is False:
        return Explanation(
            subject,
            f"its kubelet {'does not speak any more' if life.silent_since else 'has never spoken'}: "
            "what the API shows of its pods is old news, though their containers may go on.",
            waits_for=f"a sign of life of the kubelet of {name}",
            next_actor=f"{KUBELET} of {name}, which is not there",
            since=life.silent_since or since(changed),
            evidence=(life.evidence, shown, *said),
            next_steps=(f"Start it on {name}: {start_command(facts, KUBELET)}",),
        )
    if not is_node_ready(node):
        return Explanation(
            subject,
            f"it is not Ready: its kubelet lives and says: {ready.message if ready else 'nothing yet'}",
            waits_for="Ready",
            next_actor=f"{KUBELET} of {name}",
            since=since(changed),
            evidence=(shown, life.evidence, *said),
            next_steps=("Mend what it says; usually the container engine or the pod network",),
        )
    pressures = [c for c in node.status.conditions if c.type != "Ready" and c.status == "True"]
    taints = [f"{taint.key}:{taint.effect}" for taint in node.spec.taints if taint.effect != "PreferNoSchedule"]
    evidence = (shown, life.evidence, *(Evidence(f"condition {c.type}", c.message) for c in pressures))
    if node.spec.unschedulable:
        step = f"Let pods onto it again: pykubectl uncordon {name}"
        cause = "it is Ready, but cordoned: running pods stay, new ones go elsewhere."
        return Explanation(subject, cause, False, "", USER, None, evidence, (step,))
    if taints:
        cause = f"it is Ready, but only for pods that tolerate {joined(taints)}."
        return Explanation(subject, cause, True, "", "", since(changed), evidence)
    return Explanation(subject, "it is Ready and takes pods.", True, "", "", since(changed), evidence)
