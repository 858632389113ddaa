"""Why a pod has no node: the scheduler's own plugins, asked about each node as it is now.

The event FailedScheduling counts reasons over all nodes and stops at the first plugin that refuses; here each node is
named, with every plugin that refuses it.

Kubernetes: kube-scheduler-simulator's annotations show the same for single cycles.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.diagnosis.components import KUBELET, SCHEDULER, Life, life_of, missing, start_command
from minikube_py.diagnosis.explanation import USER, Evidence, Explanation, counted, joined, since
from minikube_py.diagnosis.facts import Facts, event_evidence
from minikube_py.machinery.conditions import find_condition
from minikube_py.machinery.node_fit import tolerates
from minikube_py.scheduler.plugins.registry import default_profile
from minikube_py.scheduler.snapshot import NodeInfo, Snapshot, request_of

_A_NODE = "a node"
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class NodeVerdict:
    """What the plugins say of one node; nobody refuses: it suits."""

    node: str
    refusals: tuple[tuple[str, str], ...]
    """Of each plugin that refuses, its name and its reasons, with figures where there are some."""

    @property
    def text(self) -> str:
        if not self.refusals:
            return "suits"
        return "; ".join(f"{plugin}: {reason}" for plugin, reason in self.refusals)


def verdicts(facts: Facts, pod: Pod) -> tuple[NodeVerdict, ...]:
    """What every filter plugin says of every node."""
    snapshot = Snapshot()
    for node in facts.nodes:
        snapshot.put_node(node)
    for other in facts.pods:
        if other.spec.node_name:
            snapshot.put_pod(other)
    checks = [(plugin.name, plugin.filter_for(pod)) for plugin in default_profile().filters]
    found = []
    for node_info in snapshot:
        refusals = [
            (name, _reason(name, verdict.reasons, pod, node_info))
            for name, check in checks
            if check is not None and (verdict := check(node_info)) is not None
        ]
        found.append(NodeVerdict(node_info.name, tuple(refusals)))
    return tuple(found)


def explain_unplaced(facts: Facts, pod: Pod) -> Explanation:
    """A pod without a node: held back, the scheduler is away, no node, none that suits, or only a moment."""
    subject = f"pod/{pod.metadata.name}"
    created = since((pod.metadata.creation_timestamp, "the pod's creationTimestamp"))
    if pod.spec.scheduling_gates:
        gates = joined(gate.name for gate in pod.spec.scheduling_gates)
        return Explanation(
            subject,
            f"it is held back by the scheduling gate {gates}: no scheduler looks at it before that is removed.",
            waits_for="its scheduling gates to be removed",
            next_actor="whoever set the gate",
            since=created,
            evidence=(Evidence("pod spec.schedulingGates", gates),),
        )
    if pod.spec.scheduler_name not in ("", "default-scheduler"):
        name = pod.spec.scheduler_name
        return Explanation(
            subject,
            f'it asks for the scheduler "{name}", and every other scheduler leaves it alone.',
            waits_for=_A_NODE,
            next_actor=f'a scheduler named "{name}"',
            since=created,
            evidence=(Evidence("pod spec.schedulerName", name),),
            next_steps=(f"Start it: pykube-scheduler --scheduler-name={name}, or leave schedulerName out of the pod",),
        )
    life = life_of(facts, SCHEDULER)
    if life.is_alive is False:
        return _without_scheduler(facts, pod, life)
    return _with_scheduler(facts, pod, life)


def _without_scheduler(facts: Facts, pod: Pod, life: Life) -> Explanation:
    found = missing(facts, SCHEDULER, life, pod, _A_NODE)
    judged = verdicts(facts, pod)
    suits = [verdict.node for verdict in judged if not verdict.refusals]
    if suits:
        then = Evidence("the scheduler's plugins, asked here", f"would take {joined(suits[:5])}")
    elif "nodes" in facts.gaps:
        then = Evidence("nodes", f"could not be read: {facts.gaps['nodes']}")
    else:
        then = Evidence("the scheduler's plugins, asked here", _none_suits(judged) + ": it would still wait")
    created = since((pod.metadata.creation_timestamp, "the pod's creationTimestamp"))
    by_hand = "Or place it by hand, as a scheduler would: POST a Binding to the pod's /binding"
    return Explanation(
        found.subject,
        "no node has been chosen for it: " + found.cause.partition(", and ")[2],
        waits_for=_A_NODE,
        next_actor=found.next_actor,
        since=created,
        evidence=(*found.evidence, then, *(_per_node(judged) if not suits else ())),
        next_steps=(*found.next_steps, by_hand),
    )


def _with_scheduler(facts: Facts, pod: Pod, life: Life) -> Explanation:
    subject = f"pod/{pod.metadata.name}"
    judged = verdicts(facts, pod)
    placed = find_condition(pod.status.conditions, "PodScheduled")
    began = since(
        (placed.last_transition_time if placed else None, "the pod's condition PodScheduled"),
        (pod.metadata.creation_timestamp, "the pod's creationTimestamp"),
    )
    said = event_evidence(facts.events_of(pod, "FailedScheduling"), 1)
    if "nodes" in facts.gaps:
        text = f"could not be read: {facts.gaps['nodes']}"
        evidence = (*said, Evidence("nodes", text), life.evidence)
        return Explanation(subject, "no node has been chosen for it.", False, _A_NODE, SCHEDULER, began, evidence)
    if not facts.nodes:
        return Explanation(
            subject,
            "there is no node to run it on: no kubelet has registered one.",
            waits_for=_A_NODE,
            next_actor="a kubelet, which registers its node; then the scheduler",
            since=began,
            evidence=(*said, Evidence("nodes", "there are none"), life.evidence),
            next_steps=(f"Start a kubelet: {start_command(facts, KUBELET)}",),
        )
    if any(not verdict.refusals for verdict in judged):
        suits = joined([verdict.node for verdict in judged if not verdict.refusals][:5])
        return Explanation(
            subject,
            f"no node has been chosen for it yet, though {suits} would suit now: the scheduler has not looked again.",
            waits_for=_A_NODE,
            next_actor=SCHEDULER,
            since=began,
            evidence=(*said, *_per_node(judged), life.evidence),
            next_steps=("Ask again in a moment; if nothing changes, read the scheduler's log",),
        )
    return Explanation(
        subject,
        f"no node suits it: {_none_suits(judged)}.",
        waits_for="a node that suits",
        next_actor=f"{USER}: change the pod or a node; the scheduler tries again by itself when a node changes",
        since=began,
        evidence=(*said, *_per_node(judged), life.evidence),
        next_steps=tuple(dict.fromkeys(_advice(judged, pod))),
    )


def _none_suits(judged: tuple[NodeVerdict, ...]) -> str:
    if not judged:
        return "there are no nodes"
    plugins = joined(sorted({plugin for verdict in judged for plugin, _ in verdict.refusals}))
    return f"all {counted(len(judged), 'node')} are refused by {plugins}" if len(judged) > 1 else (
        f"the only node is refused by {plugins}"
    )  # fmt: skip


def _per_node(judged: tuple[NodeVerdict, ...], limit: int = 10) -> tuple[Evidence, ...]:
    shown = [Evidence(f"node {verdict.node}", verdict.text) for verdict in judged[:limit]]
    if len(judged) > limit:
        shown.append(Evidence("nodes", f"and {len(judged) - limit} more"))
    return tuple(shown)


def _reason(plugin: str, reasons: tuple[str, ...], pod: Pod, info: NodeInfo) -> str:
    """The plugin's words, with the figures behind them."""
    return ", ".join(_with_figures(plugin, reason, pod, info) for reason in reasons)


def _with_figures(plugin: str, reason: str, pod: Pod, info: NodeInfo) -> str:
    request = request_of(pod)
    if reason == "Insufficient cpu":
        free = info.cpu_millis - info.used_cpu_millis
        return f"{reason} (asks for {request.cpu_millis}m, {free}m of {info.cpu_millis}m are free)"
    if reason == "Insufficient memory":
        asked, free, total = (
            number // _MIB
            for number in (request.memory_bytes, info.memory_bytes - info.used_memory_bytes, info.memory_bytes)
        )
        return f"{reason} (asks for {asked}Mi, {free}Mi of {total}Mi are free)"
    if plugin == "NodeAffinity" and pod.spec.node_selector:
        return f"{reason} {joined(f'{key}={value}' for key, value in pod.spec.node_selector.items())}"
    if plugin == "TaintToleration":
        taints = [taint for taint in info.taints if taint.effect != "PreferNoSchedule"]
        bad = [taint for taint in taints if not tolerates(pod.spec.tolerations, taint)]
        return f"{reason} {joined(_taint(taint.key, taint.value, taint.effect) for taint in bad)}"
    return reason


def _taint(key: str, value: str, effect: str) -> str:
    return f"{key}{'=' + value if value else ''}:{effect}"


def _advice(judged: tuple[NodeVerdict, ...], pod: Pod) -> Iterator[str]:
    for verdict in judged:
        for plugin, _reason in verdict.refusals:
            if plugin in _ADVICE:
                yield _ADVICE[plugin].format(node=verdict.node, pod=pod.metadata.name)
    if any(plugin == "TaintToleration" and "node.kubernetes.io/not-ready" in reason
           for verdict in judged for plugin, reason in verdict.refusals):  # fmt: skip
        yield "The taint not-ready goes by itself when the node is Ready: pykubectl why node/" + judged[0].node


_ADVICE = {
    "NodeUnschedulable": "Let pods onto it again: pykubectl uncordon {node}",
    "TaintToleration": "Give the pod a toleration, or take the taint off: pykubectl describe node {node}",
    "NodeResourcesFit": "Ask for less in resources.requests, delete other pods, or add a node",
    "NodeAffinity": "Give a node the label that the pod asks for: pykubectl label node {node} KEY=VALUE",
    "NodePorts": "Leave out hostPort, or choose one that no other pod on the node has",
    "NodeName": "spec.nodeName names another node",
}
