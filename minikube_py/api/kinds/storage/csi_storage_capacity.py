"""CSIStorageCapacity: how much room a StorageClass has in a part of the cluster.

Kubernetes: pkg/registry/storage/csistoragecapacity/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from minikube_py.api.columns import NAME
from minikube_py.api.definition import Column
from minikube_py.api.kinds.field_checks import NOT_NEGATIVE, label_selector_errors, subdomain_errors
from minikube_py.api.meta import LabelSelector
from minikube_py.api.model import written
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Quantity
from minikube_py.api.validation import FieldError, immutable_errors, invalid_value


class CSIStorageCapacity(
    Resource,
    group="storage.k8s.io",
    version="v1",
    plural="csistoragecapacities",
    generation_of=(),
    allows_unconditional_update=False,
    columns=(NAME, Column("Created At", lambda o: o.metadata.creation_timestamp, type="date")),
):
    node_topology: LabelSelector | None = None
    storage_class_name: str = written(str)
    capacity: Quantity | None = None
    maximum_volume_size: Quantity | None = None

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        yield from label_selector_errors(self.node_topology, "nodeTopology")
        yield from subdomain_errors(self.storage_class_name, "storageClassName")
        for field, amount in (("capacity", self.capacity), ("maximumVolumeSize", self.maximum_volume_size)):
            if amount is not None and amount.value < 0:
                yield invalid_value(field, str(amount), NOT_NEGATIVE)
        if old is not None:
            yield from immutable_errors(self.node_topology, old.node_topology, "nodeTopology")
            yield from immutable_errors(self.storage_class_name, old.storage_class_name, "storageClassName")
