"""ComponentStatus: whether a part of the control plane is well, asked at the moment of reading (deprecated).

Kubernetes: pkg/registry/core/componentstatus/rest.go
Simplified: nobody asks the components here, so that the list is empty.
"""

from __future__ import annotations

from typing import Annotated

from minikube_py.api.columns import NAME
from minikube_py.api.conditions import find_condition
from minikube_py.api.definition import Cell, Column
from minikube_py.api.markers import MergeBy
from minikube_py.api.model import Model, written
from minikube_py.api.resource import Resource


class ComponentCondition(Model):
    type: str = written(str)
    status: str = written(str)
    message: str = ""
    error: str = ""


class ComponentStatus(
    Resource,
    version="v1",
    plural="componentstatuses",
    namespaced=False,
    verbs=("get", "list"),
    generation_of=(),
    deprecation="v1 ComponentStatus is deprecated in v1.19+",
    short_names=("cs",),
    columns=(
        NAME,
        Column("Status", lambda component: _health(component)[0]),
        Column("Message", lambda component: _health(component)[1]),
        Column("Error", lambda component: _health(component)[2]),
    ),
):
    conditions: Annotated[tuple[ComponentCondition, ...], MergeBy("type", ("type",))] = ()


def _health(component: ComponentStatus) -> tuple[Cell, Cell, Cell]:
    healthy = find_condition(component.conditions, "Healthy")
    if healthy is None:
        return "Unknown", "", ""
    status = {"True": "Healthy", "False": "Unhealthy"}.get(healthy.status, "Unknown")
    return status, healthy.message, healthy.error
