"""The userspace dataplane's decisions: where it listens and to whom it leads."""

from minikube_py.api.kinds.core.service import ServicePort
from minikube_py.proxy.dataplanes.relay import Picker, Target
from minikube_py.proxy.dataplanes.userspace import Place, wanted_addresses, wanted_places
from minikube_py.proxy.ruleset import Backend, compile
from tests.support.services import make_service, make_slice

A, B, C = (Backend(f"10.244.0.{number}", 80) for number in (1, 2, 3))


class Clock:
    """Time as a test says it is."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_every_frontend_of_a_service_with_endpoints_is_a_listener() -> None:
    service = make_service(
        "web",
        "10.96.0.1",
        ServicePort(port=80, protocol="TCP", node_port=30080),
        type="NodePort",
        external_ips=("198.51.100.7",),
    )
    rules = compile([service], [make_slice("web", ["10.244.0.1"])], "node1")
    assert set(wanted_places(rules)) == {
        Place("tcp", "10.96.0.1", 80),
        Place("tcp", "198.51.100.7", 80),
        Place("tcp", "0.0.0.0", 30080),
    }


def test_a_service_without_endpoints_has_its_address_and_no_listener() -> None:
    rules = compile([make_service("web", "10.96.0.1")], [], "node1")
    assert wanted_addresses(rules) == {"10.96.0.1"}
    assert wanted_places(rules) == {}


def test_endpoints_take_turns_and_all_are_candidates() -> None:
    picker = Picker(Target((A, B, C)))
    firsts = [picker.candidates("client")[0] for _ in range(6)]
    assert sorted(firsts) == [A, A, B, B, C, C]
    assert set(picker.candidates("client")) == {A, B, C}


def test_affinity_brings_a_client_back_until_its_time_is_over() -> None:
    clock = Clock()
    picker = Picker(Target((A, B, C), affinity_timeout_s=10), clock)
    picker.chosen("client", B)
    clock.now_s = 9
    assert [picker.candidates("client")[0] for _ in range(4)] == [B] * 4
    clock.now_s = 10
    assert {picker.candidates("client")[0] for _ in range(3)} == {A, B, C}


def test_affinity_to_an_endpoint_that_is_gone_is_forgotten() -> None:
    picker = Picker(Target((A, B), affinity_timeout_s=10), Clock())
    picker.chosen("client", B)
    picker.target = Target((A,), affinity_timeout_s=10)
    assert picker.candidates("client") == (A,)


def test_only_the_named_networks_are_admitted() -> None:
    target = Target((A,), sources=("192.0.2.0/24",))
    assert target.admits("192.0.2.9")
    assert not target.admits("203.0.113.9")
    assert Target((A,)).admits("203.0.113.9")
