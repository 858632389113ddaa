"""FieldError, and the checks that all kinds share, with the sentences that kubectl's users know.

Kubernetes: apimachinery/pkg/util/validation/field/errors.go, util/validation/validation.go, api/validation
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong with one field."""

    path: str
    """`spec.containers[0].image`, or `data[a/b]` for a key of a mapping."""
    message: str
    """Begins with what kind of fault it is: `Required value`, `Invalid value: "x": …`."""
    reason: str = "FieldValueInvalid"

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


def required(path: str, detail: str = "") -> FieldError:
    return FieldError(path, f"Required value: {detail}" if detail else "Required value", "FieldValueRequired")


def invalid_value(path: str, value: Any, detail: str) -> FieldError:
    return FieldError(path, f"Invalid value: {shown(value)}: {detail}")


def forbidden_value(path: str, detail: str) -> FieldError:
    return FieldError(path, f"Forbidden: {detail}", "FieldValueForbidden")


def duplicate_value(path: str, value: Any) -> FieldError:
    return FieldError(path, f"Duplicate value: {shown(value)}", "FieldValueDuplicate")


def too_long(path: str, maximum: int) -> FieldError:
    return FieldError(path, f"Too long: may not be more than {maximum} bytes", "FieldValueTooLong")


def unsupported_value(path: str, value: Any, supported: Iterable[str]) -> FieldError:
    values = ", ".join(f'"{text}"' for text in supported)
    message = f"Unsupported value: {shown(value)}: supported values: {values}"
    return FieldError(path, message, "FieldValueNotSupported")


def shown(value: Any) -> str:
    """A value as an error shows it: JSON."""
    document = value.to_dict() if hasattr(value, "to_dict") else value
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), default=str)


_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_QUALIFIED = r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_DNS_LABEL_RE, _SUBDOMAIN_RE, _QUALIFIED_RE = re.compile(_LABEL), re.compile(_SUBDOMAIN), re.compile(_QUALIFIED)
_CONFIG_KEY_RE = re.compile(r"[-._a-zA-Z0-9]+")
_DNS_1035_RE = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")


def dns_label_error(text: str, *, prefix: bool = False) -> str:
    """Why `text` is no DNS label (63 characters); with `prefix`, a trailing dash is fine. Empty if it is one."""
    if len(text) > 63:
        return "must be no more than 63 characters"
    if _DNS_LABEL_RE.fullmatch(_masked(text, prefix)):
        return ""
    if _SUBDOMAIN_RE.fullmatch(_masked(text, prefix)):
        return "must not contain dots"
    return (
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end "
        f"with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{_LABEL}')"
    )


def dns_1035_label_error(text: str, *, prefix: bool = False) -> str:
    """Like `dns_label_error`, and it must begin with a letter: names of Services."""
    if len(text) > 63:
        return "must be no more than 63 characters"
    if _DNS_1035_RE.fullmatch(_masked(text, prefix)):
        return ""
    return (
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
        "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation "
        "is '[a-z]([-a-z0-9]*[a-z0-9])?')"
    )


def dns_subdomain_error(text: str, *, prefix: bool = False) -> str:
    if len(text) > 253:
        return "must be no more than 253 characters"
    if _SUBDOMAIN_RE.fullmatch(_masked(text, prefix)):
        return ""
    return (
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
        "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
        f"'{_LABEL}(\\.{_LABEL})*')"
    )


def path_segment_error(name: str, *, prefix: bool) -> str:
    """Why `name` cannot be one part of a URL: all that the names of some kinds have to be."""
    if not prefix and name in (".", ".."):
        return f"may not be '{name}'"
    return next((f"may not contain '{part}'" for part in ("/", "%") if part in name), "")


def _masked(text: str, prefix: bool) -> str:
    return text[:-1] + "a" if prefix and text.endswith("-") else text


def qualified_name_errors(text: str) -> list[str]:
    """Why `text` is no qualified name: an optional DNS prefix and a slash, then 63 characters."""
    if text.count("/") > 1:
        return [
            "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with "
            "an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
            f"'{_QUALIFIED}') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        ]
    prefix, slash, name = text.rpartition("/")
    problems = []
    if slash and not prefix:
        problems.append("prefix part must be non-empty")
    elif len(prefix) > 253:
        problems.append("prefix part must be no more than 253 bytes")
    elif prefix and dns_subdomain_error(prefix):
        problems.append(f"prefix part {dns_subdomain_error(prefix)}")
    if not name:
        problems.append("name part must be non-empty")
    elif len(name) > 63:
        problems.append("name part must be no more than 63 bytes")
    if not _QUALIFIED_RE.fullmatch(name):
        problems.append(
            "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
            "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
            f"'{_QUALIFIED}')"
        )
    return problems


def label_value_errors(text: str) -> list[str]:
    problems = []
    if len(text) > 63:
        problems.append("must be no more than 63 bytes")
    if text and not _QUALIFIED_RE.fullmatch(text):
        problems.append(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
            "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
            f"validation is '({_QUALIFIED})?')"
        )
    return problems


def label_errors(labels: Mapping[str, str], path: str) -> Iterable[FieldError]:
    for key, value in labels.items():
        yield from (invalid_value(path, key, problem) for problem in qualified_name_errors(key))
        yield from (invalid_value(path, value, problem) for problem in label_value_errors(value))


MAX_ANNOTATIONS_BYTES = 256 * 1024


def annotation_errors(annotations: Mapping[str, str], path: str) -> Iterable[FieldError]:
    for key in annotations:
        yield from (invalid_value(path, key, problem) for problem in qualified_name_errors(key.lower()))
    if sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items()) > MAX_ANNOTATIONS_BYTES:
        yield too_long(path, MAX_ANNOTATIONS_BYTES)


def config_key_error(key: str) -> str:
    """Why `key` cannot name an entry of a ConfigMap or Secret; empty if it can."""
    if len(key) > 253:
        return "must be no more than 253 characters"
    if not _CONFIG_KEY_RE.fullmatch(key):
        return (
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
            "'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
        )
    if key in (".", ".."):
        return f"must not be '{key}'"
    return "must not start with '..'" if key.startswith("..") else ""


def immutable_errors(new: Any, old: Any, path: str) -> Sequence[FieldError]:
    return [] if new == old else [invalid_value(path, new, "field is immutable")]
