"""What a schema finds wrong with a document, in the words of the validator that Kubernetes uses.

What an update leaves as it was is not judged again, so that a schema may become stricter than its objects.

Kubernetes: staging/src/k8s.io/kube-openapi/pkg/validation/validate, apiextensions-apiserver/pkg/apiserver/validation
(ratcheting_validator.go), pkg/apiserver/schema/{listtype,objectmeta}
"""

from __future__ import annotations

import datetime
import ipaddress
import re
import uuid
from collections.abc import Callable, Mapping

from minikube_py.api.kinds.apiextensions.json_schema import JSONSchemaProps
from minikube_py.api.kinds.field_checks import Errors
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.model import Json
from minikube_py.api.validation import (
    FieldError,
    annotation_errors,
    dns_subdomain_error,
    duplicate_value,
    invalid_value,
    label_errors,
    required,
    unsupported_value,
)
from minikube_py.expressions.cel import duration_ns, pattern

NOWHERE = "<nil>"
"""The path of what no single field is to blame for."""
_ABSENT = object()


def value_errors(value: Json, schema: JSONSchemaProps, path: str, old: Json = _ABSENT) -> Errors:
    """`old`: what was there before the update."""
    if old is not _ABSENT and old == value:
        return
    if value is None and schema.nullable:
        return
    wanted = ("integer", "string") if schema.int_or_string else (schema.type,) if schema.type else ()
    found = json_type(value)
    if wanted and found not in wanted and not (found == "integer" and "number" in wanted):
        yield type_error(path, found, ",".join(wanted))
        return
    yield from _combined_errors(value, schema, path)
    if isinstance(value, str):
        yield from _text_errors(value, schema, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _number_errors(value, schema, path)
    if schema.enum and value not in schema.enum:
        choices = [each if isinstance(each, str) else str(each).lower() for each in schema.enum]
        yield unsupported_value(path, value, choices)
    if isinstance(value, list):
        yield from _list_errors(value, schema, path, old)
    elif isinstance(value, dict):
        yield from _object_errors(value, schema, path, old)


def json_type(value: Json) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def type_error(path: str, found: str, wanted: str) -> FieldError:
    message = f'Invalid value: "{found}": {path} in body must be of type {wanted}: "{found}"'
    return FieldError(path, message, "FieldValueTypeInvalid")


def _too(path: str, message: str, reason: str) -> FieldError:
    return FieldError(path, f"Too {message}", reason)


def _combined_errors(value: Json, schema: JSONSchemaProps, path: str) -> Errors:
    """anyOf, oneOf, allOf and not."""

    def nobody(text: str) -> FieldError:
        return FieldError(NOWHERE, f'Invalid value: "": "{path}" must {text}')

    if schema.any_of:
        failures = [list(value_errors(value, each, path)) for each in schema.any_of]
        if all(failures):
            yield nobody("validate at least one schema (anyOf)")
            yield from failures[0]
    if schema.one_of:
        failures = [list(value_errors(value, each, path)) for each in schema.one_of]
        valid = sum(not each for each in failures)
        if valid != 1:
            count = f"{valid} valid alternatives" if valid else "none valid"
            yield nobody(f"validate one and only one schema (oneOf). Found {count}")
            yield from () if valid else failures[0]
    for each in schema.all_of:
        yield from value_errors(value, each, path)
    if schema.not_ is not None and not list(value_errors(value, schema.not_, path)):
        yield nobody("not validate the schema (not)")


def _text_errors(value: str, schema: JSONSchemaProps, path: str) -> Errors:
    if schema.max_length is not None and len(value) > schema.max_length:
        yield _too(path, f"long: may not be more than {schema.max_length} bytes", "FieldValueTooLong")
    if schema.min_length is not None and len(value) < schema.min_length:
        yield invalid_value(path, value, f"{path} in body should be at least {schema.min_length} chars long")
    if schema.pattern and not pattern(schema.pattern).evaluate({"text": value}):
        yield invalid_value(path, value, f"{path} in body should match '{schema.pattern}'")
    check = _FORMATS.get(schema.format)
    if check is not None and not _passes(check, value):
        message = f'Invalid value: "{value}": {path} in body must be of type {schema.format}: "{value}"'
        yield FieldError(path, message, "FieldValueTypeInvalid")


def _passes(check: Callable[[str], object], value: str) -> bool:
    try:
        return bool(check(value))
    except ValueError:
        return False


_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([zZ]|[+-]\d\d:\d\d)")
_FORMATS: Mapping[str, Callable[[str], object]] = {
    "date-time": lambda text: _DATE_TIME.fullmatch(text) and datetime.datetime.fromisoformat(text.upper()),
    "date": lambda text: len(text) == 10 and datetime.date.fromisoformat(text),
    "duration": lambda text: duration_ns(text) is not None,
    "byte": lambda text: not text or (re.fullmatch(r"[A-Za-z0-9+/]*={0,2}", text) and len(text) % 4 == 0),
    "ipv4": ipaddress.IPv4Address,
    "ipv6": ipaddress.IPv6Address,
    "cidr": lambda text: "/" in text and ipaddress.ip_interface(text),
    "mac": re.compile(r"([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}").fullmatch,
    "uuid": uuid.UUID,
    "email": re.compile(r"[^@\s]+@[^@\s]+").fullmatch,
    "hostname": lambda text: not dns_subdomain_error(text.lower()),
    "uri": re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.+").fullmatch,
}
"""The formats that are checked; others say something to people only."""


def _number_errors(value: float, schema: JSONSchemaProps, path: str) -> Errors:
    low, high, step = schema.minimum, schema.maximum, schema.multiple_of
    if step and value % step:
        yield invalid_value(path, value, f"{path} in body should be a multiple of {_number(step)}")
    if high is not None and (value > high or (schema.exclusive_maximum and value == high)):
        limit = "less than" if schema.exclusive_maximum else "less than or equal to"
        yield invalid_value(path, value, f"{path} in body should be {limit} {_number(high)}")
    if low is not None and (value < low or (schema.exclusive_minimum and value == low)):
        limit = "greater than" if schema.exclusive_minimum else "greater than or equal to"
        yield invalid_value(path, value, f"{path} in body should be {limit} {_number(low)}")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def _list_errors(value: list[Json], schema: JSONSchemaProps, path: str, old: Json) -> Errors:
    if isinstance(schema.items, JSONSchemaProps):
        before = _by_key(old, schema) if isinstance(old, list) else {}
        for index, item in enumerate(value):
            known = before.get(_key(item, schema), _ABSENT) if before else _ABSENT
            yield from value_errors(item, schema.items, f"{path}[{index}]", known)
    if schema.max_items is not None and len(value) > schema.max_items:
        message = f"many: {len(value)}: must have at most {schema.max_items} items"
        yield _too(path, message, "FieldValueTooMany")
    if schema.min_items is not None and len(value) < schema.min_items:
        yield invalid_value(path, len(value), f"{path} in body should have at least {schema.min_items} items")


def _key(item: Json, schema: JSONSchemaProps) -> str:
    """What tells an element of a keyed list from the others."""
    return repr([item.get(name) for name in schema.list_map_keys]) if isinstance(item, dict) else repr(item)


def _by_key(items: list[Json], schema: JSONSchemaProps) -> Mapping[str, Json]:
    return {_key(item, schema): item for item in items} if schema.list_type == "map" else {}


def old_element(item: Json, schema: JSONSchemaProps, old: Json) -> Json:
    """The element of the old list that `item` is the new state of; None where nobody can tell."""
    return _by_key(old, schema).get(_key(item, schema)) if isinstance(old, list) else None


def _object_errors(value: dict[str, Json], schema: JSONSchemaProps, path: str, old: Json) -> Errors:
    before = old if isinstance(old, dict) else {}
    if schema.max_properties is not None and len(value) > schema.max_properties:
        message = f"many: {len(value)}: must have at most {schema.max_properties} items"
        yield _too(path, message, "FieldValueTooMany")
    if schema.min_properties is not None and len(value) < schema.min_properties:
        yield invalid_value(path, len(value), f"{path} in body should have at least {schema.min_properties} properties")
    for name in schema.required:
        if name not in value:
            yield required(member_path(path, name))
    for name, member in value.items():
        inner = schema.properties.get(name, schema.additional_properties)
        if isinstance(inner, JSONSchemaProps):
            yield from value_errors(member, inner, member_path(path, name), before.get(name, _ABSENT))


def member_path(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def structural_errors(value: Json, schema: JSONSchemaProps, path: str) -> Errors:
    """Elements that stand twice in a set or a keyed list, and embedded objects without type or with bad metadata."""
    if isinstance(value, list) and isinstance(schema.items, JSONSchemaProps):
        yield from _duplicate_errors(value, schema, path)
        for index, item in enumerate(value):
            yield from structural_errors(item, schema.items, f"{path}[{index}]")
    elif isinstance(value, dict):
        if schema.embedded_resource:
            yield from _embedded_errors(value, path)
        for name, member in value.items():
            inner = schema.properties.get(name, schema.additional_properties)
            if isinstance(inner, JSONSchemaProps):
                yield from structural_errors(member, inner, member_path(path, name))


def _duplicate_errors(value: list[Json], schema: JSONSchemaProps, path: str) -> Errors:
    if schema.list_type not in ("set", "map"):
        return
    seen: set[str] = set()
    for index, item in enumerate(value):
        is_keyed = schema.list_type == "map" and isinstance(item, dict)
        shown = {name: item[name] for name in schema.list_map_keys if name in item} if is_keyed else item
        if repr(shown) in seen:
            yield duplicate_value(f"{path}[{index}]", shown)
        seen.add(repr(shown))


def _embedded_errors(value: dict[str, Json], path: str) -> Errors:
    for name in ("apiVersion", "kind"):
        if not value.get(name):
            yield required(f"{path}.{name}")
    given = value.get("metadata")
    metadata = ObjectMeta.from_dict(given) if isinstance(given, dict) else ObjectMeta()
    where = f"{path}.metadata"
    yield from label_errors(metadata.labels, f"{where}.labels")
    yield from annotation_errors(metadata.annotations, f"{where}.annotations")


_BLOCKING = frozenset(
    {"FieldValueNotSupported", "FieldValueRequired", "FieldValueTooLong", "FieldValueTooMany", "FieldValueTypeInvalid"}
)


def are_blocking(errors: list[FieldError]) -> bool:
    """Whether rules could not make sense of the object."""
    return any(error.reason in _BLOCKING for error in errors)


def not_checked() -> FieldError:
    why = "some validation rules were not checked because the object was invalid; correct the existing errors to "
    return FieldError(NOWHERE, f"Invalid value: null: {why}complete validation")
