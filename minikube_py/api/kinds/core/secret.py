"""Secret: like a ConfigMap, for what should not be shown; values travel as base64.

Kubernetes: pkg/registry/core/secret/strategy.go
Simplified: stored as it is, not encrypted.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Self

from minikube_py.api.columns import AGE, NAME
from minikube_py.api.definition import Column
from minikube_py.api.kinds.core.data_validation import MAX_BYTES, decoded_size, frozen_errors, key_errors
from minikube_py.api.kinds.field_checks import Errors
from minikube_py.api.model import replace
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Base64
from minikube_py.api.validation import FieldError, immutable_errors, invalid_value, required, too_long
from minikube_py.documents.json_syntax import json_syntax_error


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

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        for key in self.data:
            yield from key_errors(key, f"data[{key}]")
        if sum(map(decoded_size, self.data.values())) > MAX_BYTES:
            yield too_long("data", MAX_BYTES)
        yield from self._content_errors()
        if old is not None:
            yield from immutable_errors(self.type, old.type, "type")
            if old.immutable:
                yield from frozen_errors(self.immutable, {"data": self.data != old.data})

    def _content_errors(self) -> Errors:
        """What a Secret of a known type has to hold."""
        if self.type == "kubernetes.io/service-account-token" and not self.metadata.annotations.get(_ACCOUNT):
            yield required(f"metadata.annotations[{_ACCOUNT}]")
        keys = _KEYS_OF_TYPE.get(self.type, ())
        if self.type == "kubernetes.io/basic-auth" and any(key in self.data for key in keys):
            return
        for key in keys:
            if key not in self.data:
                yield required(f"data[{key}]")
        for key in (".dockercfg", ".dockerconfigjson"):
            if key in keys and key in self.data:
                yield from _json_errors(self.data[key], f"data[{key}]")


_ACCOUNT = "kubernetes.io/service-account.name"
_KEYS_OF_TYPE = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/basic-auth": ("username", "password"),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}


def _json_errors(encoded: str, path: str) -> Errors:
    text = base64.b64decode(encoded).decode(errors="replace")
    if problem := json_syntax_error(text, 1000):
        yield invalid_value(path, "<secret contents redacted>", problem)
