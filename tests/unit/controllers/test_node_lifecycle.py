"""What silence makes of a node, and how long pods stay there."""

from __future__ import annotations

import pytest

from minikube_py.api.kinds.core.common import Taint, Toleration
from minikube_py.api.kinds.core.node import Node
from minikube_py.api.scalars import Time
from minikube_py.controllers.node_lifecycle.health import silenced, tainted
from minikube_py.controllers.node_lifecycle.tolerations import FOREVER, leaves_at_s

NOW_S = 1_000_000.0
NO_EXECUTE = Taint(key="node.kubernetes.io/unreachable", effect="NoExecute", time_added=Time.at(NOW_S))


def node(ready: str = "", **spec: bool) -> Node:
    conditions = [{"type": "Ready", "status": ready}] if ready else []
    return Node.from_dict({"metadata": {"name": "n1"}, "spec": spec, "status": {"conditions": conditions}})


def taints(subject: Node) -> set[tuple[str, str]]:
    return {(taint.key.removeprefix("node.kubernetes.io/"), taint.effect) for taint in subject.spec.taints}


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        (node("True"), set()),
        (node("False"), {("not-ready", "NoSchedule"), ("not-ready", "NoExecute")}),
        (node("Unknown"), {("unreachable", "NoSchedule"), ("unreachable", "NoExecute")}),
        (node(), {("not-ready", "NoSchedule")}),
        (node("True", unschedulable=True), {("unschedulable", "NoSchedule")}),
    ],
)
def test_taints_follow_the_conditions(subject: Node, expected: set[tuple[str, str]]) -> None:
    marked = tainted(subject, NOW_S)
    assert taints(marked) == expected
    assert tainted(marked, NOW_S + 5) == marked


def test_node_that_recovers_loses_its_taints_and_keeps_those_of_others() -> None:
    recovered = node("True")
    foreign = Taint(key="team", value="a", effect="NoSchedule")
    sick = recovered.model_copy(update={"spec": recovered.spec.model_copy(update={"taints": (foreign, NO_EXECUTE)})})
    assert tainted(sick, NOW_S).spec.taints == (foreign,)


def test_silent_node_is_unknown_in_everything_that_only_its_kubelet_knows() -> None:
    quiet = silenced(node("True"), NOW_S)
    assert [(each.type, each.status, each.reason) for each in quiet.status.conditions] == [
        ("Ready", "Unknown", "NodeStatusUnknown"),
        ("MemoryPressure", "Unknown", "NodeStatusNeverUpdated"),
        ("DiskPressure", "Unknown", "NodeStatusNeverUpdated"),
        ("PIDPressure", "Unknown", "NodeStatusNeverUpdated"),
    ]
    assert silenced(quiet, NOW_S + 60) == quiet


@pytest.mark.parametrize(
    ("tolerations", "expected"),
    [
        ((), NOW_S),
        ((Toleration(operator="Exists"),), FOREVER),
        ((Toleration(key=NO_EXECUTE.key, operator="Exists", toleration_seconds=300),), NOW_S + 300),
        ((Toleration(key=NO_EXECUTE.key, operator="Exists", effect="NoSchedule"),), NOW_S),
        ((Toleration(key="other", operator="Exists"),), NOW_S),
        ((Toleration(operator="Exists", toleration_seconds=-5),), NOW_S),
        ((Toleration(operator="Exists"), Toleration(operator="Exists", toleration_seconds=9)), FOREVER),
        ((Toleration(operator="Exists", toleration_seconds=9), Toleration(operator="Exists")), NOW_S + 9),
    ],
)
def test_pod_stays_as_long_as_it_tolerates_every_taint(tolerations: tuple[Toleration, ...], expected: float) -> None:
    assert leaves_at_s(tolerations, (NO_EXECUTE,), NOW_S) == expected


def test_taints_that_only_keep_pods_from_coming_evict_nobody() -> None:
    assert leaves_at_s((), (Taint(key="a", effect="NoSchedule"),), NOW_S) == FOREVER
