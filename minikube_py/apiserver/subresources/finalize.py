"""Finalize: the namespace controller's word that a namespace is empty, and may go.

Kubernetes: pkg/registry/core/namespace/storage/storage.go (FinalizeREST)
"""

from __future__ import annotations

from minikube_py.api.kinds.core.namespace import Namespace
from minikube_py.api.model import replace
from minikube_py.api.resource import Resource
from minikube_py.apiserver import bodies
from minikube_py.apiserver.answers import Answer, object_answer
from minikube_py.apiserver.api_request import ApiRequest, manager_of, method_not_allowed
from minikube_py.apiserver.options import write_options
from minikube_py.apiserver.writer import Target, Writer
from minikube_py.discovery.discovery import SubresourceInfo


class FinalizeSubresource:
    info = SubresourceInfo("finalize", "Namespace", ("update",))

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def serves(self, resource: type[Resource]) -> bool:
        return resource is Namespace

    async def handle(self, resource: type[Resource], request: ApiRequest) -> Answer:
        if request.method != "PUT":
            raise method_not_allowed()
        wanted = request.negotiate()
        options = write_options(request.query, "UpdateOptions")
        body = bodies.parse(request.body, request.content_type, "Namespace")
        asked = bodies.to_object(body, Namespace, options.field_validation)

        def change(current: Resource) -> Namespace:
            assert isinstance(current, Namespace)
            metadata = replace(current.metadata, resource_version=asked.metadata.resource_version)
            return replace(current, metadata=metadata, spec=replace(current.spec, finalizers=asked.spec.finalizers))

        manager = manager_of(resource, request, options)
        target = Target(Namespace, "", request.info.name, "finalize", options.dry_run, manager)
        written = await self._writer.update(target, change)
        return object_answer(written.data, wanted)
