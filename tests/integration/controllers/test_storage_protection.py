"""What is used of storage stays when it is deleted, and goes when its last user has gone."""

from __future__ import annotations

from typing import Any

from minikube_py.api.kinds.core.persistent_volume import PersistentVolume
from minikube_py.api.kinds.core.persistent_volume_claim import PersistentVolumeClaim
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.service_account import ServiceAccount
from minikube_py.api.kinds.storage.volume_attributes_class import VolumeAttributesClass
from minikube_py.api.meta import DeleteOptions, ObjectMeta
from minikube_py.api.model import replace
from minikube_py.api.resource import Resource
from minikube_py.client.client import Client
from minikube_py.client.kubeconfig import ClientConfig
from minikube_py.controllers.context import ControllersConfig
from minikube_py.controllers.manager import CONTROLLERS, run
from tests.support.api_server import api_server
from tests.support.eventually import eventually
from tests.support.tasks import running_task

_IN_USE: tuple[tuple[type[Resource], dict[str, Any]], ...] = (
    (VolumeAttributesClass, {"metadata": {"name": "fast"}, "driverName": "d.io", "parameters": {"a": "b"}}),
    (
        PersistentVolume,
        {
            "metadata": {"name": "pv"},
            "spec": {
                "capacity": {"storage": "1Gi"},
                "accessModes": ["ReadWriteOnce"],
                "csi": {"driver": "d.io", "volumeHandle": "h"},
                "volumeAttributesClassName": "fast",
            },
        },
    ),
    (
        PersistentVolumeClaim,
        {
            "metadata": {"name": "data", "namespace": "default"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        },
    ),
)
_USER = {
    "metadata": {"name": "user", "namespace": "default"},
    "spec": {
        "automountServiceAccountToken": False,
        "containers": [{"name": "c", "image": "i"}],
        "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}],
    },
}


_CONTROLLERS = tuple(name for name in CONTROLLERS if name.endswith("-protection-controller"))


async def _left(client: Client) -> set[str]:
    return {each.metadata.name for kind, _ in _IN_USE for each in (await client.list(kind)).items}


async def test_what_is_used_stays_until_its_last_user_has_gone() -> None:
    async with api_server() as http, Client.connect(ClientConfig(server=str(http.base_url))) as client:
        await client.create(ServiceAccount(metadata=ObjectMeta(name="default", namespace="default")))
        for kind, document in _IN_USE:
            made = kind.from_dict(document).defaulted()
            await client.create(made)
            await client.create(replace(made, metadata=replace(made.metadata, name="unused")))
        await client.create(Pod.from_dict(_USER).defaulted())

        async def only_what_is_used_is_left() -> bool:
            return await _left(client) == {"data", "fast", "pv"}

        async def nothing_is_left() -> bool:
            return not await _left(client)

        async with running_task(run(client, ControllersConfig(), _CONTROLLERS)):
            for kind, name in ((PersistentVolumeClaim, "data"), (VolumeAttributesClass, "fast")):
                await client.delete(kind, name, namespace="default" if kind.definition.namespaced else "")
            for kind, _ in _IN_USE:
                await client.delete(kind, "unused", namespace="default" if kind.definition.namespaced else "")
            await eventually(only_what_is_used_is_left)
            await client.delete(Pod, "user", namespace="default", options=DeleteOptions(grace_period_seconds=0))
            await client.delete(PersistentVolume, "pv")
            await eventually(nothing_is_left)
