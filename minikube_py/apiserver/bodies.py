"""Request bodies: JSON, YAML or protobuf to the object that is meant, with what field validation has to say.

Kubernetes: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/{create,rest}.go, apimachinery/pkg/runtime/serializer
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import orjson

from minikube_py.access import remarks
from minikube_py.api.decoding import DecodeError
from minikube_py.api.meta import DeleteOptions, ObjectMeta
from minikube_py.api.model import Json, Model, decode, replace
from minikube_py.api.resource import Resource
from minikube_py.api.status import BadRequest
from minikube_py.apiserver.negotiation import PROTOBUF_TYPE, YAML_TYPE, body_type
from minikube_py.documents.json_values import json_kind
from minikube_py.documents.manifest import ManifestError, doubled_text, load_all_yaml, parse_json_strict
from minikube_py.documents.protobuf import ProtobufError, decode_protobuf
from minikube_py.errors import MinikubeError

M = TypeVar("M", bound=Model)
R = TypeVar("R", bound=Resource)


class NotOfKind(BadRequest):
    """A document that is no object of the kind, and why."""

    def __init__(self, where: str, detail: str) -> None:
        super().__init__(f"{where}: {detail}")
        self.detail = detail


class WrongType(NotOfKind):
    """A field holds a value of another type than the kind's."""


class NotStrict(NotOfKind):
    """Fields that the kind does not have, or that are said twice."""


class Unreadable(MinikubeError):
    """A body that is no document at all."""


_SHOWN_BYTES = 30
_REMEMBERED_BYTES = 8192
_NO_KIND = "couldn't get version/kind; json parse error: "
_TYPE_META = r'struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }'


@dataclass(frozen=True, slots=True)
class Body:
    """A parsed body: the document, and what is to be said of fields that stand in it twice."""

    document: dict[str, Json]
    duplicate_fields: tuple[str, ...] = ()
    """Their paths, where it was JSON."""
    yaml_problem: str = ""
    """The sentence of a YAML reader."""
    complaints: tuple[str, ...] = ()
    """What else is wrong with what was sent, in whole sentences: of a patch, which is not the document itself."""


def parse(data: bytes, content_type: str, kind: str) -> Body:
    """Read a body that should be a `kind`. Raises: BadRequest, UnsupportedMediaType."""
    try:
        return _parse(data, body_type(content_type))
    except Unreadable as error:
        problem = f"the object provided is unrecognized (must be of type {kind}): {error} ({_excerpt(data)})"
        raise BadRequest(problem) from error


def _parse(data: bytes, media_type: str) -> Body:
    """Raises: Unreadable."""
    duplicates: tuple[str, ...] = ()
    problem = ""
    try:
        if media_type == PROTOBUF_TYPE:
            return Body(decode_protobuf(data))
        if media_type == YAML_TYPE:
            document, doubled = next(load_all_yaml(data), (None, ()))
            problem = doubled_text(doubled) if doubled else ""
        else:
            document, duplicates = parse_json_strict(data)
    except ProtobufError as error:
        raise Unreadable(str(error) if data else "empty data") from error
    except ManifestError as error:
        raise Unreadable(str(error) if media_type == YAML_TYPE else f"{_NO_KIND}{error}") from error
    if document is None:
        return Body({})
    if not isinstance(document, dict):
        raise Unreadable(f"{_NO_KIND}json: cannot unmarshal {json_kind(document)} into Go value of type {_TYPE_META}")
    for name in ("kind", "apiVersion"):
        if not isinstance(value := document.get(name), str | None):
            raise Unreadable(
                f"{_NO_KIND}json: cannot unmarshal {json_kind(value)} into Go struct field .{name} of type string"
            )
    return Body(document, tuple(duplicates), problem)


def _excerpt(data: bytes) -> str:
    """The first bytes of a body: as text when they look like JSON, else in hexadecimal."""
    if not data:
        return "<empty>"
    head = data[:_SHOWN_BYTES]
    shown = head.decode(errors="replace") if data.startswith(b"{") else head.hex()
    return f"{shown} ..." if len(data) > _SHOWN_BYTES else shown


def to_object(body: Body, resource: type[R], field_validation: str) -> R:
    """The object of a body; its client is warned of unknown and duplicate fields.

    Raises: BadRequest for another kind, a wrong type, or (Strict) an unknown or duplicate field.
    """
    definition = resource.definition
    check_kind(body.document, resource)
    known = _known_object(body, resource)
    if known is not None:
        return known
    where = f'{definition.kind} in version "{definition.version}" cannot be handled as a {definition.kind}'
    try:
        decoded = resource.read(body.document)
    except DecodeError as error:
        raise WrongType(where, str(error)) from error
    fields = _in_order(body, decoded.unknown_fields)
    complaints = [*body.complaints, *fields]
    if field_validation == "Strict" and (complaints or body.yaml_problem):
        problems = [body.yaml_problem, *complaints] if body.yaml_problem else complaints
        raise NotStrict(where, f"strict decoding error: {', '.join(problems)}")
    if field_validation == "Warn":
        warn_of_yaml(body.yaml_problem)
        for complaint in complaints:
            remarks.warn(complaint)
    return decoded.value.defaulted()


def warn_of_yaml(problem: str) -> None:
    """Warn of each line of a YAML reader's sentence."""
    for line in problem.splitlines()[1:]:
        remarks.warn(line.strip())


def _in_order(body: Body, unknown: Sequence[str]) -> list[str]:
    """What is to be said of single fields, in the order in which they stand in JSON; YAML has lost its own."""
    said = [(path, f'unknown field "{path}"') for path in unknown]
    said += [(path, f'duplicate field "{path}"') for path in body.duplicate_fields]
    if len(said) > 1 and body.duplicate_fields:
        order = {path: place for place, path in enumerate(_paths(body.document, ""))}
        said.sort(key=lambda one: order.get(one[0], len(order)))
    return [text for _, text in said]


def _paths(value: Json, path: str) -> Iterator[str]:
    """The path of each field inside a document, in order."""
    inside: Iterable[tuple[str, Json]] = ()
    if isinstance(value, dict):
        inside = ((f"{path}.{name}" if path else name, inner) for name, inner in value.items())
    elif isinstance(value, list):
        inside = ((f"{path}[{index}]", inner) for index, inner in enumerate(value))
    for below, inner in inside:
        yield below
        yield from _paths(inner, below)


def _known_object(body: Body, resource: type[R]) -> R | None:
    """The object of a body that has nothing wrong, if all of it but the metadata was seen before.

    So the spec of the many pods that one template makes is read and defaulted once.
    """
    metadata = body.document.get("metadata")
    if (
        not resource.are_often_alike
        or body.duplicate_fields
        or body.yaml_problem
        or body.complaints
        or not metadata
        or "resourceVersion" in metadata
    ):
        return None
    rest = orjson.dumps({name: value for name, value in body.document.items() if name != "metadata"})
    if len(rest) > _REMEMBERED_BYTES:
        return None
    try:
        known, read = _without_metadata(resource, rest), decode(ObjectMeta, orjson.dumps(metadata))
    except DecodeError:
        return None
    return None if known is None or read.unknown_fields else replace(known, metadata=read.value)


@functools.lru_cache(maxsize=256)
def _without_metadata(resource: type[R], text: bytes) -> R | None:
    """The object of a text without metadata, defaulted; None where it has unknown fields. Raises: DecodeError."""
    decoded = decode(resource, text)
    return None if decoded.unknown_fields else decoded.value.defaulted()


def check_kind(document: dict[str, Json], resource: type[Resource]) -> None:
    """Raises: BadRequest when the document says that it is of another kind; saying nothing is fine."""
    definition = resource.definition
    kind = document.get("kind") or definition.kind
    api_version = document.get("apiVersion") or definition.api_version
    version = str(api_version).rpartition("/")[2]
    if api_version != definition.api_version:
        if kind == definition.kind:
            scheme = "pkg/api/legacyscheme/scheme.go:30"
            why = f'no kind "{kind}" is registered for version "{api_version}" in scheme "{scheme}"'
            raise BadRequest(f'{kind} in version "{version}" cannot be handled as a {kind}: {why}')
        raise BadRequest(f'{kind} in version "{version}" cannot be handled as a {definition.kind}: unknown conversion')
    if kind != definition.kind:
        why = f"converting ({version}.{kind}) to ({definition.group or 'core'}.{definition.kind}): unknown conversion"
        raise BadRequest(f'{kind} in version "{version}" cannot be handled as a {definition.kind}: {why}')


def to_delete_options(data: bytes, content_type: str) -> DeleteOptions:
    """The options in the body of a DELETE; none where it is empty. Raises: BadRequest."""
    if not data:
        return DeleteOptions()
    try:
        document = dict(_parse(data, body_type(content_type)).document)
        kind, version = document.pop("kind", None) or "DeleteOptions", document.pop("apiVersion", None) or "v1"
        if kind != "DeleteOptions":
            scheme = "pkg/apis/meta/internalversion/scheme/register.go:27"
            raise BadRequest(f'no kind "{kind}" is registered for version "{version}" in scheme "{scheme}"')
        return decode(DeleteOptions, orjson.dumps(document)).value
    except (Unreadable, DecodeError) as error:
        raise BadRequest(str(error)) from error
