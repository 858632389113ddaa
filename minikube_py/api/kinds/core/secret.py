"""Secret: like a ConfigMap, for what should not be shown; values travel as base64.

Kubernetes: pkg/registry/core/secret/strategy.go
Simplified: stored as it is, not encrypted.
"""

from __future__ import annotations

from collections.abc import Mapping

from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Base64


class Secret(Resource, version="v1", plural="secrets", generation_of=(), selectable_fields=("type",)):
    data: Mapping[str, Base64] = {}
    type: str = ""
    string_data: Mapping[str, str] = {}
    immutable: bool | None = None
