"""Whether a pod that names its node itself fits there."""

import pytest

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.scalars import Quantity
from minikube_py.kubelet.admission import rejection
from tests.support.pods import make_pod

ROOM = {"cpu": Quantity("2"), "memory": Quantity("1Gi"), "pods": Quantity("3")}


def asking(port: int = 0, host_ip: str = "", **requests: str) -> Pod:
    ports = [{"containerPort": 80, "hostPort": port, "hostIP": host_ip}] if port else []
    return make_pod({"name": "c", "resources": {"requests": requests}, "ports": ports})


def test_what_fits_is_taken() -> None:
    assert rejection(asking(cpu="500m", memory="512Mi"), [asking(cpu="1500m"), asking(memory="512Mi")], ROOM) is None
    assert rejection(asking(port=80), [asking(port=81)], ROOM) is None
    assert rejection(asking(port=80, host_ip="192.0.2.1"), [asking(port=80, host_ip="192.0.2.2")], ROOM) is None
    assert rejection(asking(gpu="1"), [], ROOM) is None


@pytest.mark.parametrize(
    ("pod", "others", "reason", "message"),
    [
        (
            asking(cpu="600m"),
            [asking(cpu="1500m")],
            "OutOfcpu",
            "Node didn't have enough resource: cpu, requested: 600, used: 1500, capacity: 2000",
        ),
        (
            asking(memory="2Gi"),
            [],
            "OutOfmemory",
            "Node didn't have enough resource: memory, requested: 2147483648, used: 0, capacity: 1073741824",
        ),
        (
            asking(),
            [asking()] * 3,
            "OutOfpods",
            "Node didn't have enough resource: pods, requested: 1, used: 3, capacity: 3",
        ),
        (
            asking(port=80),
            [asking(port=80, host_ip="192.0.2.1")],
            "NodePorts",
            "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
        ),
    ],
)
def test_what_does_not_fit_is_rejected_with_the_numbers(pod: Pod, others: list[Pod], reason: str, message: str) -> None:
    found = rejection(pod, others, ROOM)
    assert found is not None
    assert (found.reason, found.message) == (reason, message)
