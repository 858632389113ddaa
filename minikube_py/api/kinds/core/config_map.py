"""ConfigMap: configuration as key and text, read by pods as environment or files.

Kubernetes: pkg/registry/core/configmap/strategy.go
"""

from __future__ import annotations

from collections.abc import Mapping

from minikube_py.api.columns import AGE, NAME
from minikube_py.api.definition import Column
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Base64


class ConfigMap(
    Resource,
    version="v1",
    plural="configmaps",
    short_names=("cm",),
    columns=(
        NAME,
        Column("Data", lambda map_: len(map_.data) + len(map_.binary_data)),
        AGE,
    ),
    generation_of=(),
):
    data: Mapping[str, str] = {}
    binary_data: Mapping[str, Base64] = {}
    immutable: bool | None = None
