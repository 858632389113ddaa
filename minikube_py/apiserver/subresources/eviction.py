"""Eviction: a deletion of a pod that disruption budgets may refuse.

Kubernetes: pkg/registry/core/pod/storage/eviction.go
Simplified: there are no PodDisruptionBudgets yet, so nothing refuses.
"""

from __future__ import annotations

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.policy.eviction import Eviction
from minikube_py.api.meta import DeleteOptions
from minikube_py.api.resource import Resource
from minikube_py.apiserver import bodies
from minikube_py.apiserver.answers import Answer, json_answer
from minikube_py.apiserver.handler import ApiRequest, method_not_allowed
from minikube_py.apiserver.options import write_options
from minikube_py.apiserver.subresources.registry import SubresourceInfo
from minikube_py.apiserver.writer import Target, Writer


class EvictionSubresource:
    info = SubresourceInfo("eviction", "Eviction", ("create",), "policy", "v1")

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def serves(self, resource: type[Resource]) -> bool:
        return resource is Pod

    async def handle(self, resource: type[Resource], request: ApiRequest) -> Answer:
        if request.method != "POST":
            raise method_not_allowed()
        options = write_options(request.query, "CreateOptions")
        body = bodies.parse(request.body, request.content_type, "Eviction")
        eviction, _ = bodies.to_object(body, Eviction, options.field_validation)
        target = Target(Pod, request.info.namespace, request.info.name, dry_run=options.dry_run)
        await self._writer.delete(target, eviction.delete_options or DeleteOptions())
        return json_answer({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}, code=201)
