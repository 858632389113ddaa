"""Negotiation: in which form a client wants its answer, and in which form it sent its body.

Kubernetes: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/negotiation
Simplified: protobuf is read but not written; a client that asks for it also accepts JSON, and gets that.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Literal

from minikube_py.api.status import NotAcceptable, UnsupportedMediaType

Form = Literal["object", "Table", "PartialObjectMetadata", "PartialObjectMetadataList"]

JSON_TYPE = "application/json"
YAML_TYPE = "application/yaml"
PROTOBUF_TYPE = "application/vnd.kubernetes.protobuf"

_PRODUCED = f"{JSON_TYPE}, {YAML_TYPE}, {PROTOBUF_TYPE}"
_STREAMED = f"{JSON_TYPE};stream=watch, {PROTOBUF_TYPE};stream=watch"
FORMS: tuple[Form, ...] = ("Table", "PartialObjectMetadata", "PartialObjectMetadataList")


@dataclass(frozen=True, slots=True)
class Rendering:
    """How to answer."""

    form: Form = "object"
    is_yaml: bool = False
    is_pretty: bool = False

    @property
    def content_type(self) -> str:
        return YAML_TYPE if self.is_yaml else JSON_TYPE


@functools.lru_cache(maxsize=256)
def rendering(
    accept: str, forms: tuple[Form, ...] = FORMS, *, is_list: bool = False, is_watch: bool = False
) -> Rendering:
    """The form that an Accept header likes best; answers that are no objects have no `forms`.

    As upstream it is looked at twice: whether it names a type that is made here, then whether each clause can be had.
    Raises: NotAcceptable.
    """
    clauses = [_Clause.parse(text) for text in (accept or "*/*").split(",")]
    if not any(clause.media_type in (JSON_TYPE, YAML_TYPE, PROTOBUF_TYPE, "*/*") for clause in clauses):
        made = f"{_PRODUCED}, {_STREAMED}" if is_list or is_watch else _PRODUCED
        raise NotAcceptable(f"406: Not Acceptable\n\nAvailable representations: {made}", details={})
    for clause in sorted(clauses, key=lambda clause: -clause.weight):
        found = clause.rendering(forms, is_watch=is_watch)
        if found is not None and is_watch and found.is_yaml:
            raise NotAcceptable(f"only the following media types are accepted: {_STREAMED}")
        if found is not None:
            return found
    raise NotAcceptable(f"only the following media types are accepted: {_PRODUCED}")


def rendering_of_errors(accept: str) -> Rendering:
    """YAML where that is liked best; whatever else was asked for, an error is an object of JSON."""
    try:
        return rendering(accept, ())
    except NotAcceptable:
        return Rendering()


def wants_pretty(value: str | None) -> bool:
    """Whether `?pretty=` asks for indented JSON."""
    return value is not None and value.lower() in ("1", "t", "true")


@dataclass(frozen=True, slots=True)
class _Clause:
    """One of the types in an Accept header."""

    media_type: str
    parameters: dict[str, str]

    @classmethod
    def parse(cls, text: str) -> _Clause:
        media_type, *parameters = (part.strip() for part in text.split(";"))
        return cls(media_type, dict(parameter.partition("=")[::2] for parameter in parameters))

    @property
    def weight(self) -> float:
        try:
            return float(self.parameters.get("q", 1))
        except ValueError:
            return 1.0

    def rendering(self, forms: tuple[Form, ...], *, is_watch: bool) -> Rendering | None:
        """None if this cannot be had here."""
        is_yaml, wanted = self.media_type == YAML_TYPE, self.parameters.get("as")
        if self.media_type not in (JSON_TYPE, YAML_TYPE, "*/*", "application/*"):
            return None
        if "stream" in self.parameters and (is_yaml or not is_watch):
            return None
        is_pretty = self.parameters.get("pretty") == "1"
        if wanted is None:
            return Rendering(is_yaml=is_yaml, is_pretty=is_pretty)
        found = next((form for form in forms if form == wanted), None)
        if found is None or self.parameters.get("g") != "meta.k8s.io" or self.parameters.get("v") != "v1":
            return None
        return Rendering(found, is_yaml, is_pretty)


def body_type(content_type: str) -> str:
    """The media type of a request body; JSON when the client does not say. Raises: UnsupportedMediaType."""
    media_type = content_type.partition(";")[0].strip().lower() or JSON_TYPE
    if media_type not in (JSON_TYPE, YAML_TYPE, PROTOBUF_TYPE):
        raise UnsupportedMediaType(
            "the body of the request was in an unknown format - accepted media types include: "
            "application/json, application/yaml, application/vnd.kubernetes.protobuf"
        )
    return media_type
