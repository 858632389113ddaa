"""A packet's ways through rules, with counters, and which of them a real one took."""

import pytest

from minikube_py.api.kinds.core.service import Service
from minikube_py.diagnosis.packet_path import NoPath, counted, port_of, shared_hops, ways_of
from minikube_py.proxy.packets import Packet

RULES = """*nat
:PREROUTING ACCEPT [0:0]
:SVC - [0:0]
:SEP-A - [0:0]
:SEP-B - [0:0]
:POSTROUTING ACCEPT [0:0]
[7:420] -A PREROUTING -d 10.96.0.9/32 -p tcp -m tcp --dport 80 -j SVC
[{a}:60] -A SVC -m statistic --mode random --probability 0.50000000000 -j SEP-A
[4:240] -A SVC -j SEP-B
[{a}:60] -A SEP-A -p tcp -m tcp -j DNAT --to-destination 10.244.0.2:80
[4:240] -A SEP-B -p tcp -m tcp -j DNAT --to-destination 10.244.0.3:8080
[9:540] -A POSTROUTING -s 10.244.0.9/32 -j RETURN
COMMIT
"""
BEFORE, AFTER = RULES.replace("{a}", "3"), RULES.replace("{a}", "4").replace("[7:", "[8:").replace("[9:", "[10:")
PACKET = Packet("10.244.0.9", "10.96.0.9", 80)
WAYS = ways_of(BEFORE, PACKET, ["192.0.2.1"], {"10.244.0.2": "pod/a"})


def test_each_way_has_its_chance_its_pod_and_the_counters_of_its_rules() -> None:
    first, second = WAYS
    assert (first.probability, first.backend, first.pod) == (0.5, "10.244.0.2:80", "pod/a")
    assert (second.backend, second.pod) == ("10.244.0.3:8080", "")
    shown = [(hop.chain, hop.packets) for hop in first.hops]
    assert shown == [("PREROUTING", 7), ("SVC", 3), ("SEP-A", 3), ("POSTROUTING", 9)]


def test_a_real_packet_is_found_by_the_counters_that_it_moved() -> None:
    ways, taken = counted(WAYS, BEFORE, AFTER)
    assert taken == (0,)
    assert [hop.counted for hop in ways[0].hops] == [1, 1, 1, 1]
    assert [hop.counted for hop in ways[1].hops] == [1, 0, 0, 1]


def test_no_packet_no_way() -> None:
    assert counted(WAYS, BEFORE, BEFORE)[1] == ()


def test_what_all_ways_share_is_told_once() -> None:
    assert shared_hops(WAYS) == (1, 1)
    assert shared_hops(WAYS[:1]) == (4, 0)


def test_a_rule_that_cannot_be_judged_is_marked() -> None:
    saved = "*filter\n:FORWARD ACCEPT [0:0]\n[5:1] -A FORWARD -i docker0 -j DROP\nCOMMIT\n"
    (way,) = ways_of(saved, PACKET, [], {})
    assert [(hop.is_unclear, hop.packets, hop.rule) for hop in way.hops] == [(True, 5, "-i docker0 -j DROP")]


@pytest.mark.parametrize(
    ("spec", "wanted", "said"),
    [
        ({"clusterIP": "None"}, "", "headless"),
        ({"type": "ExternalName"}, "", "an ExternalName"),
        ({"clusterIP": "10.96.0.9", "ports": [{"name": "web", "port": 80}]}, "443", "has no port 443; it has 80 (web)"),
    ],
)
def test_what_has_no_way_is_refused_with_its_reason(spec: dict[str, object], wanted: str, said: str) -> None:
    service = Service.from_dict({"metadata": {"name": "web"}, "spec": spec})
    with pytest.raises(NoPath, match=said.replace("(", r"\(").replace(")", r"\)")):
        port_of(service, wanted)


def test_a_port_is_found_by_number_or_name() -> None:
    ports = [{"name": "a", "port": 80}, {"name": "b", "port": 81}]
    service = Service.from_dict({"metadata": {"name": "web"}, "spec": {"clusterIP": "10.96.0.9", "ports": ports}})
    assert [port_of(service, wanted).port for wanted in ("", "81", "b")] == [80, 81, 81]
