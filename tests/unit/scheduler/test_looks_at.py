"""Plugins read no more of a pod than they say, for what was found out for one pod is used for all that are alike."""

from __future__ import annotations

from typing import Any

import pytest

from minikube_py.api.kinds.core.node import ContainerImage, Node, NodeSpec
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.model import replace
from minikube_py.scheduler.framework import Refusal
from minikube_py.scheduler.plugins.registry import default_profile
from minikube_py.scheduler.snapshot import NodeInfo, Snapshot
from tests.unit.scheduler.objects import node

CONTAINER = {"name": "c", "image": "small"}
IN_ZONE_1 = {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["1"]}]}
REQUIRED = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [IN_ZONE_1]}}
PREFERRED = {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 5, "preference": IN_ZONE_1}]}
SPECS: tuple[dict[str, Any], ...] = (
    {},
    {"containers": [CONTAINER | {"image": "large"}]},
    {"containers": [CONTAINER | {"resources": {"requests": {"cpu": "2"}}}]},
    {"containers": [CONTAINER | {"resources": {"requests": {"memory": "7Gi"}}}]},
    {"containers": [CONTAINER | {"resources": {"requests": {"example.com/gpu": "1"}}}]},
    {"containers": [CONTAINER | {"ports": [{"containerPort": 80, "hostPort": 80}]}]},
    {"initContainers": [CONTAINER | {"name": "init", "image": "large"}]},
    {"initContainers": [CONTAINER | {"name": "init", "resources": {"requests": {"cpu": "3"}}}]},
    {"overhead": {"cpu": "3"}},
    {"nodeSelector": {"zone": "1"}},
    {"nodeName": "tainted"},
    {"tolerations": [{"operator": "Exists"}]},
    {"tolerations": [{"key": "key", "operator": "Exists", "effect": "NoSchedule"}]},
    {"affinity": {"nodeAffinity": REQUIRED}},
    {"affinity": {"nodeAffinity": PREFERRED}},
)
"""Each pod differs from the first in one thing that a plugin reads."""


def pods() -> list[Pod]:
    return [
        Pod.from_dict(
            {"metadata": {"name": f"p{number}", "uid": f"{number}"}, "spec": {"containers": [CONTAINER]} | spec}
        )
        for number, spec in enumerate(SPECS)
    ]


def nodes() -> list[NodeInfo]:
    snapshot = Snapshot()
    for one in (
        node("zone", cpu="2", labels={"zone": "1"}),
        node("tainted", taint="key=value:NoSchedule"),
        node("disliked", taint="key=value:PreferNoSchedule"),
        replace(node("cordoned"), spec=NodeSpec(unschedulable=True)),
        having_image(node("image"), "large:latest"),
    ):
        snapshot.put_node(one)
    there = Pod.from_dict({"metadata": {"name": "there", "uid": "there"}, "spec": SPECS[5] | {"nodeName": "zone"}})
    snapshot.put_pod(there)
    return snapshot.nodes()


def having_image(one: Node, name: str) -> Node:
    image = ContainerImage(names=(name,), size_bytes=500 << 20)
    return replace(one, status=replace(one.status, images=(image,)))


PLUGINS = {plugin.name: plugin for plugin in (*default_profile().filters, *default_profile().scores)}


@pytest.mark.parametrize("name", PLUGINS)
def test_pods_that_are_alike_to_a_plugin_are_treated_alike(name: str) -> None:
    plugin, there = PLUGINS[name], nodes()
    said: dict[object, object] = {}
    for pod in pods():
        answers = [answer_of(plugin, pod, one) for one in there]
        assert said.setdefault(plugin.looks_at(pod), answers) == answers, pod.spec
    assert len({str(answers) for answers in said.values()}) > 1, "no pod of these means anything to the plugin"


def answer_of(plugin: Any, pod: Pod, one: NodeInfo) -> list[Refusal | float | None]:
    prepared = [getattr(plugin, method)(pod) for method in ("filter_for", "score_for") if hasattr(plugin, method)]
    return [each(one) if each else None for each in prepared]
