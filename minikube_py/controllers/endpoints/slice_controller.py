"""EndpointSlice controller: keeps the slices of every Service that has a selector.

Kubernetes: pkg/controller/endpointslice/endpointslice_controller.go
"""

from __future__ import annotations

from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.service import Service
from minikube_py.api.kinds.discovery.endpoint_slice import EndpointSlice
from minikube_py.api.status import Forbidden, NotFound
from minikube_py.controllers.context import ControllerContext
from minikube_py.controllers.endpoints.backends import backends_of, has_own_backends, services_of
from minikube_py.controllers.endpoints.slices import CONTROLLER, MANAGED_BY, SlicePlan, plan_slices
from minikube_py.controllers.namespaces import is_ending_namespace
from minikube_py.machinery.controller import Result
from minikube_py.machinery.recent_writes import RecentWrites
from minikube_py.machinery.sources import For, Owns, Watches
from minikube_py.machinery.store import Key

ZONE = "topology.kubernetes.io/zone"


class EndpointSliceController:
    name = "endpointslice"

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        services, pods = context.informers.of(Service), context.informers.of(Pod)
        slices, nodes = context.informers.of(EndpointSlice), context.informers.of(Node)
        self._services = services.store
        self._pods = pods.store
        self._slices = slices.store
        self._nodes = nodes.store
        self._recent: RecentWrites[EndpointSlice] = RecentWrites(slices)
        self.sources = (
            For(services),
            Owns(slices, Service),
            Watches(pods, lambda change: services_of(change, self._services)),
        )

    async def reconcile(self, key: Key) -> Result:
        service = self._services.get(key)
        if service is None or not has_own_backends(service):
            # The slices of a Service that is gone go with it: it is their owner.
            self._recent.forget(key)
            return Result.DONE
        if service.metadata.deletion_timestamp is not None:
            return Result.DONE
        owned = self._recent.overlay(key, self._slices.controlled_by(service.metadata.uid))
        ours = [each for each in owned if each.metadata.labels.get(MANAGED_BY) == CONTROLLER]
        pods = tuple(backends_of(service, self._pods))
        await self._act(key, plan_slices(service, pods, self._zones(pods), ours))
        return Result.DONE

    def _zones(self, pods: tuple[Pod, ...]) -> dict[str, str]:
        nodes = (self._nodes.get(Key("", name)) for name in {pod.spec.node_name for pod in pods})
        return {
            node.metadata.name: node.metadata.labels[ZONE] for node in nodes if node and ZONE in node.metadata.labels
        }

    async def _act(self, key: Key, plan: SlicePlan) -> None:
        for new in plan.create:
            try:
                self._recent.created(key, await self._client.create(new))
            except Forbidden as error:
                # When the namespace is being deleted, so is the Service.
                if not is_ending_namespace(error):
                    raise
                return
        for changed in plan.update:
            await self._client.update(changed)
        for old in plan.delete:
            try:
                await self._client.delete(EndpointSlice, old.metadata.name, namespace=old.metadata.namespace)
            except NotFound:
                continue
            self._recent.deleted(key, old)
