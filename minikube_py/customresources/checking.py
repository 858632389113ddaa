"""What is wrong with a custom kind's definition beyond its form: rules, patterns, defaults and paths that cannot work.

The form itself (names, versions, a structural schema) is checked by the definition's own kind.

Kubernetes: staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go
Simplified: conversion webhooks are refused by name.
"""

from __future__ import annotations

from collections.abc import Iterator

from minikube_py.api.kinds.apiextensions.definition_spec import CustomResourceDefinitionSpec
from minikube_py.api.kinds.apiextensions.json_schema import JSONSchemaProps
from minikube_py.api.kinds.apiextensions.validation import version_path
from minikube_py.api.kinds.field_checks import Errors
from minikube_py.api.validation import FieldError, duplicate_value, forbidden_value, invalid_value
from minikube_py.customresources.rules import rule_errors
from minikube_py.customresources.structure import Pruner, defaulted
from minikube_py.customresources.validation import structural_errors, value_errors
from minikube_py.expressions.cel import CompileError, pattern
from minikube_py.expressions.jsonpath_parser import JsonPathError, parse_template


def schema_errors(spec: CustomResourceDefinitionSpec) -> Errors:
    if spec.conversion is not None and spec.conversion.strategy == "Webhook":
        yield forbidden_value("spec.conversion.strategy", "conversion webhooks are not supported here; use None")
    found: dict[FieldError, None] = {}
    for index, version in enumerate(spec.versions):
        schema = version.schema_.open_api_v3_schema if version.schema_ else None
        if schema is not None:
            path = f"{version_path(spec, index, 'schema_')}.openAPIV3Schema"
            found |= dict.fromkeys((*_value_errors(schema, path), *rule_errors(schema, path)))
            fields = version_path(spec, index, "selectable_fields")
            paths = [field.json_path for field in version.selectable_fields]
            for number, path in enumerate(paths):
                where = f"{fields}[{number}].jsonPath"
                found |= dict.fromkeys(_selectable_errors(schema, path, where))
                if path in paths[:number]:
                    found[duplicate_value(where, path)] = None
        columns = version_path(spec, index, "additional_printer_columns")
        for number, column in enumerate(version.additional_printer_columns):
            found |= dict.fromkeys(_path_errors(column.json_path, f"{columns}[{number}].JSONPath"))
    yield from found


def _value_errors(schema: JSONSchemaProps, path: str) -> Errors:
    if schema.pattern:
        try:
            pattern(schema.pattern)
        except CompileError as error:
            text = f"must be a valid regular expression, but isn't: error parsing regexp: {_cause(error)}"
            yield invalid_value(f"{path}.pattern", schema.pattern, text)
    if schema.default is not None:
        yield from _default_errors(schema, f"{path}.default")
    for where, inner in _members(schema, path):
        yield from _value_errors(inner, where)


def _cause(error: CompileError) -> str:
    return str(error).removeprefix("invalid regular expression: ")


def _members(schema: JSONSchemaProps, path: str) -> Iterator[tuple[str, JSONSchemaProps]]:
    for name, inner in schema.properties.items():
        yield f"{path}.properties[{name}]", inner
    if isinstance(schema.items, JSONSchemaProps):
        yield f"{path}.items", schema.items
    if isinstance(schema.additional_properties, JSONSchemaProps):
        yield f"{path}.additionalProperties", schema.additional_properties


def _default_errors(schema: JSONSchemaProps, path: str) -> Errors:
    pruner = Pruner()
    kept = pruner.pruned(schema.default, schema)
    if pruner.found:
        yield invalid_value(path, schema.default, "must not have unknown fields")
        return
    value = defaulted(kept, schema)
    for error in (*value_errors(value, schema, ""), *structural_errors(value, schema, "")):
        yield FieldError(f"{path}.{error.path}" if error.path else path, error.message, error.reason)


def _selectable_errors(schema: JSONSchemaProps, path: str, where: str) -> Errors:
    found: JSONSchemaProps | None = schema
    for name in path.removeprefix(".").split("."):
        found = found.properties.get(name) if found is not None and name != "metadata" else None
    if found is None:
        yield invalid_value(where, path, "is an invalid path: does not refer to a valid field")
    elif found.type not in ("string", "boolean", "integer"):
        kinds = "must point to a field of type string, boolean or integer"
        yield invalid_value(where, path, f"{kinds}. Enum string fields and strings with formats are allowed.")


def _path_errors(path: str, where: str) -> Errors:
    if not path.startswith("."):
        yield invalid_value(where, path, "must be a simple json path starting with .")
        return
    try:
        parse_template(f"{{{path}}}")
    except JsonPathError as error:
        yield invalid_value(where, path, str(error))
