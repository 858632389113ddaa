"""What a pod takes of its node."""

from __future__ import annotations

from minikube_py.api.kinds.core.pod_requests import pod_requests
from minikube_py.api.kinds.core.pod_spec import PodSpec


def spec(*containers: str, init: tuple[tuple[str, bool], ...] = (), overhead: str = "0") -> PodSpec:
    """Containers by what CPU they ask for; of init containers also whether they are sidecars."""

    def container(cpu: str, *, is_sidecar: bool = False) -> dict[str, object]:
        policy = {"restartPolicy": "Always"} if is_sidecar else {}
        return {"name": "c", "image": "i", "resources": {"requests": {"cpu": cpu}}, **policy}

    return PodSpec.from_dict(
        {
            "containers": [container(cpu) for cpu in containers],
            "initContainers": [container(cpu, is_sidecar=sidecar) for cpu, sidecar in init],
            "overhead": {"cpu": overhead},
        }
    )


def test_containers_are_added_up_and_the_largest_init_container_counts_where_it_is_more() -> None:
    assert pod_requests(spec("1", "2")) == {"cpu": 3000}
    assert pod_requests(spec("1", init=(("2", False), ("3", False)), overhead="100m")) == {"cpu": 3100}


def test_a_sidecar_counts_beside_the_containers_and_beside_later_init_containers_only() -> None:
    assert pod_requests(spec("1", init=(("5", False), ("2", True)))) == {"cpu": 5000}
    assert pod_requests(spec("1", init=(("2", True), ("5", False)))) == {"cpu": 7000}
    assert pod_requests(spec("4", init=(("2", True), ("1", True)))) == {"cpu": 7000}
