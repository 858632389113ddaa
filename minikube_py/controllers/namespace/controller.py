"""Namespace controller: deletes everything in a namespace that is ending, pods first, then lets the namespace go.

    each pass: discover all kinds -> delete the pods; others only once no pod is left -> write conditions
    nothing left: take the finalizer `kubernetes` away, which is what the namespace's own deletion waits for

Pods go first, because what they use (secrets, network policies) should not vanish while they still run.

Kubernetes: pkg/controller/namespace/deletion/namespaced_resources_deleter.go, KEP-5080 (ordered namespace deletion)
"""

from __future__ import annotations

from collections.abc import Iterable

from minikube_py.api.definition import Definition
from minikube_py.api.kinds.core.namespace import Namespace
from minikube_py.api.meta import DeleteOptions
from minikube_py.api.model import replace
from minikube_py.api.status import ApiError, MethodNotAllowed, NotFound
from minikube_py.client.discovery import served_definitions
from minikube_py.client.partial import partial_kind
from minikube_py.controllers.context import ControllerContext
from minikube_py.controllers.namespace.progress import Progress, status_of
from minikube_py.machinery.controller import Result
from minikube_py.machinery.sources import For
from minikube_py.machinery.store import Key

FINALIZER = "kubernetes"
_WITH_DEPENDENTS = DeleteOptions(propagation_policy="Background")
PASS_S = 1.0
"""How long until a namespace that is not empty yet is looked at again."""


class NamespaceController:
    name = "namespace"

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._clock = context.clock
        namespaces = context.informers.of(Namespace)
        self._namespaces = namespaces.store
        self.sources = (For(namespaces),)

    async def reconcile(self, key: Key) -> Result:
        namespace = self._namespaces.get(key)
        if namespace is None or namespace.metadata.deletion_timestamp is None:
            return Result.DONE
        if FINALIZER not in namespace.spec.finalizers:
            return Result.DONE
        progress = await self._empty(key.name)
        try:
            namespace = await self._write_status(namespace, progress)
            if progress.is_empty:
                await self._finalize(namespace)
        except NotFound:
            return Result.DONE
        return Result.DONE if progress.is_empty else Result.after(PASS_S)

    async def _empty(self, namespace: str) -> Progress:
        """One pass: ask for the end of everything whose turn it is, and count what is left."""
        progress = Progress()
        try:
            definitions = [each for each in await served_definitions(self._client) if _can_be_emptied(each)]
        except ApiError as error:
            progress.discovery_error = str(error)
            return progress
        pods = [each for each in definitions if (each.group, each.plural) == ("", "pods")]
        await self._delete_kinds(namespace, pods, progress)
        if not progress.remaining and not progress.deletion_errors:
            await self._delete_kinds(namespace, (each for each in definitions if each not in pods), progress)
        return progress

    async def _delete_kinds(self, namespace: str, definitions: Iterable[Definition], progress: Progress) -> None:
        for definition in definitions:
            try:
                await self._delete_kind(namespace, definition, progress)
            except (NotFound, MethodNotAllowed):
                # The kind itself has gone since discovery.
                continue
            except ApiError as error:
                progress.deletion_errors.append(str(error))

    async def _delete_kind(self, namespace: str, definition: Definition, progress: Progress) -> None:
        kind = partial_kind(definition)
        found = await self._client.list(kind, namespace=namespace)
        if not found.items:
            return
        if "deletecollection" in definition.verbs:
            await self._client.delete_collection(kind, namespace=namespace, options=_WITH_DEPENDENTS)
        else:
            for item in found.items:
                await self._client.delete(kind, item.metadata.name, namespace=namespace, options=_WITH_DEPENDENTS)
        left = await self._client.list(kind, namespace=namespace)
        if left.items:
            progress.remaining[f"{definition.plural}.{definition.group}"] += len(left.items)
        for item in left.items:
            progress.finalizers.update(item.metadata.finalizers)

    async def _write_status(self, namespace: Namespace, progress: Progress) -> Namespace:
        status = status_of(namespace, progress, self._clock())
        if status == namespace.status:
            return namespace
        return await self._client.update_status(replace(namespace, status=status))

    async def _finalize(self, namespace: Namespace) -> None:
        finalizers = tuple(each for each in namespace.spec.finalizers if each != FINALIZER)
        spec = replace(namespace.spec, finalizers=finalizers)
        await self._client.update(replace(namespace, spec=spec), subresource="finalize")


def _can_be_emptied(definition: Definition) -> bool:
    return definition.namespaced and {"list", "delete"} <= set(definition.verbs)
