r"""Reads request bodies in protobuf: the bytes of a built-in kind become the document that JSON would have been.

The real kubectl sends `create` and most deletions as `application/vnd.kubernetes.protobuf` and does not fall back to
JSON, so a server must read it; answers may always be JSON, so nothing is written here.

A body is the magic `k8s\0` and a `runtime.Unknown` (apiVersion, kind, bytes of the object). One generic reader is
driven by the table `protobuf_fields.tsv`, which is read when the first such body comes. Fields that the table does not
know are skipped, as protobuf wants it. Bytes become base64, times and quantities text, as in JSON.

Invariant: whatever the bytes are, the result is a document or a ProtobufError.

Kubernetes: apimachinery pkg/runtime/serializer/protobuf, the generated.proto files of k8s.io/api
Simplified: a message that stands twice for one field is not merged, the last one counts.
"""

from __future__ import annotations

import functools
import struct
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, TypeAlias

from minikube_py.documents.manifest import ManifestError, parse_json_strict
from minikube_py.errors import MinikubeError

Json: TypeAlias = Any
Document: TypeAlias = dict[str, Json]

MAGIC = b"k8s\0"
MAX_DEPTH = 100

_TABLE = Path(__file__).with_name("protobuf_fields.tsv")
_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5


class ProtobufError(MinikubeError):
    """Bytes that are no object in protobuf; the text says what Go's decoder would."""


def decode_protobuf(body: bytes) -> Document:
    """Read a request body; the document has `apiVersion` and `kind` from the envelope.

    Raises: ProtobufError
    """
    if not body.startswith(MAGIC):
        raise ProtobufError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    messages = _messages()
    envelope = _read_whole(body, len(MAGIC), messages["runtime.Unknown"])
    type_meta = envelope.get("typeMeta", {})
    api_version, kind = type_meta.get("apiVersion", ""), type_meta.get("kind", "")
    message = messages.get(_message_name(api_version, kind)) or messages.get(f"meta.v1.{kind}")
    if message is None:
        raise ProtobufError(f'no kind "{kind}" is registered for version "{api_version}"')
    if envelope.get("contentEncoding"):
        raise ProtobufError(f'content encoding "{envelope["contentEncoding"]}" is not supported')
    return {"apiVersion": api_version, "kind": kind, **_read_whole(envelope.get("raw", b""), 0, message)}


def _message_name(api_version: str, kind: str) -> str:
    """`networking.k8s.io/v1` and Ingress are `networking.v1.Ingress`."""
    group, _, version = api_version.rpartition("/")
    return f"{group.partition('.')[0] or 'core'}.{version}.{kind}"


class _Shape(Enum):
    ONE = ""
    LIST = "[]"
    MAP = "{}"
    MEMBERS_OF_PARENT = "-"


@dataclass(slots=True)
class _Message:
    """A message type, by the tags (number and wire type) under which its fields may stand."""

    name: str
    fields: dict[int, _Field] = field(default_factory=dict)
    form: Callable[[Document], Json] | None = None
    """What JSON has instead of an object of the fields; None as result means that it has nothing."""


@dataclass(slots=True)
class _Field:
    name: str
    shape: _Shape
    read: Callable[[bytes, int, int, int], Json]
    """From body, start, end and depth, for what has a length."""
    from_number: Callable[[int], Json] = bool


def _read_whole(body: bytes, start: int, message: _Message) -> Document:
    try:
        document: Document = _read(body, start, len(body), message, 0)
    except (IndexError, struct.error) as error:
        raise ProtobufError("unexpected EOF") from error
    except UnicodeDecodeError as error:
        raise ProtobufError(f"{message.name} holds text that is not UTF-8") from error
    return document


def _read(body: bytes, at: int, end: int, message: _Message, depth: int) -> Json:
    """Read the fields of one message from `body[at:end]`: the loop in which nearly all the time goes."""
    if depth > MAX_DEPTH:
        raise ProtobufError("exceeded max depth")
    document: Document = {}
    fields = message.fields
    while at < end:
        tag = body[at]
        at += 1
        if tag > 127:
            tag, at = _varint(body, at - 1)
        found = fields.get(tag)
        if found is None:
            at = _skip(body, at, tag, message)
        elif tag & 7 == _BYTES:
            start, at = _extent(body, at, end)
            _store(document, found, found.read(body, start, at, depth))
        elif tag & 7 == _VARINT:
            number = body[at]
            at += 1
            if number > 127:
                number, at = _varint(body, at - 1)
            _store(document, found, found.from_number(number))
        else:
            _store(document, found, struct.unpack_from("<d", body, at)[0])
            at += 8
    if at > end:
        raise ProtobufError("unexpected EOF")
    return document if message.form is None else message.form(document)


def _store(document: Document, found: _Field, value: Json) -> None:
    shape = found.shape
    if shape is _Shape.ONE:
        if value is not None:
            document[found.name] = value
    elif shape is _Shape.LIST:
        items = document.setdefault(found.name, [])
        if isinstance(value, _Packed):
            items.extend(map(found.from_number, value))
        else:
            items.append(value)
    elif shape is _Shape.MAP:
        document.setdefault(found.name, {}).update(value)
    else:
        document.update(value)


class _Packed(list[int]):
    """The numbers of a list that stand side by side under one tag."""


def _varint(body: bytes, at: int) -> tuple[int, int]:
    """Read a number of seven bits a byte, lowest first: its value and the place after it."""
    number = 0
    for shift in range(0, 70, 7):
        byte = body[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
    raise ProtobufError("proto: integer overflow")


def _extent(body: bytes, at: int, end: int) -> tuple[int, int]:
    size = body[at]
    at += 1
    if size > 127:
        size, at = _varint(body, at - 1)
    if at + size > end:
        raise ProtobufError("unexpected EOF")
    return at, at + size


def _skip(body: bytes, at: int, tag: int, message: _Message) -> int:
    """The place after a field that the table does not know."""
    number, wire_type = tag >> 3, tag & 7
    if number == 0:
        raise ProtobufError(f"proto: {message.name}: illegal tag {number} (wire type {wire_type})")
    known = next((found for known_tag, found in message.fields.items() if known_tag >> 3 == number), None)
    if known is not None:
        raise ProtobufError(f"proto: wrong wireType = {wire_type} for field {known.name}")
    if wire_type == _VARINT:
        return _varint(body, at)[1]
    if wire_type == _BYTES:
        return _extent(body, at, len(body))[1]
    if wire_type in (_FIXED_64, _FIXED_32):
        return at + (8 if wire_type == _FIXED_64 else 4)
    raise ProtobufError(f"proto: illegal wireType {wire_type}")


@functools.cache
def _messages() -> Mapping[str, _Message]:
    """Build the message types from the table."""
    messages: dict[str, _Message] = {}
    lines = [line for line in _TABLE.read_text().splitlines() if not line.startswith("#")]
    for line in lines:
        if not line.startswith("\t"):
            messages[line] = _Message(line, form=_FORMS.get(line))
    owner = messages[lines[0]]
    for line in lines:
        if line.startswith("\t"):
            number, name, type_name = line[1:].split("\t")
            _add_field(owner, int(number), name, type_name, messages)
        else:
            owner = messages[line]
    return messages


def _add_field(owner: _Message, number: int, name: str, type_name: str, messages: Mapping[str, _Message]) -> None:
    shape = _Shape(type_name[:2]) if type_name[:2] in ("[]", "{}") else _Shape.ONE
    type_name = type_name.removeprefix(shape.value)
    if name == "-":
        shape = _Shape.MEMBERS_OF_PARENT
    if shape is _Shape.MAP:
        entry = _Message(f"{owner.name}.{name}", form=_map_entry(type_name, messages))
        _add_field(entry, 1, "key", "string", messages)
        _add_field(entry, 2, "value", type_name, messages)
        owner.fields[number << 3 | _BYTES] = _Field(name, shape, _message_reader(entry))
    elif type_name in _NUMBERS:
        convert = _NUMBERS[type_name]
        owner.fields[number << 3 | _VARINT] = found = _Field(name, shape, _read_packed, convert)
        if shape is _Shape.LIST:
            owner.fields[number << 3 | _BYTES] = found
    elif type_name == "double":
        owner.fields[number << 3 | _FIXED_64] = _Field(name, shape, _read_text)
    else:
        read = _READERS.get(type_name) or _message_reader(messages[type_name])
        owner.fields[number << 3 | _BYTES] = _Field(name, shape, read)


def _message_reader(message: _Message) -> Callable[[bytes, int, int, int], Json]:
    def read(body: bytes, start: int, end: int, depth: int) -> Json:
        return _read(body, start, end, message, depth + 1)

    return read


def _map_entry(type_name: str, messages: Mapping[str, _Message]) -> Callable[[Document], Json]:
    def empty() -> Json:
        if type_name in _NUMBERS:
            return _NUMBERS[type_name](0)
        return (_READERS.get(type_name) or _message_reader(messages[type_name]))(b"", 0, 0, 0)

    return lambda entry: {entry.get("key", ""): entry["value"] if "value" in entry else empty()}


def _read_text(body: bytes, start: int, end: int, _depth: int) -> str:
    return str(body[start:end], "utf-8")


def _read_bytes(body: bytes, start: int, end: int, _depth: int) -> str:
    return b64encode(body[start:end]).decode()


def _read_raw(body: bytes, start: int, end: int, _depth: int) -> bytes:
    return body[start:end]


def _read_json(body: bytes, start: int, end: int, _depth: int) -> Json:
    try:
        return parse_json_strict(body[start:end])[0]
    except ManifestError as error:
        raise ProtobufError(f"a JSON text inside the message is malformed: {error}") from error


def _read_packed(body: bytes, start: int, end: int, _depth: int) -> _Packed:
    numbers = _Packed()
    while start < end:
        number, start = _varint(body, start)
        numbers.append(number)
    if start > end:
        raise ProtobufError("unexpected EOF")
    return numbers


def _signed_32(number: int) -> int:
    return ((number & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000


def _signed_64(number: int) -> int:
    return ((number & 0xFFFFFFFFFFFFFFFF) ^ 0x8000000000000000) - 0x8000000000000000


_NUMBERS: Mapping[str, Callable[[int], Json]] = {"int32": _signed_32, "int64": _signed_64, "bool": bool}
_READERS: Mapping[str, Callable[[bytes, int, int, int], Json]] = {
    "string": _read_text,
    "bytes": _read_bytes,
    "raw": _read_raw,
    "json": _read_json,
}


def _moment(timestamp: Document) -> datetime | None:
    """The time that is meant; Go writes its zero time as a message without fields."""
    if not timestamp:
        return None
    try:
        seconds = timedelta(seconds=timestamp.get("seconds", 0), microseconds=timestamp.get("nanos", 0) // 1000)
        return datetime(1970, 1, 1, tzinfo=UTC) + seconds
    except OverflowError as error:
        raise ProtobufError(f"time {timestamp.get('seconds')} is out of range") from error


def _time(timestamp: Document) -> str | None:
    moment = _moment(timestamp)
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ").zfill(20)


def _micro_time(timestamp: Document) -> str | None:
    moment = _moment(timestamp)
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ").zfill(27)


def _int_or_string(value: Document) -> int | str:
    chosen: int | str = value.get("strVal", "") if value.get("type") else value.get("intVal", 0)
    return chosen


_FORMS: Mapping[str, Callable[[Document], Json]] = {
    "meta.v1.Time": _time,
    "meta.v1.MicroTime": _micro_time,
    "meta.v1.FieldsV1": lambda value: value.get("raw"),
    "runtime.RawExtension": lambda value: value.get("raw"),
    "resource.Quantity": lambda value: value.get("string", "0"),
    "intstr.IntOrString": _int_or_string,
    "authentication.v1.ExtraValue": lambda value: value.get("items", []),
    "authorization.v1.ExtraValue": lambda value: value.get("items", []),
    "certificates.v1.ExtraValue": lambda value: value.get("items", []),
    "apiextensions.v1.JSON": lambda value: value.get("raw"),
    "apiextensions.v1.JSONSchemaPropsOrArray": lambda value: value.get("schema", value.get("jSONSchemas")),
    "apiextensions.v1.JSONSchemaPropsOrBool": lambda value: value.get("schema", value.get("allows", False)),
    "apiextensions.v1.JSONSchemaPropsOrStringArray": lambda value: value.get("schema", value.get("property")),
}
