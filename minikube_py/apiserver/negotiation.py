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

_UNKNOWN = (
    "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, "
    "application/vnd.kubernetes.protobuf, application/json;stream=watch, "
    "application/vnd.kubernetes.protobuf;stream=watch"
)
_UNKNOWN_FORM = (
    "only the following media types are accepted: application/json, application/yaml, "
    "application/vnd.kubernetes.protobuf"
)
_FORMS: tuple[Form, ...] = ("Table", "PartialObjectMetadata", "PartialObjectMetadataList")


@dataclass(frozen=True, slots=True)
class Rendering:
    """How to answer."""

    form: Form = "object"
    is_yaml: bool = False

    @property
    def content_type(self) -> str:
        return YAML_TYPE if self.is_yaml else JSON_TYPE


@functools.lru_cache(maxsize=256)
def rendering(accept: str, forms: tuple[Form, ...] = _FORMS) -> Rendering:
    """The first acceptable form of an Accept header; answers to questions have no `forms`. Raises: NotAcceptable."""
    refused_form = False
    for clause in (accept or "*/*").split(","):
        media_type, *parameters = (part.strip() for part in clause.split(";"))
        values = dict(parameter.partition("=")[::2] for parameter in parameters)
        if media_type not in (JSON_TYPE, YAML_TYPE, "*/*", "application/*"):
            continue
        is_yaml = media_type == YAML_TYPE
        wanted = values.get("as")
        if wanted is None:
            return Rendering(is_yaml=is_yaml)
        found = next((form for form in forms if form == wanted), None)
        if found and values.get("g") == "meta.k8s.io" and values.get("v") in ("v1", "v1beta1"):
            return Rendering(found, is_yaml)
        refused_form = bool(forms)
    if refused_form:
        raise NotAcceptable(_UNKNOWN_FORM)
    raise NotAcceptable(_UNKNOWN, details={})


def body_type(content_type: str) -> str:
    """The media type of a request body; JSON when the client does not say. Raises: UnsupportedMediaType."""
    media_type = content_type.partition(";")[0].strip().lower() or JSON_TYPE
    if media_type not in (JSON_TYPE, YAML_TYPE, PROTOBUF_TYPE):
        raise UnsupportedMediaType(
            "the body of the request was in an unknown format - accepted media types include: "
            "application/json, application/yaml, application/vnd.kubernetes.protobuf"
        )
    return media_type
