"""The decision: which node, or why none."""

from __future__ import annotations

import random
from collections.abc import Hashable
from typing import Any

import pytest

from minikube_py.api.kinds.core.affinity import Affinity, NodeAffinity, PreferredSchedulingTerm
from minikube_py.api.kinds.core.common import NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Toleration
from minikube_py.api.kinds.core.node import Node, NodeSpec
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.model import replace
from minikube_py.scheduler.cycle import Cycle, NoFit, Placement, enough
from minikube_py.scheduler.framework import ClusterChange, Filter, Profile, Refusal
from minikube_py.scheduler.plugins.registry import default_profile
from minikube_py.scheduler.snapshot import Snapshot, request_of
from tests.unit.scheduler.objects import node, pod


def snapshot_of(*nodes: Node) -> Snapshot:
    snapshot = Snapshot()
    for one in nodes:
        snapshot.put_node(one)
    return snapshot


def cycle() -> Cycle:
    return Cycle(default_profile(), random.Random(1))


def no_fit(decision: object) -> NoFit:
    assert isinstance(decision, NoFit), decision
    return decision


def placed_on(decision: object) -> str:
    assert isinstance(decision, Placement), decision
    return decision.node_name


def test_without_nodes_the_event_says_so() -> None:
    decision = no_fit(cycle().schedule(pod("p"), Snapshot()))
    assert decision.message == "no nodes available to schedule pods"
    assert "node added" in decision.waits_for


def test_a_pod_that_asks_for_more_than_there_is_says_what_is_short() -> None:
    snapshot = snapshot_of(node("a", cpu="1"), node("b", cpu="1", memory="1Gi"))
    decision = no_fit(cycle().schedule(pod("p", cpu="2", memory="2Gi"), snapshot))
    assert decision.message == "0/2 nodes are available: 1 Insufficient memory, 2 Insufficient cpu."


def test_assumed_pods_count_before_the_api_server_knows() -> None:
    snapshot, decide = snapshot_of(node("a", cpu="1")), cycle()
    first = pod("first", cpu="1")
    assert placed_on(decide.schedule(first, snapshot)) == "a"
    snapshot.assume(first, "a", request_of(first))
    assert "Insufficient cpu" in no_fit(decide.schedule(pod("second", cpu="1"), snapshot)).message
    snapshot.forget(first)
    assert placed_on(decide.schedule(pod("second", cpu="1"), snapshot)) == "a"


def test_a_confirmed_pod_is_counted_once() -> None:
    snapshot, one = snapshot_of(node("a", cpu="2")), pod("p", cpu="1")
    snapshot.assume(one, "a", request_of(one))
    snapshot.put_pod(replace(one, spec=replace(one.spec, node_name="a")))
    info = snapshot.get("a")
    assert info is not None
    assert (info.pod_count, info.used_cpu_millis) == (1, 1000)


def test_pods_of_a_node_that_comes_back_are_still_counted() -> None:
    snapshot, one = snapshot_of(node("a")), pod("p", cpu="1", node_name="a")
    snapshot.put_pod(one)
    snapshot.remove_node("a")
    snapshot.put_node(node("a"))
    info = snapshot.get("a")
    assert info is not None
    assert info.used_cpu_millis == 1000


@pytest.mark.parametrize(
    ("toleration", "fits"),
    [
        (None, False),
        (Toleration(key="team", operator="Exists"), True),
        (Toleration(operator="Exists"), True),
        (Toleration(key="team", value="red", effect="NoSchedule"), True),
        (Toleration(key="team", value="blue", effect="NoSchedule"), False),
        (Toleration(key="team", value="red", effect="NoExecute"), False),
    ],
)
def test_a_taint_keeps_away_who_does_not_tolerate_it(toleration: Toleration | None, fits: bool) -> None:
    snapshot = snapshot_of(node("a", taint="team=red:NoSchedule"))
    tolerations = (toleration,) if toleration else ()
    decision = cycle().schedule(pod("p", tolerations=tolerations), snapshot)
    if fits:
        assert placed_on(decision) == "a"
    else:
        assert no_fit(decision).message == "0/1 nodes are available: 1 node(s) had untolerated taint(s)."


def test_a_cordoned_node_gets_no_pods() -> None:
    cordoned = replace(node("a"), spec=NodeSpec(unschedulable=True))
    decision = no_fit(cycle().schedule(pod("p"), snapshot_of(cordoned)))
    assert decision.message == "0/1 nodes are available: 1 node(s) were unschedulable."


def test_a_node_selector_picks_the_node_with_the_label() -> None:
    snapshot = snapshot_of(node("a"), node("b", labels={"disk": "ssd"}))
    assert placed_on(cycle().schedule(pod("p", node_selector={"disk": "ssd"}), snapshot)) == "b"


@pytest.mark.parametrize(
    ("operator", "values", "fits"),
    [
        ("In", ("5", "6"), True),
        ("NotIn", ("5",), False),
        ("Exists", (), True),
        ("Gt", ("4",), True),
        ("Lt", ("5",), False),
    ],
)
def test_required_affinity_is_a_filter(operator: str, values: tuple[str, ...], fits: bool) -> None:
    term = NodeSelectorTerm(match_expressions=(NodeSelectorRequirement(key="n", operator=operator, values=values),))
    required = NodeSelector(node_selector_terms=(term,))
    affinity = Affinity(node_affinity=NodeAffinity(required_during_scheduling_ignored_during_execution=required))
    decision = cycle().schedule(pod("p", affinity=affinity), snapshot_of(node("a", labels={"n": "5"})))
    assert isinstance(decision, Placement) == fits


def test_two_pods_with_one_host_port_do_not_share_a_node() -> None:
    snapshot, first = snapshot_of(node("a")), pod("first", host_port=8080)
    snapshot.assume(first, "a", request_of(first))
    decision = no_fit(cycle().schedule(pod("second", host_port=8080), snapshot))
    assert decision.message.endswith("1 node(s) didn't have free ports for the requested pod ports.")


def test_the_emptier_node_is_preferred() -> None:
    snapshot, big = snapshot_of(node("full"), node("empty")), pod("big", cpu="3", memory="6Gi")
    snapshot.assume(big, "full", request_of(big))
    assert placed_on(cycle().schedule(pod("p", cpu="100m", memory="100Mi"), snapshot)) == "empty"


def test_the_node_that_most_preferences_name_wins_however_small_their_weight() -> None:
    """As upstream: the best node of those at hand has the full score, whatever weights nobody meets."""
    snapshot, big = snapshot_of(node("liked", labels={"disk": "ssd"}), node("empty")), pod("big", cpu="3", memory="6Gi")
    snapshot.assume(big, "liked", request_of(big))
    preferred = tuple(
        PreferredSchedulingTerm(
            weight=weight,
            preference=NodeSelectorTerm(match_expressions=(NodeSelectorRequirement(key=key, operator="Exists"),)),
        )
        for key, weight in (("disk", 1), ("nobody-has-this", 100))
    )
    affinity = Affinity(node_affinity=NodeAffinity(preferred_during_scheduling_ignored_during_execution=preferred))
    assert placed_on(cycle().schedule(pod("p", cpu="100m", memory="100Mi", affinity=affinity), snapshot)) == "liked"


def test_a_taint_that_is_only_disliked_weighs_more_than_free_room() -> None:
    snapshot, big = snapshot_of(node("full"), node("disliked", taint="a=b:PreferNoSchedule")), pod("big", cpu="3")
    snapshot.assume(big, "full", request_of(big))
    assert placed_on(cycle().schedule(pod("p"), snapshot)) == "full"
    tolerating = pod("q", tolerations=(Toleration(operator="Exists"),))
    assert placed_on(cycle().schedule(tolerating, snapshot)) == "disliked"


def test_equal_pods_spread_over_equal_nodes() -> None:
    snapshot, decide, used = snapshot_of(*(node(f"n{i}") for i in range(4))), cycle(), []
    for index in range(8):
        one = pod(f"p{index}", cpu="500m")
        where = placed_on(decide.schedule(one, snapshot))
        snapshot.assume(one, where, request_of(one))
        used.append(where)
    assert sorted(used) == sorted(2 * [f"n{i}" for i in range(4)])


def test_large_clusters_are_searched_in_part() -> None:
    assert [enough(n) for n in (50, 100, 1000, 5000, 20000)] == [50, 100, 420, 500, 1000]


class First(random.Random):
    """Takes the first by name, so that decisions can be compared."""

    def choice(self, seq: Any) -> Any:
        return min(seq, key=lambda node: node.name)


def test_what_is_remembered_changes_no_decision() -> None:
    """Pods of a few kinds come, go and fill nodes that change: as if each decision were the first."""
    dice = random.Random(7)
    nodes = [node(f"n{number}", cpu=str(1 + number % 4), labels={"zone": str(number % 3)}) for number in range(20)]
    snapshot, remembering = snapshot_of(*nodes), Cycle(default_profile(), First())
    placed = []
    for number in range(300):
        selector = {"zone": str(dice.randrange(3))} if dice.random() < 0.3 else {}
        wanted = pod(f"p{number}", cpu=dice.choice(("100m", "500m")), node_selector=selector)
        decision = remembering.schedule(wanted, snapshot)
        expected = Cycle(default_profile(), First()).schedule(wanted, snapshot)
        assert decision == expected
        if isinstance(decision, Placement):
            snapshot.assume(wanted, decision.node_name, request_of(wanted))
            placed.append(wanted)
        if placed and dice.random() < 0.4:
            snapshot.remove_pod(placed.pop(dice.randrange(len(placed))))
        if dice.random() < 0.1:
            changed = dice.choice(nodes)
            snapshot.put_node(replace(changed, spec=NodeSpec(unschedulable=dice.random() < 0.5)))


def test_a_plugin_that_promises_nothing_is_asked_for_each_pod() -> None:
    class OnceOnly:
        name = "OnceOnly"
        waits_for: tuple[ClusterChange, ...] = ("node added",)

        def looks_at(self, pod: Pod) -> Hashable:
            return None

        def filter_for(self, pod: Pod) -> Filter | None:
            return None if pod.metadata.name == "first" else lambda _node: Refusal(("only the first",))

    decide = Cycle(Profile("default-scheduler", (OnceOnly(),), ()), random.Random(1))
    snapshot = snapshot_of(node("a"))
    assert placed_on(decide.schedule(pod("first"), snapshot)) == "a"
    assert "only the first" in no_fit(decide.schedule(pod("second"), snapshot)).message
