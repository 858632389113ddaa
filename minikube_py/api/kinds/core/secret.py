"""Secret: like a ConfigMap, for what should not be shown; values travel as base64.

Kubernetes: pkg/registry/core/secret/strategy.go
Simplified: stored as it is, not encrypted.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Self

from minikube_py.api.columns import AGE, NAME
from minikube_py.api.definition import Column
from minikube_py.api.model import replace
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Base64


class Secret(
    Resource,
    version="v1",
    plural="secrets",
    generation_of=(),
    selectable_fields=("type",),
    columns=(
        NAME,
        Column("Type", lambda secret: secret.type),
        Column("Data", lambda secret: len(secret.data)),
        AGE,
    ),
):
    data: Mapping[str, Base64] = {}
    type: str = ""
    string_data: Mapping[str, str] = {}
    immutable: bool | None = None

    def defaulted(self) -> Self:
        secret = self if self.type else replace(self, type="Opaque")
        if not self.string_data:
            return secret
        folded = {key: base64.b64encode(text.encode()).decode() for key, text in self.string_data.items()}
        return replace(secret, data={**self.data, **folded}, string_data={})
