"""Which remembered UDP flows are wrong."""

from minikube_py.api.kinds.core.service import ServicePort
from minikube_py.api.kinds.discovery.endpoint_slice import EndpointPort
from minikube_py.proxy.dataplanes.conntrack import Flow, has_udp_changes, parse_flows, stale_flows
from minikube_py.proxy.ruleset import RuleSet, compile
from tests.support.services import make_service, make_slice

LISTING = """\
udp      17 29 src=10.244.0.50 dst=10.96.0.10 sport=40000 dport=53 [UNREPLIED] src=10.244.0.7 dst=10.244.0.50 \
sport=53 dport=40000 mark=0 use=1
udp      17 29 src=10.244.0.50 dst=192.0.2.10 sport=40000 dport=30053 src=10.244.0.7 dst=192.0.2.10 \
sport=53 dport=40000 [ASSURED] mark=0 use=1
udp      17 29 src=10.244.0.50 dst=198.51.100.1 sport=40000 dport=53 src=198.51.100.1 dst=10.244.0.50 \
sport=53 dport=40000 mark=0 use=1
conntrack v1.4.7 (conntrack-tools): 3 flow entries have been shown.
"""


def dns(*pods: str) -> RuleSet:
    port = ServicePort(name="dns", port=53, protocol="UDP", node_port=30053)
    piece = make_slice("dns", pods, EndpointPort(name="dns", port=53, protocol="UDP"))
    return compile([make_service("dns", "10.96.0.10", port, type="NodePort")], [piece], "node1")


def test_the_listing_is_read_line_by_line() -> None:
    flows = parse_flows(LISTING)
    assert len(flows) == 3
    assert flows[0] == Flow("10.244.0.50", 40000, "10.96.0.10", 53, "10.244.0.7", 53)


def test_a_flow_to_an_endpoint_that_serves_stays() -> None:
    assert stale_flows(parse_flows(LISTING), dns("10.244.0.7")) == ()


def test_flows_to_an_endpoint_that_is_gone_are_stale_and_foreign_ones_are_not() -> None:
    stale = stale_flows(parse_flows(LISTING), dns("10.244.0.8"))
    assert [flow.service for flow in stale] == ["10.96.0.10", "192.0.2.10"]


def test_without_endpoints_nothing_is_stale() -> None:
    assert stale_flows(parse_flows(LISTING), dns()) == ()


def test_only_udp_changes_are_worth_a_look() -> None:
    web = compile([make_service("web", "10.96.0.1")], [make_slice("web", ["10.244.0.1"])], "node1")
    assert has_udp_changes(RuleSet(), dns("10.244.0.7"))
    assert not has_udp_changes(RuleSet(), web)
    assert not has_udp_changes(dns("10.244.0.7"), dns("10.244.0.7"))
