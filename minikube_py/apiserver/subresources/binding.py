"""Binding: the scheduler's word that a pod goes to a node, said once and for good.

Kubernetes: pkg/registry/core/pod/storage/storage.go (BindingREST.assignPod)
"""

from __future__ import annotations

from minikube_py.api.conditions import with_condition
from minikube_py.api.kinds.core.binding import Binding
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.model import replace
from minikube_py.api.resource import Resource
from minikube_py.api.status import BadRequest, Conflict, invalid
from minikube_py.api.validation import required
from minikube_py.apiserver import bodies
from minikube_py.apiserver.answers import Answer, success_answer
from minikube_py.apiserver.api_request import ApiRequest, method_not_allowed
from minikube_py.apiserver.options import write_options
from minikube_py.apiserver.subresources.asking import Asking
from minikube_py.apiserver.writer import Target, Writer
from minikube_py.discovery.discovery import SubresourceInfo


class BindingSubresource:
    """`POST pods/NAME/binding`, and with the name in the body `POST bindings`: the kind Binding is never stored."""

    info = SubresourceInfo("binding", "Binding", ("create",))

    def __init__(self, writer: Writer, asking: Asking) -> None:
        self._asking = asking
        self._writer = writer

    def serves(self, resource: type[Resource]) -> bool:
        return resource is Pod

    async def handle(self, resource: type[Resource], request: ApiRequest) -> Answer:
        if request.method != "POST" or (resource is Binding and not request.info.namespace):
            raise method_not_allowed()
        wanted = request.negotiate()
        options = write_options(request.query, "CreateOptions")
        body = bodies.parse(request.body, request.content_type, "Binding")
        binding = bodies.to_object(body, Binding, options.field_validation)
        name = request.info.name or binding.metadata.name
        if binding.metadata.name not in ("", name):
            raise BadRequest("name in URL does not match name in Binding object")
        if not binding.target.name:
            raise invalid("", "Binding", name, [required("target.name")])
        await self._asking.about_posted(Pod, request.info, binding, dry_run=options.dry_run)
        target = Target(Pod, request.info.namespace, name, "binding", options.dry_run)
        await self._writer.update(target, lambda current: _bound(current, binding))
        return success_answer(wanted, code=201)


def _bound(current: Resource, binding: Binding) -> Pod:
    assert isinstance(current, Pod)
    name, node = current.metadata.name, binding.target.name
    if binding.metadata.uid and binding.metadata.uid != current.metadata.uid:
        uids = f"UID in precondition: {binding.metadata.uid}, UID in object meta: {current.metadata.uid}"
        raise _refused(name, f"Precondition failed: {uids}")
    if current.metadata.deletion_timestamp is not None:
        raise _refused(name, f"pod {name} is being deleted, cannot be assigned to a host")
    if current.spec.node_name:
        raise _refused(name, f'pod {name} is already assigned to node "{current.spec.node_name}"')
    if current.spec.scheduling_gates:
        raise _refused(name, f"pod {name} has non-empty .spec.schedulingGates")
    conditions = with_condition(current.status.conditions, "PodScheduled", "True")
    return replace(
        current,
        metadata=replace(
            current.metadata,
            resource_version="",
            annotations={**current.metadata.annotations, **binding.metadata.annotations},
        ),
        spec=replace(current.spec, node_name=node),
        status=replace(current.status, conditions=conditions),
    )


def _refused(name: str, why: str) -> Conflict:
    message = f'Operation cannot be fulfilled on pods/binding "{name}": {why}'
    return Conflict(message, details={"name": name, "kind": "pods/binding"})
