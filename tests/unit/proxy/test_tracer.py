"""Packets through rules: the recorded ones of the real kube-proxy, and ours against what `simulated` says."""

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikube_py.api.kinds.core.service import Service, ServicePort
from minikube_py.api.kinds.discovery.endpoint_slice import EndpointSlice
from minikube_py.proxy.dataplanes.interface import DataplaneConfig
from minikube_py.proxy.dataplanes.iptables_rules import JUMPS, IptablesRenderer
from minikube_py.proxy.dataplanes.iptables_tables import SavedTable
from minikube_py.proxy.dataplanes.simulated import SimulatedDataplane
from minikube_py.proxy.packets import Outcome, Packet
from minikube_py.proxy.ruleset import Backend, RuleSet, compile
from minikube_py.proxy.tracer import Tracer
from tests.support.services import At, make_service, make_slice
from tests.unit.proxy.recorded import CLUSTER_CIDR, recorded_rules

NODE = "192.0.2.10"
STRANGER = "203.0.113.5"
POD = "10.244.0.50"
LOCAL_POD, DISTANT_POD = "10.244.0.7", "10.244.1.7"


def recorded_tracer() -> Tracer:
    return Tracer.from_save(recorded_rules(), [NODE])


def tracer_of(rules: RuleSet, config: DataplaneConfig) -> Tracer:
    """A tracer for what we would write, hooked into empty built-in chains."""
    tables = {}
    for table, chains in IptablesRenderer(config).render(rules).items():
        hooks: dict[str, tuple[str, ...]] = defaultdict(tuple)
        for chain, rule in JUMPS[table]:
            hooks[chain] += (rule,)
        tables[table] = SavedTable(dict.fromkeys(hooks, "ACCEPT"), {**hooks, **chains})
    return Tracer(tables, [NODE])


def test_a_cluster_ip_leads_to_each_of_three_endpoints_with_a_third_of_the_chance() -> None:
    routes = recorded_tracer().trace(Packet(POD, "10.0.0.201", 80))
    assert {str(route.outcome.backend) for route in routes} == {f"10.244.0.{pod}:80" for pod in (184, 185, 186)}
    assert [route.probability for route in routes] == pytest.approx([1 / 3] * 3, abs=1e-6)


def test_a_stranger_to_the_pod_network_is_masqueraded_and_a_pod_is_not() -> None:
    stranger = recorded_tracer().trace(Packet(NODE, "10.0.0.201", 80))
    pod = recorded_tracer().trace(Packet(POD, "10.0.0.201", 80))
    assert all(route.outcome.is_masqueraded for route in stranger)
    assert not any(route.outcome.is_masqueraded for route in pod)


def test_a_pod_that_reaches_itself_is_masqueraded_on_that_way_only() -> None:
    routes = recorded_tracer().trace(Packet("10.244.0.185", "10.0.0.201", 80))
    masqueraded = [str(route.outcome.backend) for route in routes if route.outcome.is_masqueraded]
    assert masqueraded == ["10.244.0.185:80"]


def test_a_service_without_endpoints_is_rejected() -> None:
    (route,) = recorded_tracer().trace(Packet(POD, "10.0.0.217", 1))
    assert route.outcome == Outcome("rejected")
    assert "has no endpoints" in route.hops[-1]


def test_the_hops_name_every_chain_on_the_way() -> None:
    routes = recorded_tracer().trace(Packet(STRANGER, NODE, 30080))
    chains = [hop.split(":")[0].removeprefix("nat ") for hop in routes[0].hops]
    assert chains[:3] == ["PREROUTING", "KUBE-SERVICES", "KUBE-NODEPORTS"]
    assert [chain[:9] for chain in chains[3:6]] == ["KUBE-EXT-", "KUBE-MARK", "KUBE-EXT-"]


def test_a_rule_that_cannot_be_judged_is_passed_over_and_named() -> None:
    saved = "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -i docker0 -j DROP\nCOMMIT\n"
    (route,) = Tracer.from_save(saved, [NODE]).trace(Packet(STRANGER, STRANGER, 80))
    assert route.outcome == Outcome("passed")
    assert "cannot tell -i" in route.hops[0]


def test_a_policy_of_drop_ends_a_packet() -> None:
    saved = "*filter\n:FORWARD DROP [0:0]\nCOMMIT\n"
    (route,) = Tracer.from_save(saved, [NODE]).trace(Packet(STRANGER, STRANGER, 80))
    assert route.outcome == Outcome("dropped")


@st.composite
def services(draw: st.DrawFn) -> tuple[Service, EndpointSlice]:
    """A Service with every policy, and endpoints in every condition on two nodes."""
    policy = st.sampled_from(["Cluster", "Local"])
    service = make_service(
        "web",
        "10.96.0.10",
        ServicePort(port=80, protocol="TCP", node_port=30080),
        type="NodePort",
        external_ips=draw(st.sampled_from([(), ("198.51.100.7",)])),
        external_traffic_policy=draw(policy),
        internal_traffic_policy=draw(policy),
    )
    flag = st.booleans()
    endpoints = [
        At(address, ready=draw(flag), serving=draw(flag), terminating=draw(flag), node=node)
        for address, node in ((LOCAL_POD, "node1"), ("10.244.0.8", "node1"), (DISTANT_POD, "node2"))
        if draw(flag)
    ]
    return service, make_slice("web", endpoints)


@settings(max_examples=300)
@given(
    services(),
    st.sampled_from([POD, LOCAL_POD, NODE, STRANGER]),
    st.sampled_from([("10.96.0.10", 80), ("198.51.100.7", 80), (NODE, 30080), ("10.96.0.10", 81)]),
    st.sampled_from([DataplaneConfig(CLUSTER_CIDR), DataplaneConfig(CLUSTER_CIDR, masquerade_all=True)]),
)
async def test_iptables_text_does_what_the_simulation_says(
    service: tuple[Service, EndpointSlice], source: str, target: tuple[str, int], config: DataplaneConfig
) -> None:
    rules = compile([service[0]], [service[1]], "node1")
    simulated = SimulatedDataplane(config, [NODE])
    await simulated.sync(rules)
    packet = Packet(source, *target)
    routes = tracer_of(rules, config).trace(packet)
    assert {route.outcome for route in routes} == set(simulated.possible_outcomes(packet))
    assert sum(route.probability for route in routes) == pytest.approx(1.0)


def test_without_a_cluster_cidr_nobody_is_masqueraded() -> None:
    (route,) = tracer_of(
        compile([make_service("web", "10.96.0.10")], [make_slice("web", [LOCAL_POD])], "node1"), DataplaneConfig()
    ).trace(Packet(STRANGER, "10.96.0.10", 80))
    assert route.outcome == Outcome("delivered", Backend(LOCAL_POD, 80), is_masqueraded=False)
