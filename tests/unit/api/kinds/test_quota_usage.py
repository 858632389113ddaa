"""What objects count for, and for which quotas."""

from __future__ import annotations

from typing import Any

import pytest

from minikube_py.api.kinds.apps.deployment import Deployment
from minikube_py.api.kinds.core.persistent_volume_claim import PersistentVolumeClaim
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.quota_usage import in_scope, increase, total, unspecified, usage
from minikube_py.api.kinds.core.resource_quota import ResourceQuotaSpec
from minikube_py.api.kinds.core.service import Service


def pod(*resources: dict[str, Any], phase: str = "Pending", **spec: Any) -> Pod:
    containers = [{"name": f"c{n}", "image": "i", "resources": each} for n, each in enumerate(resources)]
    return Pod.from_dict({"spec": {"containers": containers, **spec}, "status": {"phase": phase}})


def test_a_pod_counts_by_what_its_containers_ask_for_together() -> None:
    asked = {"requests": {"cpu": "100m", "example.com/x": "1"}, "limits": {"memory": "1Gi", "example.com/x": "1"}}
    assert usage(pod(asked, asked)) == {
        "pods": "1", "count/pods": "1", "cpu": "200m", "requests.cpu": "200m",
        "requests.example.com/x": "2", "limits.memory": "2Gi",
    }  # fmt: skip


def test_a_pod_that_has_ended_is_only_an_object() -> None:
    assert usage(pod({"requests": {"cpu": "1"}}, phase="Succeeded")) == {"count/pods": "1"}


def test_other_kinds_count_as_objects() -> None:
    assert usage(Deployment()) == {"count/deployments.apps": "1"}


@pytest.mark.parametrize(("spec", "counted"), [
    ({"type": "ClusterIP"}, {}),
    ({"type": "NodePort"}, {"services.nodeports": "2"}),
    ({"type": "LoadBalancer"}, {"services.nodeports": "2", "services.loadbalancers": "1"}),
    ({"type": "LoadBalancer", "allocateLoadBalancerNodePorts": False},
     {"services.nodeports": "0", "services.loadbalancers": "1"}),
])  # fmt: skip
def test_a_service_counts_its_node_ports(spec: dict[str, Any], counted: dict[str, str]) -> None:
    service = Service.from_dict({"spec": {"ports": [{"name": "a", "port": 1}, {"name": "b", "port": 2}], **spec}})
    assert usage(service) == {"services": "1", "count/services": "1", **counted}


def test_a_claim_counts_its_size_in_all_and_in_its_class() -> None:
    spec = {"storageClassName": "gold", "resources": {"requests": {"storage": "1Gi"}}}
    counted = usage(PersistentVolumeClaim.from_dict({"spec": spec}))
    assert counted["requests.storage"] == counted["gold.storageclass.storage.k8s.io/requests.storage"] == "1Gi"
    assert counted["gold.storageclass.storage.k8s.io/persistentvolumeclaims"] == "1"


def test_a_change_adds_only_what_grows() -> None:
    def service(type_: str) -> Service:
        return Service.from_dict({"spec": {"ports": [{"port": 1}], "type": type_}})

    assert increase(service("NodePort"), service("ClusterIP")) == {"services.nodeports": "1"}
    assert increase(service("ClusterIP"), service("NodePort")) == {}


def test_what_a_quota_bounds_each_container_has_to_say() -> None:
    half = pod({"limits": {"memory": "1Gi"}}, {"requests": {"cpu": "1"}})
    assert unspecified(half, ("cpu", "limits.memory", "pods")) == "cpu for: c0; limits.memory for: c1"
    assert unspecified(half, ("pods", "requests.ephemeral-storage")) == ""


@pytest.mark.parametrize(("scope", "given", "is_in"), [
    ({"scopes": ["BestEffort"]}, pod({}), True),
    ({"scopes": ["NotBestEffort"]}, pod({}), False),
    ({"scopes": ["Terminating"]}, pod({}, activeDeadlineSeconds=5), True),
    ({"scopes": ["NotTerminating", "BestEffort"]}, pod({}, activeDeadlineSeconds=5), False),
    ({"scopes": ["PriorityClass"]}, pod({}), False),
    ({}, Deployment(), True),
    ({"scopes": ["BestEffort"]}, Deployment(), False),
])  # fmt: skip
def test_a_quota_with_scopes_counts_what_is_of_all_of_them(scope: dict[str, Any], given: Any, is_in: bool) -> None:
    assert in_scope(ResourceQuotaSpec.from_dict(scope), given) is is_in


@pytest.mark.parametrize(("operator", "values", "of_gold", "of_none"), [
    ("In", ["gold"], True, False), ("NotIn", ["gold"], False, True),
    ("Exists", [], True, False), ("DoesNotExist", [], False, True),
])  # fmt: skip
def test_a_quota_selects_priority_classes(operator: str, values: list[str], of_gold: bool, of_none: bool) -> None:
    requirement = {"scopeName": "PriorityClass", "operator": operator, "values": values}
    spec = ResourceQuotaSpec.from_dict({"scopeSelector": {"matchExpressions": [requirement]}})
    assert in_scope(spec, pod({}, priorityClassName="gold")) is of_gold
    assert in_scope(spec, pod({})) is of_none


def test_a_total_names_what_nobody_uses_too() -> None:
    asked = {"requests": {"memory": "10Mi"}}
    summed = total([pod(asked), pod(asked)], ResourceQuotaSpec(), ("requests.memory", "services"))
    assert summed == {"requests.memory": "20Mi", "services": "0"}
