"""Our iptables text against the real kube-proxy's, and against itself."""

from collections import Counter

from minikube_py.api.kinds.core.service import ServicePort, ServiceStatus
from minikube_py.api.kinds.core.service_spec import LoadBalancerIngress, LoadBalancerStatus
from minikube_py.api.kinds.discovery.endpoint_slice import EndpointPort
from minikube_py.api.model import replace
from minikube_py.proxy.dataplanes.interface import DataplaneConfig
from minikube_py.proxy.dataplanes.iptables_rules import JUMPS, IptablesRenderer, Tables, chain_name
from minikube_py.proxy.dataplanes.iptables_tables import parse_save
from minikube_py.proxy.ruleset import compile, service_rules, with_service
from tests.support.services import At, make_service, make_slice
from tests.unit.proxy.recorded import CLUSTER_CIDR, recorded_rules, recorded_services

CONFIG = DataplaneConfig(cluster_cidr=CLUSTER_CIDR)


def render_recorded() -> Tables:
    return IptablesRenderer(CONFIG).render(compile(*recorded_services(), "node1"))


def test_every_rule_is_the_one_that_the_real_kube_proxy_writes() -> None:
    ours = render_recorded()
    for table, recorded in parse_save(recorded_rules()).items():
        theirs = {chain: rules for chain, rules in recorded.chains.items() if chain.startswith("KUBE-")}
        written = {chain: rules for chain, rules in ours[table].items() if rules}
        assert written.keys() == theirs.keys()
        for chain, rules in theirs.items():
            # Upstream's entry chains have no particular order of Services; all other chains do have one.
            compare = sorted if chain in ("KUBE-SERVICES", "KUBE-NODEPORTS") else list
            assert compare(written[chain]) == compare(rules), chain


def test_the_jumps_from_built_in_chains_are_the_ones_of_the_real_kube_proxy() -> None:
    for table, recorded in parse_save(recorded_rules()).items():
        for chain in {chain for chain, _ in JUMPS[table]}:
            ours = tuple(rule for at, rule in JUMPS[table] if at == chain)
            assert ours == recorded.chains[chain]


def test_the_rule_for_node_ports_comes_last() -> None:
    assert render_recorded()["nat"]["KUBE-SERVICES"][-1].endswith("-j KUBE-NODEPORTS")


def test_chain_names_are_the_hashes_that_upstream_uses() -> None:
    assert chain_name("KUBE-SVC-", "rec/plain:http", "tcp") == "KUBE-SVC-TMH6DBSGEDRD2ZNI"
    assert chain_name("KUBE-SEP-", "rec/plain:http", "tcp", "10.244.0.184:80") == "KUBE-SEP-EA6P2YWBPMJVUNMJ"


def test_each_of_four_endpoints_is_reached_with_the_same_chance() -> None:
    pods = [f"10.244.0.{number}" for number in range(1, 5)]
    tables = IptablesRenderer(CONFIG).render(
        compile([make_service("web", "10.96.0.1")], [make_slice("web", pods)], "node1")
    )
    picks = tables["nat"][chain_name("KUBE-SVC-", "rec/web", "tcp")][1:]
    chances = [float(rule.split("--probability ")[1].split()[0]) for rule in picks[:-1]]
    assert [round(chance, 3) for chance in chances] == [0.25, 0.333, 0.5]
    assert "statistic" not in picks[-1]


def test_a_service_without_local_endpoints_drops_strangers_and_still_serves_pods() -> None:
    service = make_service(
        "web",
        "10.96.0.1",
        ServicePort(port=80, protocol="TCP", node_port=30080),
        type="NodePort",
        external_traffic_policy="Local",
    )
    tables = IptablesRenderer(CONFIG).render(
        compile([service], [make_slice("web", [At("10.244.1.1", node="node2")])], "node1")
    )
    external = tables["nat"][chain_name("KUBE-EXT-", "rec/web", "tcp")]
    assert external[0].startswith("-s 10.244.0.0/16")
    assert not any("KUBE-SVL" in rule for rule in external)
    (dropped,) = tables["filter"]["KUBE-EXTERNAL-SERVICES"]
    assert "has no local endpoints" in dropped
    assert dropped.endswith("--dport 30080 -j DROP")


def test_a_load_balancer_lets_only_its_source_ranges_in() -> None:
    service = replace(
        make_service("web", "10.96.0.1", type="LoadBalancer", load_balancer_source_ranges=("192.0.2.7/24",)),
        status=ServiceStatus(load_balancer=LoadBalancerStatus(ingress=(LoadBalancerIngress(ip="198.51.100.9"),))),
    )
    tables = IptablesRenderer(CONFIG).render(compile([service], [make_slice("web", ["10.244.0.5"])], "node1"))
    firewall, external = (chain_name(prefix, "rec/web", "tcp") for prefix in ("KUBE-FW-", "KUBE-EXT-"))
    assert any(
        rule.startswith("-d 198.51.100.9/32") and rule.endswith(firewall) for rule in tables["nat"]["KUBE-SERVICES"]
    )
    allowed = tables["nat"][firewall]
    assert [rule.split()[1] for rule in allowed] == ["192.0.2.0/24", "198.51.100.9/32"]
    assert all(rule.endswith(f"-j {external}") for rule in allowed)
    assert tables["filter"]["KUBE-PROXY-FIREWALL"][0].endswith("-j DROP")


def test_every_jump_leads_to_a_chain_that_is_declared() -> None:
    for chains in render_recorded().values():
        targets = {rule.rsplit("-j ", 1)[1].split()[0] for rules in chains.values() for rule in rules}
        assert {target for target in targets if target.startswith("KUBE-")} <= chains.keys()


def test_no_rule_is_written_twice() -> None:
    for chains in render_recorded().values():
        for rules in chains.values():
            assert max(Counter(rules).values(), default=1) == 1


def test_one_changed_service_changes_its_own_chains_only() -> None:
    services, slices = recorded_services()
    renderer = IptablesRenderer(CONFIG)
    rules = compile(services, slices, "node1")
    first = renderer.render(rules)["nat"]
    one_pod = make_slice("plain", ["10.244.0.184"], EndpointPort(name="http", port=80, protocol="TCP"))
    second = renderer.render(with_service(rules, "rec/plain", service_rules(services[0], [one_pod], "node1")))["nat"]
    picks = "KUBE-SVC-TMH6DBSGEDRD2ZNI"
    assert {chain for chain in second if first.get(chain) != second[chain]} == {picks}
    assert first.keys() - second.keys() == {"KUBE-SEP-VIH2YBPEIR6K4G6I", "KUBE-SEP-OUSTXNWAUZLRFFRZ"}
