"""What the real kube-proxy wrote for a handful of Services, and the same Services for ours to compile.

The rules (kube-proxy-1.36.iptables) are an excerpt of `iptables-save` on a node of Kubernetes 1.36, the Services of one
namespace, with the packet counters that we do not keep (`-m nfacct`) and the rules for 127.0.0.1 left out.
"""

from pathlib import Path

from minikube_py.api.kinds.core.service import Service, ServicePort
from minikube_py.api.kinds.discovery.endpoint_slice import EndpointPort, EndpointSlice
from tests.support.services import make_service, make_slice

CLUSTER_CIDR = "10.244.0.0/16"
_PODS = ("10.244.0.184", "10.244.0.185", "10.244.0.186")


def recorded_services() -> tuple[tuple[Service, ...], tuple[EndpointSlice, ...]]:
    """The Services as they were when the rules were saved."""

    def node_port(number: int) -> ServicePort:
        return ServicePort(port=80, protocol="TCP", node_port=number)

    services = (
        make_service("plain", "10.0.0.201", ServicePort(name="http", port=80, protocol="TCP")),
        make_service("sticky", "10.0.0.202", affinity_s=10800),
        make_service("np", "10.0.0.203", node_port(30080), type="NodePort", external_traffic_policy="Cluster"),
        make_service("np-local", "10.0.0.204", node_port(30081), type="NodePort", external_traffic_policy="Local"),
        make_service("ext", "10.0.0.206", external_ips=("198.51.100.7",)),
        make_service("none", "10.0.0.217", 1),
    )
    slices = (
        make_slice("plain", _PODS, EndpointPort(name="http", port=80, protocol="TCP")),
        *(make_slice(name, _PODS) for name in ("sticky", "np", "np-local", "ext")),
    )
    return services, slices


def recorded_rules() -> str:
    """What the real kube-proxy made of them."""
    return Path(__file__).with_name("kube-proxy-1.36.iptables").read_text()
