"""On which nodes a daemon set makes pods, and which of its pods go."""

from __future__ import annotations

from itertools import chain
from typing import Any

import pytest

from minikube_py.api.kinds.apps.daemon_set import TEMPLATE_GENERATION, DaemonSet
from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.scalars import Time
from minikube_py.controllers.daemon_set.placement import Fit, fit, node_of, pod_for
from minikube_py.controllers.daemon_set.plan import Observed, plan
from minikube_py.controllers.daemon_set.status import status_of
from minikube_py.machinery.conditions import next_available_in_s

NOW_S = 1_000_000.0


def daemon_set(rolling: dict[str, Any] | None = None, *, min_ready_s: int = 0, **spec: Any) -> DaemonSet:
    strategy = {"type": "RollingUpdate", "rollingUpdate": rolling or {"maxUnavailable": 1}}
    template = {"metadata": {"labels": {"app": "d"}}, "spec": {"containers": [{"name": "c"}], **spec}}
    return DaemonSet.from_dict(
        {
            "metadata": {"name": "d", "namespace": "default", "annotations": {TEMPLATE_GENERATION: "2"}},
            "spec": {"template": template, "updateStrategy": strategy, "minReadySeconds": min_ready_s},
        }
    )


def node(name: str, *taints: tuple[str, str], **labels: str) -> Node:
    listed = [{"key": key, "effect": effect} for key, effect in taints]
    return Node.from_dict({"metadata": {"name": name, "labels": labels}, "spec": {"taints": listed}})


def pod(name: str, on: str, revision: str = "new", *, ready: bool = True, **changes: Any) -> Pod:
    conditions = [{"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": Time.at(NOW_S - 5)}]
    metadata: dict[str, Any] = {"name": name, "uid": name, "labels": {"controller-revision-hash": revision}}
    if changes.get("is_ending"):
        metadata["deletionTimestamp"] = Time.at(NOW_S)
    status = {"phase": changes.get("phase", "Running"), "conditions": conditions}
    return Pod.from_dict({"metadata": metadata, "spec": {"nodeName": on}, "status": status})


def observed(of: DaemonSet, nodes: list[Node], *pods: Pod) -> Observed:
    return Observed.of(of, nodes, pods, "new", NOW_S)


def names(pods: list[Pod]) -> list[str]:
    return sorted(each.metadata.name for each in pods)


def three(*pods: Pod, **rolling: Any) -> Observed:
    return observed(daemon_set(rolling or None), [node("a"), node("b"), node("c")], *pods)


@pytest.mark.parametrize(
    ("taint", "expected"),
    [
        (("node.kubernetes.io/unschedulable", "NoSchedule"), Fit(may_start=True, may_stay=True)),
        (("node.kubernetes.io/unreachable", "NoExecute"), Fit(may_start=True, may_stay=True)),
        (("mine", "NoSchedule"), Fit(may_start=False, may_stay=True)),
        (("mine", "NoExecute"), Fit(may_start=False, may_stay=False)),
        (("mine", "PreferNoSchedule"), Fit(may_start=True, may_stay=True)),
    ],
)
def test_what_befalls_nodes_is_borne_and_other_taints_are_not(taint: tuple[str, str], expected: Fit) -> None:
    assert fit(daemon_set(), node("a", taint)) == expected


def test_a_node_selector_and_a_named_node_narrow_the_choice() -> None:
    never = Fit(may_start=False, may_stay=False)
    assert fit(daemon_set(nodeSelector={"disk": "ssd"}), node("a")) == never
    assert fit(daemon_set(nodeSelector={"disk": "ssd"}), node("a", disk="ssd")).may_start
    assert fit(daemon_set(nodeName="b"), node("a")) == never


def test_the_network_of_the_host_needs_no_network() -> None:
    unavailable = node("a", ("node.kubernetes.io/network-unavailable", "NoSchedule"))
    assert not fit(daemon_set(), unavailable).may_start
    assert fit(daemon_set(hostNetwork=True), unavailable).may_start


def test_a_pod_names_its_node_before_it_is_placed() -> None:
    made = pod_for(daemon_set(), "a", "new")
    assert node_of(made) == "a"
    assert made.metadata.labels["pod-template-generation"] == "2"
    assert made.metadata.labels["controller-revision-hash"] == "new"


def test_each_node_gets_one_pod() -> None:
    decided = plan(three(pod("old", "b"), pod("young", "b"), pod("ends", "c", is_ending=True)))
    assert decided.create_on == ["a"]
    assert names(decided.delete) == ["young"]


def test_a_pod_that_ended_is_replaced_and_one_on_an_unwanted_node_goes() -> None:
    tainted = node("t", ("mine", "NoExecute"))
    decided = plan(observed(daemon_set(), [node("a"), tainted], pod("f", "a", phase="Failed"), pod("x", "t")))
    assert (names(decided.ended), names(decided.delete), decided.create_on) == (["f"], ["x"], [])


def test_a_rolling_update_leaves_only_so_many_nodes_without() -> None:
    olds = [pod(name, on, "old") for name, on in (("p", "a"), ("q", "b"), ("r", "c"))]
    assert len(plan(three(*olds)).delete) == 1
    assert len(plan(three(*olds, maxUnavailable="50%")).delete) == 2
    assert plan(three(pod("n", "a", ready=False), *olds[1:])).delete == []
    broken = [olds[0], pod("q", "b", "old", ready=False), olds[2]]
    assert names(plan(three(*broken)).delete) == ["q"]


def test_on_delete_waits_for_somebody_to_delete() -> None:
    waiting = DaemonSet.from_dict({"spec": {"updateStrategy": {"type": "OnDelete"}}})
    assert plan(observed(waiting, [node("a")], pod("p", "a", "old"))).delete == []


def test_a_surge_starts_the_new_pod_beside_the_old() -> None:
    olds = [pod(name, on, "old") for name, on in (("p", "a"), ("q", "b"), ("r", "c"))]
    first = plan(three(*olds, maxUnavailable=0, maxSurge=1))
    assert (first.create_on, first.delete) == (["a"], [])
    starting = plan(three(*olds, pod("n", "a", ready=False), maxUnavailable=0, maxSurge=1))
    assert (starting.create_on, starting.delete) == ([], [])
    started = plan(three(*olds, pod("n", "a"), maxUnavailable=0, maxSurge=1))
    assert names(started.delete) == ["p"]


def test_the_status_counts_nodes() -> None:
    tainted = node("t", ("mine", "NoSchedule"))
    pods = [pod("p", "a"), pod("q", "b", "old"), pod("r", "t"), pod("s", "c", ready=False)]
    status = status_of(observed(daemon_set(), [node("a"), node("b"), node("c"), node("d"), tainted], *pods))
    assert (status.desired_number_scheduled, status.current_number_scheduled, status.number_misscheduled) == (4, 3, 1)
    assert (status.number_ready, status.updated_number_scheduled) == (2, 2)
    assert (status.number_available, status.number_unavailable) == (2, 2)


def test_a_pod_is_available_when_it_was_ready_long_enough() -> None:
    seen = observed(daemon_set(min_ready_s=8), [node("a")], pod("p", "a"))
    assert status_of(seen).number_available == 0
    assert next_available_in_s(chain(*seen.pods.values()), seen.daemon_set.spec.min_ready_seconds, seen.now_s) == 3
