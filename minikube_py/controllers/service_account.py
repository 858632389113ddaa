"""Service account controller: every namespace has a service account `default`.

Kubernetes: pkg/controller/serviceaccount/serviceaccounts_controller.go
"""

from __future__ import annotations

import contextlib

from minikube_py.api.kinds.core.namespace import Namespace
from minikube_py.api.kinds.core.service_account import ServiceAccount
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.status import AlreadyExists
from minikube_py.controllers.context import ControllerContext
from minikube_py.controllers.namespaces import is_active, namespace_key
from minikube_py.machinery.controller import Result
from minikube_py.machinery.sources import For, Watches
from minikube_py.machinery.store import Key

DEFAULT = "default"


class ServiceAccountController:
    name = "serviceaccount"

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        namespaces, accounts = context.informers.of(Namespace), context.informers.of(ServiceAccount)
        self._namespaces = namespaces.store
        self._accounts = accounts.store
        self.sources = (For(namespaces), Watches(accounts, namespace_key))

    async def reconcile(self, key: Key) -> Result:
        namespace = self._namespaces.get(key)
        if namespace is None or not is_active(namespace) or self._accounts.get(Key(key.name, DEFAULT)) is not None:
            return Result.DONE
        # The store may be a moment behind.
        with contextlib.suppress(AlreadyExists):
            await self._client.create(ServiceAccount(metadata=ObjectMeta(name=DEFAULT, namespace=key.name)))
        return Result.DONE
