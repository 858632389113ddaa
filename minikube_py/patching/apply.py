"""Server-side apply as a request: a config, who applies it, and the object that it makes of the current one.

Kubernetes: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go (applyPatcher)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from minikube_py.api.model import Json
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Time
from minikube_py.api.status import BadRequest, Conflict, InternalError
from minikube_py.documents.manifest import ManifestError, doubled_text, load_all_yaml
from minikube_py.patching.managed_fields import ApplyConflict, Manager, Write, applied
from minikube_py.patching.structured_merge import StructureError


@dataclass(frozen=True, slots=True)
class ApplyPatch:
    """An apply, parsed but not yet done."""

    config: dict[str, Json]
    manager: Manager
    force: bool
    problem: str = ""
    """What a YAML reader says of fields that stand twice."""
    complaints: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def parse(cls, data: bytes, manager: Manager, *, force: bool) -> ApplyPatch:
        """Raises: BadRequest."""
        try:
            config, doubled = next(load_all_yaml(data), (None, ()))
        except ManifestError as error:
            raise BadRequest(f"error decoding YAML: {error}") from error
        if not isinstance(config, dict) or not isinstance(config.get("metadata", {}), dict | None):
            raise BadRequest("error decoding YAML: the applied configuration is no object")
        return cls(config, manager, force, doubled_text(doubled) if doubled else "")

    @property
    def names_version(self) -> bool:
        """Whether the config says of which version it is."""
        return bool((self.config.get("metadata") or {}).get("resourceVersion"))

    def apply(self, current: Resource) -> dict[str, Json]:
        """The document after the apply, its managed fields included. Raises: BadRequest, Conflict, InternalError."""
        self.check_kind(type(current))
        if (self.config.get("metadata") or {}).get("managedFields") is not None:
            raise BadRequest("metadata.managedFields must be nil")
        live = current.to_dict()
        live["metadata"].pop("managedFields", None)
        write = Write(type(current), self.manager, Time.now())
        try:
            document, entries = applied(current.metadata.managed_fields, live, self.config, write, force=self.force)
        except ApplyConflict as error:
            causes = [{"reason": "FieldManagerConflict", "message": why, "field": at} for why, at in error.causes]
            raise Conflict(str(error), details={"causes": causes}) from error
        except StructureError as error:
            raise _no_typed_object(self.config, str(error)) from error
        metadata = {**document["metadata"], "managedFields": [entry.to_dict() for entry in entries]}
        return {**document, "metadata": metadata}

    def check_kind(self, kind: type[Resource]) -> None:
        """Raises: BadRequest when the config is of another kind."""
        definition = kind.definition
        api_version, name = self.config.get("apiVersion", ""), self.config.get("kind", "")
        if (api_version, name) != (definition.api_version, definition.kind):
            raise BadRequest(f"invalid object type: {_group_version_kind(self.config)}")


def _group_version_kind(document: dict[str, Json]) -> str:
    """`apps/v1, Kind=Deployment`; `/v1, Kind=Pod`."""
    api_version = str(document.get("apiVersion", ""))
    return f"{api_version if '/' in api_version else f'/{api_version}'}, Kind={document.get('kind', '')}"


def _no_typed_object(config: dict[str, Json], why: str) -> InternalError:
    metadata = config.get("metadata") or {}
    where = f"{metadata.get('namespace', '')}/{metadata.get('name', '')}; {_group_version_kind(config)}"
    error = InternalError(f"failed to create typed patch object ({where}): {why}")
    error.reason = ""  # type: ignore[misc]  # upstream answers this one without a reason
    return error
