"""Who may serve, seen from one node."""

from minikube_py.proxy.service_map import Endpoint, PortName, ServicePort
from minikube_py.proxy.topology import Serving, serving_endpoints


def endpoint(number: int, state: str = "ready", *, local: bool = True) -> Endpoint:
    """state: ready, not-ready, leaving (still serves), gone (serves no more)."""
    is_terminating = state in ("leaving", "gone")
    is_serving = state in ("ready", "leaving")
    return Endpoint(f"10.244.0.{number}", 80, state == "ready", is_serving, is_terminating, local)


def serve(*endpoints: Endpoint, internal_local: bool = False, external_local: bool = False) -> Serving:
    port = ServicePort(
        PortName("rec", "web"),
        "tcp",
        "10.96.0.1",
        80,
        node_port=30080 if external_local else 0,
        is_internal_local=internal_local,
        is_external_local=external_local,
    )
    return serving_endpoints(port, endpoints)


def test_only_ready_endpoints_serve() -> None:
    assert serve(endpoint(1), endpoint(2, "not-ready"), endpoint(3, "leaving")).cluster == (endpoint(1),)


def test_leaving_endpoints_serve_when_none_is_ready() -> None:
    leaving = endpoint(3, "leaving")
    assert serve(endpoint(1, "not-ready"), endpoint(2, "gone"), leaving).cluster == (leaving,)


def test_a_leaving_endpoint_here_serves_local_traffic_although_another_node_has_a_ready_one() -> None:
    leaving, distant = endpoint(1, "leaving"), endpoint(2, local=False)
    found = serve(leaving, distant, external_local=True)
    assert found == Serving(cluster=(distant,), local=(leaving,), has_endpoints=True)


def test_nobody_here_is_not_nobody() -> None:
    assert serve(endpoint(1, local=False), internal_local=True) == Serving((), (), has_endpoints=True)
    assert serve(endpoint(1, "not-ready"), internal_local=True) == Serving((), (), has_endpoints=False)


def test_a_pool_that_no_policy_uses_stays_empty() -> None:
    assert serve(endpoint(1)).local == ()
    assert serve(endpoint(1), internal_local=True).cluster == ()
