"""StorageObjectInUseProtection: what is used of storage stays until a controller has seen that nobody uses it.

Kubernetes: plugin/pkg/admission/storage/storageobjectinuseprotection
"""

from __future__ import annotations

from minikube_py.admission.chain import Attributes, Plugin
from minikube_py.api.kinds.core.persistent_volume import PersistentVolume
from minikube_py.api.kinds.core.persistent_volume_claim import PersistentVolumeClaim
from minikube_py.api.kinds.storage.volume_attributes_class import VolumeAttributesClass
from minikube_py.api.model import replace
from minikube_py.api.resource import Resource

_FINALIZERS: dict[type[Resource], str] = {
    PersistentVolume: "kubernetes.io/pv-protection",
    PersistentVolumeClaim: "kubernetes.io/pvc-protection",
    VolumeAttributesClass: "kubernetes.io/vac-protection",
}


class StorageProtection(Plugin):
    async def mutate(self, obj: Resource, attributes: Attributes) -> Resource:
        finalizer = _FINALIZERS.get(type(obj))
        if finalizer is None or attributes.operation != "CREATE" or finalizer in obj.metadata.finalizers:
            return obj
        return replace(obj, metadata=replace(obj.metadata, finalizers=(*obj.metadata.finalizers, finalizer)))
