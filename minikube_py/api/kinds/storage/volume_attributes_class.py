"""VolumeAttributesClass: changeable qualities of a volume, such as its speed.

Kubernetes: pkg/registry/storage/volumeattributesclass/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Self

from minikube_py.api.columns import AGE, NAME
from minikube_py.api.definition import Column
from minikube_py.api.kinds.storage.validation import parameter_errors, provisioner_errors
from minikube_py.api.model import written
from minikube_py.api.resource import Resource
from minikube_py.api.validation import FieldError, forbidden_value


class VolumeAttributesClass(
    Resource,
    group="storage.k8s.io",
    version="v1",
    plural="volumeattributesclasses",
    namespaced=False,
    short_names=("vac",),
    generation_of=(),
    columns=(NAME, Column("DriverName", lambda class_: class_.driver_name), AGE),
):
    driver_name: str = written(str)
    parameters: Mapping[str, str] = {}

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        yield from provisioner_errors(self.driver_name, "driverName")
        yield from parameter_errors(self.parameters, "parameters", may_be_empty=False)
        if old is not None:
            if self.parameters != old.parameters:
                yield forbidden_value("parameters", "updates to parameters are forbidden.")
            if self.driver_name != old.driver_name:
                yield forbidden_value("driverName", "updates to driverName are forbidden.")
