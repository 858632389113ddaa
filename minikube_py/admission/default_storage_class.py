"""DefaultStorageClass: a claim that says nothing of its class gets the one that is everybody's; of several, the newest.

A claim that names the class "" wants none, and gets none.

Kubernetes: plugin/pkg/admission/storage/storageclass/setdefault
"""

from __future__ import annotations

from minikube_py.admission.chain import Attributes, Plugin
from minikube_py.api.kinds.core.access_modes import says_its_class
from minikube_py.api.kinds.core.persistent_volume_claim import PersistentVolumeClaim
from minikube_py.api.kinds.storage.storage_class import StorageClass
from minikube_py.api.model import replace
from minikube_py.api.resource import Resource
from minikube_py.watchcache.cacher import Cacher


class DefaultStorageClass(Plugin):
    def __init__(self, cacher: Cacher) -> None:
        self._cacher = cacher

    async def mutate(self, obj: Resource, attributes: Attributes) -> Resource:
        if not isinstance(obj, PersistentVolumeClaim) or attributes.operation != "CREATE" or attributes.subresource:
            return obj
        if says_its_class(obj.metadata, obj.spec.storage_class_name):
            return obj
        defaults = [each for each in self._cacher.objects(StorageClass) if each.is_default]
        if not defaults:
            return obj
        newest = max(defaults, key=lambda each: each.metadata.creation_timestamp or "")
        return replace(obj, spec=replace(obj.spec, storage_class_name=newest.metadata.name))
