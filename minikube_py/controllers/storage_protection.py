"""Storage protection: lets a deleted claim go when no pod uses it, and a deleted volume when it is not bound.

The API server puts a finalizer on each (StorageObjectInUseProtection); these two take it away.

Kubernetes: pkg/controller/volume/{pvcprotection,pvprotection}
"""

from __future__ import annotations

from collections.abc import Iterable

from minikube_py.api.kinds.core.persistent_volume import PersistentVolume
from minikube_py.api.kinds.core.persistent_volume_claim import PersistentVolumeClaim
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.model import replace
from minikube_py.api.resource import Resource
from minikube_py.api.status import Conflict, NotFound
from minikube_py.client.client import Client
from minikube_py.controllers.context import ControllerContext
from minikube_py.machinery.conditions import is_terminal
from minikube_py.machinery.controller import Result
from minikube_py.machinery.informer import Change
from minikube_py.machinery.sources import For, Watches
from minikube_py.machinery.store import Key

CLAIM_FINALIZER = "kubernetes.io/pvc-protection"
VOLUME_FINALIZER = "kubernetes.io/pv-protection"


class ClaimProtectionController:
    name = "persistentvolumeclaim-protection-controller"

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        claims, pods = context.informers.of(PersistentVolumeClaim), context.informers.of(Pod)
        self._claims, self._pods = claims.store, pods.store
        self.sources = (For(claims), Watches(pods, _claims_of))

    async def reconcile(self, key: Key) -> Result:
        claim = self._claims.get(key)
        if claim is None or not _waits(claim, CLAIM_FINALIZER):
            return Result.DONE
        in_namespace = (pod for pod in self._pods.list() if pod.metadata.namespace == key.namespace)
        if any(key.name in claim_names(pod) for pod in in_namespace if not is_terminal(pod)):
            return Result.DONE
        return await _let_go(self._client, claim, CLAIM_FINALIZER)


class VolumeProtectionController:
    name = "persistentvolume-protection-controller"

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        volumes = context.informers.of(PersistentVolume)
        self._volumes = volumes.store
        self.sources = (For(volumes),)

    async def reconcile(self, key: Key) -> Result:
        volume = self._volumes.get(key)
        if volume is None or volume.status.phase == "Bound" or not _waits(volume, VOLUME_FINALIZER):
            return Result.DONE
        return await _let_go(self._client, volume, VOLUME_FINALIZER)


def claim_names(pod: Pod) -> Iterable[str]:
    """The claims that a pod uses, those made for it included."""
    for volume in pod.spec.volumes:
        if volume.persistent_volume_claim is not None:
            yield volume.persistent_volume_claim.claim_name
        elif volume.ephemeral is not None:
            yield f"{pod.metadata.name}-{volume.name}"


def _claims_of(change: Change[Pod]) -> Iterable[Key]:
    return {Key(pod.metadata.namespace, name) for pod in (change.old, change.new) if pod for name in claim_names(pod)}


def _waits(obj: Resource, finalizer: str) -> bool:
    return obj.metadata.deletion_timestamp is not None and finalizer in obj.metadata.finalizers


async def _let_go(client: Client, obj: Resource, finalizer: str) -> Result:
    kept = tuple(name for name in obj.metadata.finalizers if name != finalizer)
    try:
        await client.update(replace(obj, metadata=replace(obj.metadata, finalizers=kept)))
    except NotFound:
        pass  # somebody else was faster
    except Conflict:
        return Result.after(0.1)  # the informer is behind; look again
    return Result.DONE
