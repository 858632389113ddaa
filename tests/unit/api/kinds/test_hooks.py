"""Hooks that no recording shows: quality of service, graceful deletion, names, what a namespace keeps."""

from __future__ import annotations

import pytest

from minikube_py.api.kinds.core.config_map import ConfigMap
from minikube_py.api.kinds.core.namespace import Namespace
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.pod_quality import quality_of_service
from minikube_py.api.kinds.core.service import Service
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.model import Json
from minikube_py.api.resource import Resource

BOTH = {"cpu": "1", "memory": "1Gi"}


def _pod(*resources: Json, **spec: Json) -> Pod:
    containers = [{"name": f"c{index}", "image": "a:1", "resources": part} for index, part in enumerate(resources)]
    return Pod.from_dict({"spec": {"containers": containers or [{"name": "c", "image": "a:1"}], **spec}}).defaulted()


@pytest.mark.parametrize(
    ("pod", "quality"),
    [
        (_pod(), "BestEffort"),
        (_pod({"limits": BOTH}), "Guaranteed"),
        (_pod({"limits": BOTH}, {"limits": BOTH}), "Guaranteed"),
        (_pod({"limits": BOTH}, {}), "Burstable"),
        (_pod({"limits": {"cpu": "1"}}), "Burstable"),
        (_pod({"requests": {"cpu": "1"}, "limits": BOTH}), "Guaranteed"),
        (_pod({"requests": {"cpu": "500m"}, "limits": BOTH}), "Burstable"),
        (_pod({"limits": {"example.com/gpu": "1"}}), "BestEffort"),
        (_pod({}, resources={"limits": BOTH}), "Guaranteed"),
    ],
)
def test_a_pod_is_guaranteed_what_it_limits_itself_to(pod: Pod, quality: str) -> None:
    assert quality_of_service(pod.spec) == quality


@pytest.mark.parametrize(
    ("spec", "phase", "asked_s", "grace_s"),
    [
        ({"nodeName": "n"}, "Running", None, 30),
        ({"nodeName": "n"}, "Running", 5, 5),
        ({"nodeName": "n"}, "Running", 0, 0),
        ({"nodeName": "n", "terminationGracePeriodSeconds": 7}, "Running", None, 7),
        ({"nodeName": "n"}, "Succeeded", None, 0),
        ({}, "Pending", 5, 0),
    ],
)
def test_only_a_pod_that_runs_is_deleted_gracefully(spec: Json, phase: str, asked_s: int | None, grace_s: int) -> None:
    containers = [{"name": "c", "image": "a:1"}]
    pod = Pod.from_dict({"spec": {"containers": containers, **spec}, "status": {"phase": phase}}).defaulted()
    assert pod.deletion_grace_s(asked_s) == grace_s


@pytest.mark.parametrize(
    ("kind", "name", "is_good"),
    [
        (ConfigMap, "kube-root-ca.crt", True),
        (Service, "1web", True),
        (Service, "web.example", False),
        (Namespace, "a.b", False),
        (Namespace, "team-1", True),
        (Pod, "Web", False),
    ],
)
def test_each_kind_has_its_rule_for_names(kind: type[Resource], name: str, is_good: bool) -> None:
    assert (kind.name_error(name, prefix=False) == "") is is_good


def test_a_namespace_gets_its_name_as_a_label_even_if_the_server_made_the_name() -> None:
    namespace = Namespace(metadata=ObjectMeta(name="made-x7k2p", generate_name="made-"))
    assert namespace.prepare_for_create().metadata.labels == {"kubernetes.io/metadata.name": "made-x7k2p"}


def test_a_namespace_keeps_its_finalizers_through_an_update() -> None:
    old = Namespace(metadata=ObjectMeta(name="a")).prepare_for_create()
    new = Namespace(metadata=ObjectMeta(name="a")).prepare_for_update(old)
    assert new.spec.finalizers == ("kubernetes",)
    assert not new.may_be_removed()
