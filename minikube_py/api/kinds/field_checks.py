"""Checks of single fields that the validation of many kinds is made of.

Each yields what is wrong with the value at `path`, in the words and the order of the real API server.

Kubernetes: pkg/apis/core/validation/validation.go, apimachinery/pkg/util/validation/validation.go
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from minikube_py.api.meta import LabelSelector, LabelSelectorRequirement
from minikube_py.api.model import Json, Model
from minikube_py.api.scalars import IntOrString
from minikube_py.api.validation import (
    FieldError,
    dns_label_error,
    dns_subdomain_error,
    forbidden_value,
    invalid_value,
    label_errors,
    label_value_errors,
    qualified_name_errors,
    required,
    shown,
    unsupported_value,
)

Errors: TypeAlias = Iterator[FieldError]


def go_struct(value: Model | None) -> Json:
    """A struct as errors show those that have no JSON form of their own: every field, by its name in Go."""
    if value is None:
        return None
    names = {name: str(field.alias) for name, field in type(value).model_fields.items()}
    return {_go_name(alias): _go_value(getattr(value, name)) for name, alias in names.items()}


def _go_name(alias: str) -> str:
    return "UID" if alias == "uid" else re.sub("^Api", "API", alias[:1].upper() + alias[1:])


def _go_value(value: Json) -> Json:
    if isinstance(value, Model):
        return value.to_dict() if isinstance(value, LabelSelector) else go_struct(value)
    return [_go_value(item) for item in value] if isinstance(value, tuple) else value


def changed_struct_errors(new: Model | None, old: Model | None, path: str) -> Errors:
    """A struct that must stay as it was."""
    if new != old:
        yield invalid_value(path, go_struct(new), "field is immutable")


NOT_NEGATIVE = "must be greater than or equal to 0"
NOT_AN_ADDRESS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
NOT_A_PORT = "must be between 1 and 65535, inclusive"
PROTOCOLS = ("SCTP", "TCP", "UDP")
PULL_POLICIES = ("Always", "IfNotPresent", "Never")


def not_found_value(path: str, value: Any, detail: str = "") -> FieldError:
    return FieldError(path, f"Not found: {shown(value)}{': ' + detail if detail else ''}", "FieldValueNotFound")


def negative_errors(value: int | None, path: str) -> Errors:
    if value is not None and value < 0:
        yield invalid_value(path, value, NOT_NEGATIVE)


def range_errors(value: int | None, first: int, last: int, path: str) -> Errors:
    if value is not None and not first <= value <= last:
        yield invalid_value(path, value, f"must be between {first} and {last}, inclusive")


def choice_errors(value: str | None, choices: Sequence[str], path: str) -> Errors:
    """An absent (None) value is fine."""
    if value is not None and value not in choices:
        yield unsupported_value(path, value, choices)


def required_choice_errors(value: str, choices: Sequence[str], path: str) -> Errors:
    if not value:
        yield required(path)
    elif value not in choices:
        yield unsupported_value(path, value, choices)


def required_errors(value: str, path: str) -> Errors:
    if not value:
        yield required(path)


def subdomain_errors(value: str, path: str) -> Errors:
    if problem := dns_subdomain_error(value):
        yield invalid_value(path, value, problem)


def label_name_errors(value: str, path: str) -> Errors:
    """`value` names something within a pod: a DNS label, never empty."""
    if not value:
        yield required(path)
    elif problem := dns_label_error(value):
        yield invalid_value(path, value, problem)


def qualified_errors(value: str, path: str) -> Errors:
    for problem in qualified_name_errors(value):
        yield invalid_value(path, value, problem)


def address_errors(value: str, path: str) -> Errors:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        has_octal = re.fullmatch(r"(\d{1,3}\.){3}\d{1,3}", value) and re.search(r"\b0\d", value)
        yield invalid_value(path, value, "must not have leading 0s" if has_octal else NOT_AN_ADDRESS)


def endpoint_address_errors(value: str, path: str) -> Errors:
    """An address that traffic may be sent to from anywhere: none that means this machine or this link."""
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return
    if address.is_unspecified:
        yield invalid_value(path, value, f"may not be unspecified ({address})")
    if address.is_loopback:
        yield invalid_value(path, value, "may not be in the loopback range (127.0.0.0/8, ::1/128)")
    if address.is_link_local:
        yield invalid_value(path, value, "may not be in the link-local range (169.254.0.0/16, fe80::/10)")
    if address.is_multicast and address in _LINK_LOCAL_MULTICAST[address.version]:
        yield invalid_value(path, value, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")


_LINK_LOCAL_MULTICAST = {4: ipaddress.ip_network("224.0.0.0/24"), 6: ipaddress.ip_network("ff02::/16")}


def cidr_errors(value: str, path: str) -> Errors:
    try:
        ipaddress.ip_interface(value if "/" in value else "")
    except ValueError:
        yield invalid_value(path, value, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)")


def too_many(path: str, count: int, maximum: int) -> FieldError:
    return FieldError(path, f"Too many: {count}: must have at most {maximum} items", "FieldValueTooMany")


_HYPHENS = re.compile(r"[-a-z0-9]*")


def port_name_problems(name: str) -> list[str]:
    """Why `name` cannot name a port (RFC 6335)."""
    problems = []
    if len(name) > 15:
        problems.append("must be no more than 15 characters")
    if not _HYPHENS.fullmatch(name):
        problems.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not any("a" <= letter <= "z" for letter in name):
        problems.append("must contain at least one letter (a-z)")
    if "--" in name:
        problems.append("must not contain consecutive hyphens")
    if name.startswith("-") or name.endswith("-"):
        problems.append("must not begin or end with a hyphen")
    return problems


def port_errors(port: IntOrString, path: str) -> Errors:
    """A port by number or by name."""
    if isinstance(port, int):
        if not 0 < port < 65536:
            yield invalid_value(path, port, NOT_A_PORT)
    else:
        for problem in port_name_problems(port):
            yield invalid_value(path, port, problem)


def absolute_path_errors(value: str, path: str) -> Errors:
    if not value.startswith("/"):
        yield invalid_value(path, value, "must be an absolute path")


def backsteps_errors(value: str, path: str) -> Errors:
    if ".." in value.split("/"):
        yield invalid_value(path, value, "must not contain '..'")


def relative_path_errors(value: str, path: str) -> Errors:
    """A path below some directory, which it must not leave."""
    if value.startswith("/"):
        yield invalid_value(path, value, "must be a relative path")
    yield from backsteps_errors(value, path)


def label_selector_errors(selector: LabelSelector | None, path: str) -> Errors:
    if selector is None:
        return
    yield from label_errors(selector.match_labels, f"{path}.matchLabels")
    for index, requirement in enumerate(selector.match_expressions):
        yield from _requirement_errors(requirement, f"{path}.matchExpressions[{index}]")


def _requirement_errors(requirement: LabelSelectorRequirement, path: str) -> Errors:
    if requirement.operator in ("In", "NotIn"):
        if not requirement.values:
            yield required(f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'")
    elif requirement.operator in ("Exists", "DoesNotExist"):
        if requirement.values:
            yield forbidden_value(
                f"{path}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            )
    else:
        yield invalid_value(f"{path}.operator", requirement.operator, "not a valid selector operator")
    yield from qualified_errors(requirement.key, f"{path}.key")
    for index, value in enumerate(requirement.values):
        for problem in label_value_errors(value):
            yield invalid_value(f"{path}.values[{index}]", value, problem)
