"""NamespaceLifecycle: nothing is created in a namespace that is not there or is going, and three namespaces stay.

Kubernetes: staging/src/k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle
"""

from __future__ import annotations

from minikube_py.admission.chain import Attributes, Plugin
from minikube_py.api.kinds.core.namespace import Namespace
from minikube_py.api.resource import Resource
from minikube_py.api.status import forbidden, not_found
from minikube_py.watchcache.cacher import Cacher

IMMORTAL = ("default", "kube-system", "kube-public")


class NamespaceLifecycle(Plugin):
    def __init__(self, cacher: Cacher) -> None:
        self._cacher = cacher

    async def validate(self, obj: Resource, attributes: Attributes) -> None:
        if attributes.operation == "DELETE" and attributes.resource is Namespace and attributes.name in IMMORTAL:
            raise forbidden(Namespace.definition, attributes.name, "this namespace may not be deleted")

    async def mutate(self, obj: Resource, attributes: Attributes) -> Resource:
        if attributes.operation == "CREATE" and attributes.resource.definition.namespaced:
            await self._check_alive(attributes)
        return obj

    async def _check_alive(self, attributes: Attributes) -> None:
        found = await self._cacher.find(Namespace, "", attributes.namespace)
        if found is None:
            raise not_found(Namespace.definition, attributes.namespace)
        if found.status.phase != "Terminating":
            return
        why = f"unable to create new content in namespace {attributes.namespace} because it is being terminated"
        error = forbidden(attributes.resource.definition, attributes.name, why)
        cause = {
            "reason": "NamespaceTerminating",
            "message": f"namespace {attributes.namespace} is being terminated",
            "field": "metadata.namespace",
        }
        error.details = {**(error.details or {}), "causes": [cause]}
        raise error
