"""Checks of keyed data, for ConfigMaps and Secrets.

Kubernetes: pkg/apis/core/validation/validation.go (ValidateConfigMap, ValidateSecret)
"""

from __future__ import annotations

from collections.abc import Mapping

from minikube_py.api.kinds.field_checks import Errors
from minikube_py.api.validation import config_key_error, forbidden_value, invalid_value

MAX_BYTES = 1024 * 1024


def key_errors(key: str, path: str) -> Errors:
    if problem := config_key_error(key):
        yield invalid_value(path, key, problem)


def decoded_size(text: str) -> int:
    """How many bytes a base64 text stands for."""
    return len(text) // 4 * 3 - text.count("=", -2)


def frozen_errors(still_immutable: bool | None, is_changed: Mapping[str, bool]) -> Errors:
    """What an object that was `immutable` must not change; `is_changed` by name of field."""
    why = "field is immutable when `immutable` is set"
    if not still_immutable:
        yield forbidden_value("immutable", why)
    for name, differs in is_changed.items():
        if differs:
            yield forbidden_value(name, why)
