"""Daemon sets on a real API server with simulated nodes: a pod on each, updated one by one, and back again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from minikube_py.api.kinds.apps.controller_revision import ControllerRevision
from minikube_py.api.kinds.apps.daemon_set import DaemonSet
from minikube_py.api.kinds.core.node import Node, NodeStatus
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.model import replace
from minikube_py.api.scalars import Time
from minikube_py.client.client import Client
from minikube_py.controllers.daemon_set.placement import node_of
from tests.support.control_plane import control_plane, write_signing_key
from tests.support.eventually import eventually

TIMEOUT_S = 30


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    async with control_plane(write_signing_key(tmp_path / "sa.key")) as connected:
        yield connected


async def add_node(client: Client, name: str) -> None:
    node = await client.create(Node(metadata=ObjectMeta(name=name)))
    ready = {"type": "Ready", "status": "True", "lastHeartbeatTime": Time.now(), "lastTransitionTime": Time.now()}
    await client.update_status(replace(node, status=NodeStatus.from_dict({"conditions": [ready]})))


async def change_image(client: Client, image: str) -> None:
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": image}]}}}}
    await client.patch(DaemonSet, "d", patch, namespace="default", form="strategic")


async def images(client: Client) -> dict[str, str]:
    """By node."""
    pods = (await client.list(Pod, namespace="default")).items
    return {node_of(pod): pod.spec.containers[0].image for pod in pods if pod.metadata.deletion_timestamp is None}


async def revisions(client: Client) -> list[int]:
    return sorted(each.revision for each in (await client.list(ControllerRevision, namespace="default")).items)


async def test_each_node_has_a_pod_and_an_update_reaches_them_all(client: Client) -> None:
    await add_node(client, "n1")
    await add_node(client, "n2")
    labels = {"app": "d"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "v1"}]}}
    spec = {"selector": {"matchLabels": labels}, "template": template}
    await client.create(DaemonSet.from_dict({"metadata": {"name": "d", "namespace": "default"}, "spec": spec}))
    await eventually(lambda: _are(client, {"n1": "v1", "n2": "v1"}), timeout_s=TIMEOUT_S)
    await add_node(client, "n3")
    await eventually(lambda: _are(client, {"n1": "v1", "n2": "v1", "n3": "v1"}), timeout_s=TIMEOUT_S)
    await change_image(client, "v2")
    await eventually(lambda: _are(client, {"n1": "v2", "n2": "v2", "n3": "v2"}), timeout_s=TIMEOUT_S)
    assert await revisions(client) == [1, 2]
    await change_image(client, "v1")
    await eventually(lambda: _are(client, {"n1": "v1", "n2": "v1", "n3": "v1"}), timeout_s=TIMEOUT_S)
    assert await revisions(client) == [2, 3]


async def _are(client: Client, expected: dict[str, str]) -> bool:
    status = (await client.get(DaemonSet, "d", namespace="default")).status
    return await images(client) == expected and status.number_available == status.updated_number_scheduled == len(
        expected
    )
