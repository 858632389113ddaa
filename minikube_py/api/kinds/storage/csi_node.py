"""CSINode: which storage drivers a node has.

Kubernetes: pkg/registry/storage/csinode/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from minikube_py.api.columns import AGE, NAME
from minikube_py.api.definition import Column
from minikube_py.api.kinds.field_checks import Errors, go_struct, negative_errors, qualified_errors, required_errors
from minikube_py.api.kinds.storage.validation import provisioner_errors
from minikube_py.api.markers import MergeBy, Required
from minikube_py.api.model import Model, replace, written
from minikube_py.api.resource import Resource
from minikube_py.api.validation import FieldError, duplicate_value, invalid_value


class VolumeNodeResources(Model):
    count: int | None = None


class CSINodeDriver(Model):
    name: str = written(str)
    node_id: str = written(str)
    topology_keys: tuple[str, ...] = ()
    allocatable: VolumeNodeResources | None = None


class CSINodeSpec(Model):
    drivers: Annotated[tuple[CSINodeDriver, ...], MergeBy("name", ("name",))] = written(tuple)


class CSINode(
    Resource,
    group="storage.k8s.io",
    version="v1",
    plural="csinodes",
    namespaced=False,
    generation_of=(),
    allows_unconditional_update=False,
    columns=(NAME, Column("Drivers", lambda node: len(node.spec.drivers), type="integer"), AGE),
):
    spec: Annotated[CSINodeSpec, Required()] = written(CSINodeSpec)

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        names: set[str] = set()
        for index, driver in enumerate(self.spec.drivers):
            path = f"spec.drivers[{index}]"
            yield from provisioner_errors(driver.name, f"{path}.name")
            if driver.name in names:
                yield duplicate_value(f"{path}.name", driver.name)
            names.add(driver.name)
            yield from required_errors(driver.node_id, f"{path}.nodeID")
            for position, key in enumerate(driver.topology_keys):
                if key in driver.topology_keys[:position]:
                    yield duplicate_value(path, key)
                yield from qualified_errors(key, f"{path}.topologyKeys")
            if driver.allocatable is not None:
                yield from negative_errors(driver.allocatable.count, f"{path}.allocatable.count")
        if old is not None:
            yield from _change_errors(self.spec, old.spec)


def _change_errors(new: CSINodeSpec, old: CSINodeSpec) -> Errors:
    """A driver that stays, stays as it is, but for how much it can take."""
    known = {driver.name: driver for driver in old.drivers}
    for driver in new.drivers:
        fixed = replace(driver, allocatable=None)
        if fixed != replace(known.get(driver.name, fixed), allocatable=None):
            yield invalid_value("spec.drivers", go_struct(fixed), "field is immutable")
