"""Why does my service not answer? Selector, pods, readiness, endpoints, port, rules."""

from typing import Any

from minikube_py.api.kinds.core.service import Service
from minikube_py.api.kinds.discovery.endpoint_slice import EndpointSlice
from minikube_py.diagnosis.explanation import Explanation
from minikube_py.diagnosis.services import explain_service
from tests.unit.diagnosis.a_cluster import LABELS, facts, node, pod

ADDRESS = "10.96.0.9"
RULES = f"""*nat
:PREROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
[0:0] -A PREROUTING -j KUBE-SERVICES
[0:0] -A KUBE-SERVICES -d {ADDRESS}/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.244.0.2:80
COMMIT
"""


def service(**spec: Any) -> Service:
    fields = {"clusterIP": ADDRESS, "type": "ClusterIP", "selector": LABELS, **spec}
    fields.setdefault("ports", [{"port": 80, "protocol": "TCP", "targetPort": 80}])
    return Service.from_dict({"metadata": {"name": "web", "namespace": "default"}, "spec": fields})


def endpoints(*addresses: str) -> EndpointSlice:
    return EndpointSlice.from_dict(
        {
            "metadata": {"name": "web-1", "namespace": "default", "labels": {"kubernetes.io/service-name": "web"}},
            "addressType": "IPv4",
            "endpoints": [{"addresses": [address], "conditions": {"ready": True}} for address in addresses],
            "ports": [{"name": "", "port": 80, "protocol": "TCP"}],
        }
    )


READY = pod(on="node1", state={"running": {}}, ready=True)


def test_a_selector_that_nobody_matches_shows_what_the_pods_have_instead() -> None:
    found = explain_service(facts(pod(labels={"app": "wbe"})), service())
    assert found.cause == "no pod has the labels that it selects: app=web."
    assert found.evidence[1].text == "has app=wbe"


def test_pods_that_are_not_ready_are_explained_themselves() -> None:
    unready = pod(on="node1", state={"waiting": {"reason": "ErrImagePull"}})
    found = explain_service(facts(node(), unready), service())
    assert "1 pod is selected, and none is ready" in found.cause
    assert "could not be pulled" in found.root.cause


def test_ready_pods_that_nobody_lists_lack_the_controller_manager() -> None:
    found = explain_service(facts(node(), READY, alive=("node1",)), service())
    assert "nobody lists them as endpoints: the controller manager does not run" in found.cause


def test_a_target_port_of_a_name_that_no_container_has() -> None:
    ports = [{"port": 80, "protocol": "TCP", "targetPort": "http"}]
    assert (
        'its targetPort "http" is the name of no port'
        in explain_service(facts(node(), READY), service(ports=ports)).cause
    )


def test_rules_that_lead_elsewhere_or_nowhere_lack_the_proxy() -> None:
    known = facts(node(), READY, endpoints("10.244.0.2"), rules="*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n")
    assert "no proxy has ever written rules" in explain_service(known, service()).cause
    stale = facts(node(), READY, endpoints("10.244.0.2"), rules=RULES.replace("0.2:80", "0.7:80"))
    assert "the proxy does not follow any more" in explain_service(stale, service()).cause


def test_rules_that_lead_to_the_endpoints_are_fine() -> None:
    assert explain_service(facts(node(), READY, endpoints("10.244.0.2"), rules=RULES), service()).is_fine


def on_another_node(routes: dict[str, str]) -> Explanation:
    far = endpoints("10.244.0.2").to_dict()
    far["endpoints"][0]["nodeName"] = "node2"
    document: Any = node("node2").to_dict()
    document["spec"]["podCIDR"] = "10.244.0.0/24"
    document["status"]["addresses"] = [{"type": "InternalIP", "address": "192.168.50.12"}]
    second = type(node()).from_dict(document)
    known = facts(node(), second, READY, EndpointSlice.from_dict(far), rules=RULES, rules_of="node1", routes=routes)
    return explain_service(known, service())


DEFAULT = {"default": "default via 192.168.50.1 dev eth0 proto static"}


def test_pods_of_another_node_need_a_route_that_is_not_the_default_one() -> None:
    lost = on_another_node({**DEFAULT, "10.244.0.2": "10.244.0.2 via 192.168.50.1 dev eth0 src 192.168.50.11"})
    assert "knows no way to the pods of node2" in lost.cause
    assert lost.next_steps == ("Tell the way: ip route add 10.244.0.0/24 via 192.168.50.12",)
    assert "goes the default way" in lost.evidence[0].text
    assert "the network is unreachable" in on_another_node({}).evidence[0].text


def test_a_route_by_the_other_node_or_by_a_link_is_fine() -> None:
    assert on_another_node({**DEFAULT, "10.244.0.2": "10.244.0.2 via 192.168.50.12 dev eth0"}).is_fine
    assert on_another_node({"10.244.0.2": "10.244.0.2 dev cni0 src 10.244.0.1"}).is_fine


def test_rules_that_nobody_saw_are_not_said_to_be_fine() -> None:
    found = explain_service(facts(node(), READY, endpoints("10.244.0.2")), service())
    assert "the rules were not seen" in found.cause
    assert "nobody asked" in found.evidence[1].text


def test_simulated_pods_lack_no_proxy_but_somebody_who_answers() -> None:
    document: Any = node().to_dict()
    document["status"]["nodeInfo"] = {"containerRuntimeVersion": "simulated://1"}
    known = facts(type(node()).from_dict(document), READY, endpoints("10.244.0.2"))
    assert "its pods are simulated" in explain_service(known, service()).cause


def test_without_a_selector_the_endpoints_are_made_by_hand() -> None:
    assert "made by hand" in explain_service(facts(), service(selector={})).cause


def test_an_external_name_has_no_endpoints_and_is_fine() -> None:
    assert explain_service(facts(), service(type="ExternalName", externalName="example.com")).is_fine
