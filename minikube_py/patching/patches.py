"""Patches as requests: which of the three it is, and its application to an object.

Kubernetes: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go
Server-side apply is in `apply.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import orjson

from minikube_py.api.model import Json
from minikube_py.api.resource import Resource
from minikube_py.api.status import (
    ApiError,
    BadRequest,
    InternalError,
    Invalid,
    RequestEntityTooLarge,
    UnsupportedMediaType,
)
from minikube_py.api.validation import FieldError, invalid_value
from minikube_py.documents.json_values import go_text
from minikube_py.documents.manifest import ManifestError, parse_json_strict
from minikube_py.patching.json_patch import apply_json_patch
from minikube_py.patching.merge_patch import apply_merge_patch
from minikube_py.patching.patch import BadDirective, MalformedPatch, PatchDoesNotApply, PatchError, PatchTooLarge
from minikube_py.patching.patch_schema import patch_schema
from minikube_py.patching.strategic_merge import apply_strategic_merge_patch

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_MERGE_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"


def is_apply(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == APPLY_PATCH


@dataclass(frozen=True, slots=True)
class PatchBody:
    """A patch, parsed but not yet applied."""

    media_type: str
    document: Json
    complaints: tuple[str, ...] = ()
    """What is wrong with it though it can be applied: fields that stand twice, or in no operation."""

    problem: ClassVar[str] = ""
    accepted: ClassVar[tuple[str, ...]] = (JSON_PATCH, MERGE_PATCH, STRATEGIC_MERGE_PATCH)

    @classmethod
    def parse(cls, content_type: str, data: bytes, kind: type[Resource]) -> PatchBody:
        """Raises: UnsupportedMediaType, BadRequest, Invalid."""
        media_type = content_type.partition(";")[0].strip().lower()
        if media_type not in cls.accepted:
            raise UnsupportedMediaType("415: Unsupported Media Type", details={})
        if media_type == STRATEGIC_MERGE_PATCH and not kind.definition.merges_strategically:
            raise UnsupportedMediaType(
                "the body of the request was in an unknown format - accepted media types include: "
                f"{JSON_PATCH}, {MERGE_PATCH}, {APPLY_PATCH}"
            )
        try:
            document, duplicates = parse_json_strict(data)
        except ManifestError as error:
            raise BadRequest(f"{_prefix(media_type)}{error}") from error
        if document is None and media_type != MERGE_PATCH:
            document = [] if media_type == JSON_PATCH else {}
        return cls(media_type, document, _complaints(media_type, document, duplicates))

    @property
    def names_version(self) -> bool:
        """Whether the patch says of which version it is, so that it must not be tried on another."""
        if isinstance(self.document, dict):
            metadata = self.document.get("metadata")
            return isinstance(metadata, dict) and bool(metadata.get("resourceVersion"))
        operations = self.document if isinstance(self.document, list) else []
        return any(isinstance(one, dict) and one.get("path") == "/metadata/resourceVersion" for one in operations)

    def apply(self, current: Resource) -> dict[str, Json]:
        """The document after the patch. Raises: BadRequest, Invalid, RequestEntityTooLarge, InternalError."""
        document = current.to_dict()
        try:
            if self.media_type == JSON_PATCH:
                patched = apply_json_patch(document, self.document)
            elif self.media_type == MERGE_PATCH:
                patched = apply_merge_patch(document, self.document)
            else:
                patched = apply_strategic_merge_patch(document, self.document, patch_schema(type(current)))
        except PatchError as error:
            raise _as_api_error(error) from error
        if not isinstance(patched, dict):
            raise BadRequest("the patch does not leave an object")
        return patched


def _complaints(media_type: str, document: Json, duplicates: Iterable[str]) -> tuple[str, ...]:
    if media_type != JSON_PATCH:
        return tuple(f'duplicate field "{path}"' for path in duplicates)
    unknown = [
        f"[{index}].{name}"
        for index, operation in enumerate(document if isinstance(document, list) else ())
        for name in (operation if isinstance(operation, dict) else ())
        if name not in ("op", "path", "from", "value")
    ]
    return (
        *(f'json patch duplicate field "{path}"' for path in duplicates),
        *(f'json patch unknown field "{path}"' for path in unknown),
    )


def _prefix(media_type: str) -> str:
    """What stands before a parser's complaint: nothing for strategic merge patches, as upstream."""
    return "" if media_type == STRATEGIC_MERGE_PATCH else "error decoding patch: "


def _as_api_error(error: PatchError) -> ApiError:
    if isinstance(error, PatchTooLarge):
        return RequestEntityTooLarge(f"Request entity too large: {error}")
    if isinstance(error, PatchDoesNotApply):
        return Invalid("the server rejected our request due to an error in our request", details={})
    if isinstance(error, MalformedPatch):
        return BadRequest(str(error))
    if isinstance(error, BadDirective):
        return InternalError(str(error))
    return BadRequest(str(error))


def no_object(patch: object, patched: dict[str, Json], detail: str, *, is_type: bool) -> FieldError:
    """Say that what was patched is no object of its kind; of a strategic patch only the wanted type is told."""
    if isinstance(patch, PatchBody) and patch.media_type == STRATEGIC_MERGE_PATCH:
        wanted = detail.rpartition(" of type ")[2]
        return invalid_value("patch", go_text(patch.document), f"unrecognized type: {wanted}" if is_type else detail)
    return invalid_value("patch", orjson.dumps(patched).decode(), detail)
