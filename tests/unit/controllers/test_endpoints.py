"""Which addresses a Service has, and how they are laid out."""

from __future__ import annotations

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.service import Service
from minikube_py.api.kinds.discovery.endpoint_slice import EndpointSlice
from minikube_py.api.model import Json, replace
from minikube_py.api.scalars import Time
from minikube_py.controllers.endpoints.backends import selects, target_port
from minikube_py.controllers.endpoints.endpoints_controller import endpoints_of
from minikube_py.controllers.endpoints.slices import MANAGED_BY, MAX_ENDPOINTS, SERVICE_NAME, plan_slices


def service(**spec: Json) -> Service:
    document = {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}], **spec}
    return Service.from_dict({"metadata": {"name": "web", "namespace": "default", "uid": "s"}, "spec": document})


def pod(number: int, *, is_ready: bool = True, is_ending: bool = False, port: int = 8080) -> Pod:
    document = {
        "metadata": {"name": f"p{number:03}", "namespace": "default", "uid": f"u{number}", "labels": {"app": "web"}},
        "spec": {"nodeName": "n1", "containers": [{"name": "c", "ports": [{"name": "http", "containerPort": port}]}]},
        "status": {
            "phase": "Running",
            "podIP": f"10.0.{number // 250}.{number % 250}",
            "conditions": [{"type": "Ready", "status": str(is_ready)}],
        },
    }
    if is_ending:
        document["metadata"]["deletionTimestamp"] = Time.at(0)  # type: ignore[index]  # a document of this shape
    return Pod.from_dict(document)


def stored(slices: tuple[EndpointSlice, ...]) -> list[EndpointSlice]:
    """As the server gives them back."""
    return [
        replace(each, metadata=replace(each.metadata, name=f"web-{index}", generate_name=""))
        for index, each in enumerate(slices)
    ]


def addresses(each: EndpointSlice) -> list[str]:
    return [address for endpoint in each.endpoints for address in endpoint.addresses]


def test_slice_says_of_each_pod_whether_it_is_ready_serves_and_ends() -> None:
    pods = [pod(1), pod(2, is_ready=False), pod(3, is_ending=True)]
    [made] = plan_slices(service(), pods, {"n1": "here"}, []).create
    conditions = [
        (each.conditions.ready, each.conditions.serving, each.conditions.terminating) for each in made.endpoints
    ]
    assert conditions == [(True, True, False), (False, False, False), (False, True, True)]
    assert made.metadata.labels == {SERVICE_NAME: "web", MANAGED_BY: "endpointslice-controller.k8s.io"}
    assert {each.zone for each in made.endpoints} == {"here"}
    assert [(port.port, port.protocol) for port in made.ports] == [(8080, "TCP")]


def test_service_without_pods_has_one_empty_slice() -> None:
    first = plan_slices(service(), [], {}, [])
    assert [each.endpoints for each in first.create] == [()]
    again = plan_slices(service(), [], {}, stored(first.create))
    assert (again.create, again.update, again.delete) == ((), (), ())


def test_slices_hold_a_hundred_and_settle() -> None:
    pods = [pod(number) for number in range(1, 251)]
    made = plan_slices(service(), pods, {}, [])
    assert [len(each.endpoints) for each in made.create] == [MAX_ENDPOINTS, MAX_ENDPOINTS, 50]
    again = plan_slices(service(), pods, {}, stored(made.create))
    assert (again.create, again.update, again.delete) == ((), (), ())


def test_one_changed_pod_changes_one_slice() -> None:
    pods = [pod(number) for number in range(1, 251)]
    slices = stored(plan_slices(service(), pods, {}, []).create)
    pods[0] = pod(1, is_ready=False)
    changed = plan_slices(service(), pods, {}, slices)
    assert [each.metadata.name for each in changed.update] == ["web-0"]
    assert (changed.create, changed.delete) == ((), ())


def test_new_pod_goes_where_there_is_room_and_an_empty_slice_goes() -> None:
    pods = [pod(number) for number in range(1, 102)]
    slices = stored(plan_slices(service(), pods, {}, []).create)
    grown = plan_slices(service(), [*pods, pod(200)], {}, slices)
    assert [each.metadata.name for each in grown.update] == ["web-1"]
    shrunk = plan_slices(service(), pods[:100], {}, slices)
    assert [each.metadata.name for each in shrunk.delete] == ["web-1"]


def test_pods_with_different_numbers_for_a_named_port_lie_in_different_slices() -> None:
    named = service(ports=[{"name": "http", "port": 80, "targetPort": "http"}])
    made = plan_slices(named, [pod(1, port=81), pod(2, port=82)], {}, []).create
    assert sorted((each.ports[0].port or 0, len(each.endpoints)) for each in made) == [(81, 1), (82, 1)]


def test_named_port_that_a_pod_does_not_have_is_none() -> None:
    [port] = service(ports=[{"port": 80, "targetPort": "admin"}]).spec.ports
    assert target_port(port, pod(1)) is None


def test_service_without_selector_selects_nothing() -> None:
    assert not selects(service(selector={}), pod(1))
    assert not selects(service(type="ExternalName"), pod(1))


def test_legacy_endpoints_keep_ready_and_unready_apart_and_leave_out_who_ends() -> None:
    made = endpoints_of(service(), [pod(1), pod(2, is_ready=False), pod(3, is_ending=True)])
    [subset] = made.subsets
    assert [each.ip for each in subset.addresses] == ["10.0.0.1"]
    assert [each.ip for each in subset.not_ready_addresses] == ["10.0.0.2"]
    assert subset.ports[0].port == 8080


def test_published_addresses_need_not_be_ready() -> None:
    made = endpoints_of(service(publishNotReadyAddresses=True), [pod(2, is_ready=False), pod(3, is_ending=True)])
    assert [each.ip for each in made.subsets[0].addresses] == ["10.0.0.2", "10.0.0.3"]


def test_headless_service_is_labelled_so() -> None:
    made = plan_slices(service(clusterIP="None", ports=[]), [pod(1)], {}, []).create
    assert made[0].metadata.labels["service.kubernetes.io/headless"] == ""
    assert addresses(made[0]) == ["10.0.0.1"]
