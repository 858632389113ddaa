"""The list of controllers, and how they run side by side in one process.

Kubernetes: cmd/kube-controller-manager/app/controllermanager.go (NewControllerDescriptors)
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

from minikube_py.client.client import Client
from minikube_py.controllers.cluster_role_aggregation import ClusterRoleAggregationController
from minikube_py.controllers.context import ControllerContext, ControllersConfig
from minikube_py.controllers.credentials import Credentials
from minikube_py.controllers.cron_job.controller import CronJobController
from minikube_py.controllers.daemon_set.controller import DaemonSetController
from minikube_py.controllers.deployment.controller import DeploymentController
from minikube_py.controllers.disruption.controller import DisruptionController
from minikube_py.controllers.endpoints.endpoints_controller import EndpointsController
from minikube_py.controllers.endpoints.mirroring import EndpointSliceMirroringController
from minikube_py.controllers.endpoints.slice_controller import EndpointSliceController
from minikube_py.controllers.garbage_collector.controller import GarbageCollector
from minikube_py.controllers.job.controller import JobController
from minikube_py.controllers.job.ttl import TtlAfterFinishedController
from minikube_py.controllers.namespace.controller import NamespaceController
from minikube_py.controllers.node_lifecycle.lifecycle import NodeLifecycleController
from minikube_py.controllers.node_lifecycle.taint_eviction import TaintEvictionController
from minikube_py.controllers.pod_garbage import PodGarbageController
from minikube_py.controllers.replica_set.controller import ReplicaSetController, ReplicationControllers
from minikube_py.controllers.resource_quota import ResourceQuotaController
from minikube_py.controllers.root_ca_publisher import RootCaPublisher
from minikube_py.controllers.service_account import ServiceAccountController
from minikube_py.controllers.stateful_set.controller import StatefulSetController
from minikube_py.controllers.storage_protection import (
    ClaimProtectionController,
    ClassProtectionController,
    VolumeProtectionController,
)
from minikube_py.errors import ConfigError
from minikube_py.machinery.controller import Controller, Reconciler
from minikube_py.machinery.informer import Informers

WORKERS = 5

CONTROLLERS: dict[str, Callable[[ControllerContext], Reconciler[Any]]] = {
    "clusterrole-aggregation": ClusterRoleAggregationController,
    "cronjob": CronJobController,
    "daemonset": DaemonSetController,
    "deployment": DeploymentController,
    "disruption": DisruptionController,
    "endpoints": EndpointsController,
    "endpointslice": EndpointSliceController,
    "endpointslicemirroring": EndpointSliceMirroringController,
    "garbage-collector": GarbageCollector,
    "job": JobController,
    "namespace": NamespaceController,
    "node-lifecycle": NodeLifecycleController,
    "persistentvolume-protection-controller": VolumeProtectionController,
    "persistentvolumeclaim-protection-controller": ClaimProtectionController,
    "pod-garbage-collector": PodGarbageController,
    "replicaset": ReplicaSetController,
    "replicationcontroller": ReplicationControllers,
    "resourcequota": ResourceQuotaController,
    "root-ca-certificate-publisher": RootCaPublisher,
    "serviceaccount": ServiceAccountController,
    "statefulset": StatefulSetController,
    "taint-eviction-controller": TaintEvictionController,
    "ttl-after-finished-controller": TtlAfterFinishedController,
    "volumeattributesclass-protection-controller": ClassProtectionController,
}

_ACCOUNTS = {
    "daemonset": "daemon-set-controller",
    "endpoints": "endpoint-controller",
    "garbage-collector": "generic-garbage-collector",
    "node-lifecycle": "node-controller",
    "persistentvolume-protection-controller": "pv-protection-controller",
    "persistentvolumeclaim-protection-controller": "pvc-protection-controller",
    "pod-garbage-collector": "pod-garbage-collector",
    "replicationcontroller": "replication-controller",
    "root-ca-certificate-publisher": "root-ca-cert-publisher",
    "serviceaccount": "service-account-controller",
    "taint-eviction-controller": "node-controller",
    "ttl-after-finished-controller": "ttl-after-finished-controller",
    "volumeattributesclass-protection-controller": "volumeattributesclass-protection-controller",
}
"""The service accounts whose names are not NAME-controller."""


def account_of(name: str) -> str:
    """The service account of a controller, which is that of the same controller of Kubernetes."""
    return _ACCOUNTS.get(name, f"{name}-controller")


def chosen(wanted: str) -> tuple[str, ...]:
    """The controllers that `--controllers` names: `*` is all, `-name` is not that one, `name` is that one.

    Raises: ConfigError for a name that there is not.
    """
    words = [word.strip() for word in wanted.split(",") if word.strip()]
    for word in words:
        if word != "*" and word.removeprefix("-") not in CONTROLLERS:
            raise ConfigError(
                f'"{word.removeprefix("-")}" is not in the list of known controllers: {", ".join(CONTROLLERS)}'
            )
    return tuple(name for name in CONTROLLERS if f"-{name}" not in words and (name in words or "*" in words))


async def run(client: Client, config: ControllersConfig, names: Sequence[str] = tuple(CONTROLLERS)) -> None:
    """Run the named controllers until cancelled."""
    context = ControllerContext(client, Informers(client), config)
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        controllers = []
        for name in names:
            own = context
            if config.use_service_account_credentials:
                credentials = Credentials(client, account_of(name))
                await credentials.begin()
                group.create_task(credentials.run(), name="credentials")
                own = replace(context, client=client.with_bearer(credentials.token))
                stack.push_async_callback(own.client.close)
            controllers.append(Controller(CONTROLLERS[name](own), workers=WORKERS))
        group.create_task(context.informers.run(), name="informers")
        for recorder in context.recorders.values():
            group.create_task(recorder.run(), name="events")
        for background in context.background:
            group.create_task(_run(background))
        for controller in controllers:
            group.create_task(controller.run(), name=controller.name)


async def _run(background: Callable[[], Awaitable[None]]) -> None:
    await background()
