"""ConfigMap: configuration as key and text, read by pods as environment or files.

Kubernetes: pkg/registry/core/configmap/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Self

from minikube_py.api.columns import AGE, NAME
from minikube_py.api.definition import Column
from minikube_py.api.kinds.core.data_validation import MAX_BYTES, decoded_size, frozen_errors, key_errors
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Base64
from minikube_py.api.validation import FieldError, invalid_value, too_long


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

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        for key in self.data:
            yield from key_errors(key, f"data[{key}]")
            if key in self.binary_data:
                yield invalid_value(f"data[{key}]", key, "duplicate of key present in binaryData")
        for key in self.binary_data:
            yield from key_errors(key, f"binaryData[{key}]")
        texts = sum(len(text.encode()) for text in self.data.values())
        if texts + sum(decoded_size(text) for text in self.binary_data.values()) > MAX_BYTES:
            yield too_long("[]", MAX_BYTES)
        if old is not None and old.immutable:
            yield from frozen_errors(
                self.immutable, {"data": self.data != old.data, "binaryData": self.binary_data != old.binary_data}
            )
