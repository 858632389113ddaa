"""PartSubresource: a path below an object that reads the whole of it, and writes one part that no other path may write.

What is taken over of the object that a client sends is a function from the current one and that one to the new one.

Kubernetes: the strategies of pkg/registry/{certificates/certificates,core/namespace,core/pod}
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minikube_py.api.model import replace
from minikube_py.api.resource import Resource
from minikube_py.apiserver import bodies
from minikube_py.apiserver.answers import Answer, object_answer
from minikube_py.apiserver.api_request import ApiRequest, manager_of, method_not_allowed, patch_of, patched_object
from minikube_py.apiserver.options import WriteOptions, write_options
from minikube_py.apiserver.writer import Target, Writer
from minikube_py.discovery.discovery import SubresourceInfo
from minikube_py.patching.patches import is_apply
from minikube_py.watchcache.cacher import Cacher

_VERBS = {"GET": "get", "PUT": "update", "PATCH": "patch"}

Take = Callable[[Any, Any], Resource]
"""From the current object and the one that was asked for to what is to be stored; raises ApiError."""


class PartSubresource:
    def __init__(self, name: str, resource: type[Resource], cacher: Cacher, writer: Writer, take: Take) -> None:
        self.info = SubresourceInfo(name, resource.definition.kind, ("get", "patch", "update"))
        self._resource = resource
        self._cacher = cacher
        self._writer = writer
        self._take = take

    def serves(self, resource: type[Resource]) -> bool:
        return resource is self._resource

    async def handle(self, resource: type[Resource], request: ApiRequest) -> Answer:
        verb = _VERBS.get(request.method)
        if verb not in self.info.verbs:
            raise method_not_allowed()
        wanted = request.negotiate()
        namespace, name = request.info.namespace, request.info.name
        if verb == "get":
            item = await self._cacher.newest(resource, namespace, name)
            return object_answer(item.data, wanted)
        options, asked = self._asked(request)
        manager = None if is_apply(request.content_type) else manager_of(resource, request, options)
        target = Target(resource, namespace, name, self.info.name, options.dry_run, manager)

        def change(current: Resource) -> Resource:
            given = asked(current)
            changed = self._take(current, given)
            if manager is not None:
                return changed
            metadata = replace(changed.metadata, managed_fields=given.metadata.managed_fields)
            return replace(changed, metadata=metadata)

        written = await self._writer.update(target, change)
        return object_answer(written.data, wanted)

    def _asked(self, request: ApiRequest) -> tuple[WriteOptions, Callable[[Resource], Resource]]:
        resource = self._resource
        if request.method == "PUT":
            options = write_options(request.query, "UpdateOptions")
            body = bodies.parse(request.body, request.content_type, resource.definition.kind)
            given = bodies.to_object(body, resource, options.field_validation)
            return options, lambda _current: given
        options, patch = patch_of(resource, request)

        def patched(current: Resource) -> Resource:
            return patched_object(patch, current, options)

        return options, patched
