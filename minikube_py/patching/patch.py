"""What the three kinds of patch share: how they can fail.

A patch is applied to plain documents (what a JSON parser gives). Applying returns a new document and leaves both the
old document and the patch as they were; unchanged parts may be shared between old and new, so treat both as frozen.

Kubernetes: apiserver pkg/endpoints/handlers/patch.go
"""

from __future__ import annotations

from typing import TypeAlias

from minikube_py.documents.json_values import Json
from minikube_py.errors import MinikubeError

Document: TypeAlias = dict[str, Json]


class PatchError(MinikubeError):
    """A patch that cannot be applied."""


class MalformedPatch(PatchError):
    """The body is no patch of its kind at all (Kubernetes answers 400)."""


class PatchTooLarge(PatchError):
    """More operations, or more copying, than one request may ask for (413)."""


class PatchDoesNotApply(PatchError):
    """A JSON patch that does not fit the document (Kubernetes answers 422, without the cause given here)."""


class BadDirective(PatchError):
    """A strategic merge patch whose directives or lists make no sense (Kubernetes answers 500 with this text)."""
