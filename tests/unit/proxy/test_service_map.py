"""What is read from Services and EndpointSlices, and what is refused."""

import pytest

from minikube_py.api.kinds.core.service import Service, ServicePort
from minikube_py.api.kinds.discovery.endpoint_slice import EndpointPort
from minikube_py.api.model import replace
from minikube_py.proxy.ruleset import RuleSet, ServiceRules, compile, service_rules, with_service
from minikube_py.proxy.service_map import endpoints_by_port, service_ports
from tests.support.services import At, make_service, make_slice


def labelled(service: Service, **labels: str) -> Service:
    renamed = {key.replace("_", "-"): value for key, value in labels.items()}
    names = {f"service.kubernetes.io/{key}": value for key, value in renamed.items()}
    return replace(service, metadata=replace(service.metadata, labels=names))


@pytest.mark.parametrize(
    "service",
    [
        make_service("headless", "None"),
        make_service("unallocated", ""),
        make_service("elsewhere", "10.96.0.1", type="ExternalName"),
        labelled(make_service("others", "10.96.0.1"), service_proxy_name="cilium"),
    ],
    ids=lambda service: service.metadata.name,
)
def test_a_service_that_is_not_for_this_proxy_yields_nothing(service: Service) -> None:
    assert service_ports(service) == service_ports(make_service("none", "None"))


def test_an_ipv6_service_is_refused_by_name() -> None:
    (sentence,) = service_ports(make_service("six", "fd00::10")).refused
    assert sentence == "service rec/six: its cluster IP fd00::10 is IPv6, which this proxy does not serve"


def test_a_dual_stack_service_is_served_at_its_ipv4_address() -> None:
    (port,) = service_ports(make_service("both", "fd00::10", cluster_ips=("fd00::10", "10.96.0.9"))).ports
    assert port.cluster_ip == "10.96.0.9"


def test_an_sctp_port_is_refused_and_the_others_are_served() -> None:
    service = make_service("mixed", "10.96.0.1")
    ports = (ServicePort(name="a", port=1, protocol="SCTP"), ServicePort(name="b", port=2, protocol="UDP"))
    found = service_ports(replace(service, spec=replace(service.spec, ports=ports)))
    assert [str(port.name) for port in found.ports] == ["rec/mixed:b"]
    assert found.refused == ("service rec/mixed: port 1 is SCTP, which this proxy does not serve",)


def test_session_affinity_lasts_three_hours_unless_said_otherwise() -> None:
    unsaid = make_service("web", "10.96.0.1", session_affinity="ClientIP")
    said = make_service("web", "10.96.0.1", affinity_s=7)
    assert [service_ports(service).ports[0].affinity_timeout_s for service in (unsaid, said)] == [10800, 7]


def test_an_endpoint_in_two_slices_counts_once_and_as_ready_if_either_says_so() -> None:
    pieces = [
        make_slice("web", [At("10.244.0.1", ready=False)], name="old"),
        make_slice("web", [At("10.244.0.1", ready=True)], name="new"),
    ]
    for order in (pieces, pieces[::-1]):
        (endpoint,) = endpoints_by_port(order, "node1")["", "tcp"]
        assert endpoint.is_ready


def test_endpoints_come_in_the_order_of_their_addresses() -> None:
    piece = make_slice("web", ["10.244.0.10", "10.244.0.9"])
    found = endpoints_by_port([piece], "node1")["", "tcp"]
    assert [endpoint.address for endpoint in found] == ["10.244.0.9", "10.244.0.10"]


def test_ipv6_slices_are_passed_over() -> None:
    piece = replace(make_slice("web", []), address_type="IPv6")
    assert endpoints_by_port([piece], "node1") == {}


def test_a_port_gets_the_endpoints_of_its_own_name_and_protocol() -> None:
    service = make_service("dns", "10.96.0.1", ServicePort(name="dns", port=53, protocol="UDP"))
    udp = make_slice("dns", ["10.244.0.1"], EndpointPort(name="dns", port=53, protocol="UDP"))
    tcp = make_slice("dns", ["10.244.0.2"], EndpointPort(name="dns", port=53, protocol="TCP"), name="tcp")
    (port,) = service_rules(service, [udp, tcp], "node1").ports
    assert [str(backend) for backend in port.cluster] == ["10.244.0.1:53"]


def test_replacing_one_service_by_an_equal_one_gives_the_very_same_rule_set() -> None:
    service, piece = make_service("web", "10.96.0.1"), make_slice("web", ["10.244.0.1"])
    rules = compile([service], [piece], "node1")
    assert with_service(rules, "rec/web", service_rules(service, [piece], "node1")) is rules
    assert with_service(rules, "rec/absent", None) is rules
    assert with_service(rules, "rec/web", None) == RuleSet()
    assert with_service(rules, "rec/web", ServiceRules()) == RuleSet()


def test_compiling_one_by_one_is_compiling_all_at_once() -> None:
    services = [make_service(f"web-{number}", f"10.96.0.{number}") for number in range(1, 6)]
    slices = [make_slice(service.metadata.name, [f"10.244.0.{n}"]) for n, service in enumerate(services)]
    rules = RuleSet()
    for service, piece in zip(services, slices, strict=True):
        rules = with_service(rules, f"rec/{service.metadata.name}", service_rules(service, [piece], "node1"))
    assert rules == compile(services, slices, "node1")
