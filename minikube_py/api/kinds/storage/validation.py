"""Checks that several kinds of storage share.

Kubernetes: pkg/apis/storage/validation/validation.go
"""

from __future__ import annotations

from collections.abc import Mapping

from minikube_py.api.kinds.field_checks import Errors
from minikube_py.api.validation import invalid_value, qualified_name_errors, required, too_long

_MAX_PARAMETERS, _MAX_PARAMETERS_BYTES = 512, 256 * 1024


def provisioner_errors(name: str, path: str) -> Errors:
    """`name` is that of a storage driver: a qualified name, in any case."""
    if not name:
        yield required(path)
        return
    for problem in qualified_name_errors(name.lower()):
        yield invalid_value(path, name, problem)


def parameter_errors(parameters: Mapping[str, str], path: str, *, may_be_empty: bool) -> Errors:
    if len(parameters) > _MAX_PARAMETERS:
        yield too_long(path, _MAX_PARAMETERS)
        return
    if any(not key for key in parameters):
        yield invalid_value(path, "", "field must not be empty.")
    if sum(len(key) + len(value) for key, value in parameters.items()) > _MAX_PARAMETERS_BYTES:
        yield too_long(path, _MAX_PARAMETERS_BYTES)
    if not parameters and not may_be_empty:
        yield required(path, "must contain at least one key/value pair")
