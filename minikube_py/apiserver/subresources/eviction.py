"""Eviction: a deletion of a pod that disruption budgets may refuse.

Kubernetes: pkg/registry/core/pod/storage/eviction.go
Simplified: there are no PodDisruptionBudgets yet, so nothing refuses.
"""

from __future__ import annotations

from minikube_py.api.conditions import with_condition
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.policy.eviction import Eviction
from minikube_py.api.meta import DeleteOptions
from minikube_py.api.model import replace
from minikube_py.api.resource import Resource
from minikube_py.api.status import BadRequest
from minikube_py.apiserver import bodies
from minikube_py.apiserver.answers import Answer, success_answer
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
        info, delete_options = request.info, eviction.delete_options or DeleteOptions()
        if eviction.metadata.name not in ("", info.name):
            raise BadRequest("name in URL does not match name in Eviction object")
        if not (options.dry_run or delete_options.dry_run):
            await self._writer.update(
                Target(Pod, info.namespace, info.name, "eviction"), lambda pod: _disrupted(pod, delete_options)
            )
        is_trial = options.dry_run or bool(delete_options.dry_run)
        await self._writer.delete(Target(Pod, info.namespace, info.name, dry_run=is_trial), delete_options)
        return success_answer(201)


def _disrupted(pod: Resource, options: DeleteOptions) -> Pod:
    """The pod with the reason for its end, for who watches; unchanged if it is not the one that was meant."""
    assert isinstance(pod, Pod)
    wanted = options.preconditions.uid if options.preconditions is not None else None
    if wanted not in (None, pod.metadata.uid):
        return pod
    reason, message = "EvictionByEvictionAPI", "Eviction API: evicting"
    conditions = with_condition(pod.status.conditions, "DisruptionTarget", "True", reason=reason, message=message)
    return replace(pod, status=replace(pod.status, conditions=conditions))
