"""Stateful sets on a real API server with simulated nodes: in order up, updated from the top, and down again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from minikube_py.api.kinds.apps.stateful_set import StatefulSet
from minikube_py.api.kinds.core.event import Event
from minikube_py.api.kinds.core.persistent_volume_claim import PersistentVolumeClaim
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.client.client import Client
from tests.support.control_plane import control_plane, write_signing_key
from tests.support.eventually import eventually

TIMEOUT_S = 30


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    async with control_plane(write_signing_key(tmp_path / "sa.key")) as connected:
        yield connected


async def change(client: Client, spec: dict[str, Any]) -> None:
    await client.patch(StatefulSet, "s", {"spec": spec}, namespace="default", form="strategic")


async def images(client: Client) -> dict[str, str]:
    pods = (await client.list(Pod, namespace="default")).items
    return {pod.metadata.name: pod.spec.containers[0].image for pod in pods}


async def test_pods_keep_names_and_claims_through_update_and_scaling(client: Client) -> None:
    labels = {"app": "s"}
    resources = {"requests": {"storage": "1Gi"}}
    claim = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": resources}}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "v1"}]}}
    spec = {"replicas": 3, "selector": {"matchLabels": labels}, "template": template, "volumeClaimTemplates": [claim]}
    document = {"metadata": {"name": "s", "namespace": "default"}, "spec": {**spec, "serviceName": "s"}}
    await client.create(StatefulSet.from_dict(document))
    await eventually(lambda: _are(client, {"s-0": "v1", "s-1": "v1", "s-2": "v1"}), timeout_s=TIMEOUT_S)
    events = (await client.list(Event, namespace="default")).items
    made = [event.message for event in events if event.message.startswith("create Pod")]
    assert sorted(made) == [f"create Pod s-{number} in StatefulSet s successful" for number in range(3)]

    v2 = {"template": {"spec": {"containers": [{"name": "c", "image": "v2"}]}}}
    await change(client, {**v2, "updateStrategy": {"rollingUpdate": {"partition": 1}}})
    await eventually(lambda: _are(client, {"s-0": "v1", "s-1": "v2", "s-2": "v2"}), timeout_s=TIMEOUT_S)
    await change(client, {"updateStrategy": {"rollingUpdate": {"partition": 0}}})
    await eventually(lambda: _are(client, {"s-0": "v2", "s-1": "v2", "s-2": "v2"}), timeout_s=TIMEOUT_S)
    await change(client, {"replicas": 1})
    await eventually(lambda: _are(client, {"s-0": "v2"}), timeout_s=TIMEOUT_S)
    status = (await client.get(StatefulSet, "s", namespace="default")).status
    assert status.current_revision == status.update_revision
    claims = (await client.list(PersistentVolumeClaim, namespace="default")).items
    assert sorted(each.metadata.name for each in claims) == ["data-s-0", "data-s-1", "data-s-2"]


async def _are(client: Client, expected: dict[str, str]) -> bool:
    status = (await client.get(StatefulSet, "s", namespace="default")).status
    return await images(client) == expected and status.available_replicas == status.replicas == len(expected)
