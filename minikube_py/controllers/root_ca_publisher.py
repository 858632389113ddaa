"""Root CA publisher: every namespace has the certificate with which its pods know the API server.

Kubernetes: pkg/controller/certificates/rootcacertpublisher/publisher.go
"""

from __future__ import annotations

from minikube_py.api.kinds.core.config_map import ConfigMap
from minikube_py.api.kinds.core.namespace import Namespace
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.model import replace
from minikube_py.api.status import AlreadyExists
from minikube_py.controllers.context import ControllerContext
from minikube_py.controllers.namespaces import is_active, namespace_key
from minikube_py.machinery.controller import Result
from minikube_py.machinery.sources import For, Watches
from minikube_py.machinery.store import Key

NAME = "kube-root-ca.crt"
DESCRIPTION = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the "
    "internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes "
    "clusters."
)


class RootCaPublisher:
    name = "root-ca-certificate-publisher"

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._data = {"ca.crt": context.config.root_ca}
        namespaces, config_maps = context.informers.of(Namespace), context.informers.of(ConfigMap)
        self._namespaces = namespaces.store
        self._config_maps = config_maps.store
        self.sources = (For(namespaces), Watches(config_maps, namespace_key))

    async def reconcile(self, key: Key) -> Result:
        namespace = self._namespaces.get(key)
        if namespace is None or not is_active(namespace):
            return Result.DONE
        current = self._config_maps.get(Key(key.name, NAME))
        if current is None:
            await self._create(key.name)
        elif current.data != self._data:
            await self._client.update(replace(current, data=self._data))
        return Result.DONE

    async def _create(self, namespace: str) -> None:
        annotations = {"kubernetes.io/description": DESCRIPTION}
        metadata = ObjectMeta(name=NAME, namespace=namespace, annotations=annotations)
        try:
            await self._client.create(ConfigMap(metadata=metadata, data=self._data))
        except AlreadyExists:
            # The store is a moment behind.
            return
