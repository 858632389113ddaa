"""Eviction: a deletion of a pod that disruption budgets may refuse.

Kubernetes: pkg/registry/core/pod/storage/eviction.go
"""

from __future__ import annotations

from typing import cast

from minikube_py.api.conditions import with_condition
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.policy.eviction import Eviction
from minikube_py.api.kinds.policy.pod_disruption_budget import PodDisruptionBudget
from minikube_py.api.meta import DeleteOptions
from minikube_py.api.model import replace
from minikube_py.api.resource import Resource
from minikube_py.api.status import BadRequest
from minikube_py.apiserver import bodies
from minikube_py.apiserver.answers import Answer, success_answer
from minikube_py.apiserver.api_request import ApiRequest, method_not_allowed
from minikube_py.apiserver.options import write_options
from minikube_py.apiserver.subresources.asking import Asking
from minikube_py.apiserver.subresources.disruption_budgets import budget_of, charged, is_free, is_ready, not_now
from minikube_py.apiserver.writer import Target, Writer
from minikube_py.discovery.discovery import SubresourceInfo
from minikube_py.watchcache.cacher import Cacher


class EvictionSubresource:
    info = SubresourceInfo("eviction", "Eviction", ("create",), "policy", "v1")

    def __init__(self, cacher: Cacher, writer: Writer, asking: Asking) -> None:
        self._asking = asking
        self._cacher = cacher
        self._writer = writer

    def serves(self, resource: type[Resource]) -> bool:
        return resource is Pod

    async def handle(self, resource: type[Resource], request: ApiRequest) -> Answer:
        if request.method != "POST":
            raise method_not_allowed()
        wanted = request.negotiate()
        options = write_options(request.query, "CreateOptions")
        body = bodies.parse(request.body, request.content_type, "Eviction")
        eviction = bodies.to_object(body, Eviction, options.field_validation)
        info, delete_options = request.info, eviction.delete_options or DeleteOptions()
        if eviction.metadata.name not in ("", info.name):
            raise BadRequest("name in URL does not match name in Eviction object")
        is_trial = options.dry_run or bool(delete_options.dry_run)
        target = Target(Pod, info.namespace, info.name, "eviction", is_trial)
        await self._asking.about_posted(Pod, info, eviction, dry_run=is_trial)
        budget = await self._ask_budget(target)
        if not is_trial:
            await self._writer.update(target, lambda pod: _disrupted(pod, delete_options, budget))
        await self._writer.delete(Target(Pod, info.namespace, info.name, dry_run=is_trial), delete_options)
        return success_answer(wanted, code=201)

    async def _ask_budget(self, target: Target) -> PodDisruptionBudget | None:
        """Count the eviction, if a budget wants that; answers the budget that lets the pod go only as it is not ready.

        Raises: NotFound, TooManyRequests, InternalError.
        """
        pod = (await self._cacher.newest(Pod, target.namespace, target.name)).as_object(Pod)
        budget = budget_of(pod, self._cacher.objects(PodDisruptionBudget, target.namespace))
        if budget is None or is_free(pod, budget):
            return budget
        place = Target(PodDisruptionBudget, target.namespace, budget.metadata.name, "eviction", target.dry_run)
        await self._writer.update(place, lambda newest: charged(cast(PodDisruptionBudget, newest), pod))
        return None


def _disrupted(pod: Resource, options: DeleteOptions, free_by: PodDisruptionBudget | None) -> Pod:
    """The pod with the reason for its end, for who watches; unchanged if it is not the one that was meant.

    Raises: TooManyRequests if it may only go while it is not ready, and has become ready.
    """
    assert isinstance(pod, Pod)
    if free_by is not None and is_ready(pod):
        raise not_now(free_by)
    wanted = options.preconditions.uid if options.preconditions is not None else None
    if wanted not in (None, pod.metadata.uid):
        return pod
    reason, message = "EvictionByEvictionAPI", "Eviction API: evicting"
    conditions = with_condition(pod.status.conditions, "DisruptionTarget", "True", reason=reason, message=message)
    return replace(pod, status=replace(pod.status, conditions=conditions))
