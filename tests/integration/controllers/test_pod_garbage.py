"""Pods that no kubelet will ever end: they fail with a reason, then they go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.service_account import ServiceAccount
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.model import replace
from minikube_py.client.client import Client
from minikube_py.client.kubeconfig import ClientConfig
from minikube_py.controllers.context import ControllerContext
from minikube_py.controllers.pod_garbage import ALL, QUARANTINE_S, PodGarbageController
from minikube_py.machinery.informer import Informers
from tests.support.api_server import api_server
from tests.support.tasks import running_task


@dataclass
class Clock:
    now_s: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now_s


def pod(name: str, **spec: Any) -> Pod:
    container = {"name": "c", "image": "i"}
    made = Pod.from_dict({"spec": {"containers": [container], "automountServiceAccountToken": False, **spec}})
    metadata = ObjectMeta(name=name, namespace="default", finalizers=("example.com/watched",))
    return replace(made, metadata=metadata)


async def test_pods_of_a_node_that_is_gone_for_good_fail_and_go() -> None:
    clock = Clock()
    async with api_server() as http, Client.connect(ClientConfig(server=str(http.base_url))) as client:
        await client.create(ServiceAccount(metadata=ObjectMeta(name="default", namespace="default")))
        await client.create(Node(metadata=ObjectMeta(name="alive")))
        for name, node in (("lost", "gone"), ("kept", "alive")):
            await client.create(pod(name, nodeName=node))
        informers = Informers(client)
        controller = PodGarbageController(ControllerContext(client, informers, clock=clock))
        async with running_task(informers.run()):
            await informers.synced()
            await controller.reconcile(ALL)
            assert (await client.get(Pod, "lost", namespace="default")).status.phase == "Pending"
            clock.now_s += QUARANTINE_S
            await controller.reconcile(ALL)
        lost = await client.get(Pod, "lost", namespace="default")
        assert (lost.status.phase, lost.metadata.deletion_timestamp is not None) == ("Failed", True)
        [why] = [each for each in lost.status.conditions if each.type == "DisruptionTarget"]
        assert (why.reason, why.message) == ("DeletionByPodGC", "PodGC: node no longer exists")
        kept = await client.get(Pod, "kept", namespace="default")
        assert (kept.status.phase, kept.metadata.deletion_timestamp) == ("Pending", None)
