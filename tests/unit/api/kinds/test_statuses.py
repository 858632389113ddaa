"""What is wrong with a status that somebody writes, in the words of the real API server."""

from __future__ import annotations

import pytest

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.model import Json
from tests.unit.api.kinds.recordings import kind_of

_NOT_NEGATIVE = "must be greater than or equal to 0"
_NO_ADDRESS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"


@pytest.mark.parametrize(
    ("api_version", "kind", "status", "errors"),
    [
        ("v1", "Pod", {"podIPs": [{"ip": "x"}]}, [f'status.podIPs[0]: Invalid value: "x": {_NO_ADDRESS}']),
        (
            "v1",
            "PersistentVolumeClaim",
            {"capacity": {"storage": "-1Gi"}},
            ["status.capacity[storage]: Invalid value: -1073741824: must be a valid resource quantity"],
        ),
        (
            "autoscaling/v1",
            "HorizontalPodAutoscaler",
            {"currentReplicas": -2, "desiredReplicas": -3},
            [
                f"status.currentReplicas: Invalid value: -2: {_NOT_NEGATIVE}",
                f"status.desiredReplicas: Invalid value: -3: {_NOT_NEGATIVE}",
            ],
        ),
        (
            "networking.k8s.io/v1",
            "Ingress",
            {"loadBalancer": {"ingress": [{"ip": "x"}]}},
            [f'status.loadBalancer.ingress[0].ip: Invalid value: "x": {_NO_ADDRESS}'],
        ),
        (
            "flowcontrol.apiserver.k8s.io/v1",
            "FlowSchema",
            {"conditions": [{"type": "A"}, {"type": "A"}, {"type": ""}]},
            ['status.conditions[1].type: Duplicate value: "A"', "status.conditions[2].type: Required value"],
        ),
        ("v1", "Namespace", None, []),
    ],
)
def test_a_status_is_refused_as_by_the_real_server(
    api_version: str, kind: str, status: Json, errors: list[str]
) -> None:
    document = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}}
    resource = kind_of(document)
    old = resource.from_dict(document).defaulted()
    new = old.with_status_of(resource.from_dict(document | ({"status": status} if status else {})).defaulted())
    assert [str(error) for error in new.status_errors(old)] == errors


def test_who_writes_the_status_of_a_pod_may_leave_out_how_well_it_is_served() -> None:
    pod = Pod.from_dict({"spec": {"containers": [{"name": "c", "image": "i"}]}}).defaulted().prepare_for_create()
    assert pod.with_status_of(Pod.from_dict({"status": {"phase": "Running"}})).status.qos_class == "BestEffort"
