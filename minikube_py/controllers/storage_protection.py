"""Storage protection: lets a deleted claim go when no pod uses it, a deleted volume when it is not bound, and a deleted
class of volumes' qualities when neither a claim nor a volume names it.

The API server puts a finalizer on each (StorageObjectInUseProtection); these three take it away.

Kubernetes: pkg/controller/volume/{pvcprotection,pvprotection,vacprotection}
"""

from __future__ import annotations

from collections.abc import Iterable

from minikube_py.api.kinds.core.persistent_volume import PersistentVolume
from minikube_py.api.kinds.core.persistent_volume_claim import PersistentVolumeClaim
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.storage.volume_attributes_class import VolumeAttributesClass
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
CLASS_FINALIZER = "kubernetes.io/vac-protection"


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


class ClassProtectionController:
    name = "volumeattributesclass-protection-controller"

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        classes = context.informers.of(VolumeAttributesClass)
        claims, volumes = context.informers.of(PersistentVolumeClaim), context.informers.of(PersistentVolume)
        self._classes, self._claims, self._volumes = classes.store, claims.store, volumes.store
        self.sources = (For(classes), Watches(claims, _classes_of), Watches(volumes, _classes_of))

    async def reconcile(self, key: Key) -> Result:
        found = self._classes.get(key)
        if found is None or not _waits(found, CLASS_FINALIZER):
            return Result.DONE
        users = (*self._claims.list(), *self._volumes.list())
        if any(key.name in _class_names(user) for user in users):
            return Result.DONE
        return await _let_go(self._client, found, CLASS_FINALIZER)


def _class_names(user: Resource) -> Iterable[str]:
    """The classes that a claim has, wants and is being given, or that a volume has."""
    if isinstance(user, PersistentVolumeClaim | PersistentVolume):
        yield user.spec.volume_attributes_class_name or ""
    if isinstance(user, PersistentVolumeClaim):
        yield user.status.current_volume_attributes_class_name or ""
        if user.status.modify_volume_status is not None:
            yield user.status.modify_volume_status.target_volume_attributes_class_name


def _classes_of(change: Change[PersistentVolumeClaim] | Change[PersistentVolume]) -> Iterable[Key]:
    names = {name for user in (change.old, change.new) if user for name in _class_names(user)}
    return {Key("", name) for name in names if name}


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
