"""A minimal object gets the same defaults here as from the real API server.

data/defaults.jsonl holds what was sent and what was stored, without what admission and the allocators add.
"""

from __future__ import annotations

import pytest

from minikube_py.api.kinds.core.container_defaults import image_pull_policy
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.model import Json
from tests.unit.api.kinds.recordings import kind_of, recorded


@pytest.mark.parametrize("row", recorded("defaults.jsonl"), ids=lambda row: str(row["given"]["kind"]))
def test_a_minimal_object_is_stored_with_the_defaults_of_the_real_server(row: dict[str, Json]) -> None:
    stored = kind_of(row["given"]).from_dict(row["given"]).defaulted().prepare_for_create()
    assert stored.to_dict() == row["stored"]


@pytest.mark.parametrize("row", recorded("defaults.jsonl"), ids=lambda row: str(row["given"]["kind"]))
def test_an_object_with_all_defaults_is_given_back_uncopied(row: dict[str, Json]) -> None:
    stored = kind_of(row["given"]).from_dict(row["given"]).defaulted().prepare_for_create()
    again = kind_of(row["given"]).from_json(stored.to_json())
    assert again.defaulted() is again


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("nginx", "Always"),
        ("nginx:latest", "Always"),
        ("registry:5000/nginx", "Always"),
        ("nginx:1.27", "IfNotPresent"),
        ("nginx@sha256:" + "a" * 64, "IfNotPresent"),
        ("nginx:latest@sha256:" + "a" * 64, "Always"),
        ("Nginx", "IfNotPresent"),
        ("", "IfNotPresent"),
    ],
)
def test_an_image_that_may_change_under_its_name_is_always_pulled(image: str, policy: str) -> None:
    assert image_pull_policy(image) == policy


def test_on_the_nodes_network_container_ports_are_host_ports() -> None:
    container = {"name": "c", "image": "a:1", "ports": [{"containerPort": 5}]}
    pod = Pod.from_dict({"spec": {"hostNetwork": True, "containers": [container]}}).defaulted()
    assert pod.spec.containers[0].ports[0].host_port == 5


def test_a_pod_level_limit_implies_the_sum_of_its_containers_requests() -> None:
    spec = {
        "resources": {"limits": {"cpu": "1", "memory": "1Gi"}},
        "containers": [{"name": name, "resources": {"requests": {"cpu": "100m"}}} for name in "ab"],
    }
    resources = Pod.from_dict({"spec": spec}).defaulted().spec.resources
    assert resources is not None
    assert resources.requests == {"cpu": "200m", "memory": "1Gi"}
