"""PolicyRequest: a write, as policies see it.

Kubernetes: staging/src/k8s.io/apiserver/pkg/admission/plugin/cel/condition.go (CreateAdmissionRequest)
Simplified: `request.options` says of which kind the options are and whether this is a trial, no more.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from dataclasses import replace as with_changes
from typing import Any

from minikube_py.api.kinds.authentication.token_review import UserInfo
from minikube_py.api.kinds.core.namespace import Namespace
from minikube_py.api.model import Json
from minikube_py.api.resource import Resource

_OPTIONS = {"CREATE": "CreateOptions", "UPDATE": "UpdateOptions", "DELETE": "DeleteOptions"}


@dataclass(frozen=True)
class PolicyRequest:
    operation: str
    resource: type[Resource]
    namespace: str
    name: str
    user: UserInfo
    obj: Resource | None
    """What is asked for; None for a deletion."""
    old: Resource | None
    """What there is; None for a creation."""
    subresource: str = ""
    dry_run: bool = False
    in_namespace: Namespace | None = None
    """The namespace of the object; None for what has none."""
    seen_as: type[Resource] | None = None
    """The other kind as which the policy meets the object."""

    @property
    def kind(self) -> type[Resource]:
        return self.seen_as or self.resource

    def as_kind(self, kind: type[Resource]) -> PolicyRequest:
        """The request for whoever asked about that kind, which is another view of the same stored objects."""
        return self if kind is self.kind else with_changes(self, seen_as=kind)

    @functools.cached_property
    def document(self) -> Json:
        return self._document(self.obj)

    @functools.cached_property
    def old_document(self) -> Json:
        return self._document(self.old)

    def _document(self, obj: Resource | None) -> Json:
        if obj is None:
            return None
        document = (converted(obj, self.kind) if isinstance(obj, self.resource) else obj).to_dict()
        return {name: value for name, value in document.items() if name != "metadata" or value}

    @property
    def _kind_of_object(self) -> type[Resource]:
        """That of the resource, but for a subresource that is an object of its own."""
        shown = self.obj or self.old
        return self.kind if shown is None or isinstance(shown, self.resource) else type(shown)

    @functools.cached_property
    def namespace_document(self) -> Json:
        """Of the namespace, what policies may know: not whom it belongs to, nor its type."""
        if self.in_namespace is None:
            return None
        document = self.in_namespace.to_dict()
        metadata = {name: value for name, value in document["metadata"].items() if name != "managedFields"}
        return {"metadata": metadata, "spec": document.get("spec") or {}, "status": document.get("status") or {}}

    @functools.cached_property
    def attributes(self) -> dict[str, Any]:
        """The variable `request`."""
        found = {
            "kind": _kind(self._kind_of_object),
            "resource": _resource(self.kind),
            "subResource": self.subresource,
            "requestKind": _kind(self.resource if self.seen_as else self._kind_of_object),
            "requestResource": _resource(self.resource),
            "requestSubResource": self.subresource,
            "name": self.name,
            "namespace": self.namespace,
            "operation": self.operation,
            "userInfo": self.user.to_dict(),
            "dryRun": self.dry_run,
            "options": self._options,
        }
        return {name: value for name, value in found.items() if value not in ("", {})}

    @property
    def _options(self) -> dict[str, Json]:
        kind = _OPTIONS.get(self.operation)
        options: dict[str, Json] = {"kind": kind, "apiVersion": "meta.k8s.io/v1"} if kind else {}
        return {**options, "dryRun": ["All"]} if self.dry_run else options


def _kind(resource: type[Resource]) -> dict[str, Json]:
    definition = resource.definition
    return {"group": definition.group, "version": definition.version, "kind": definition.kind}


def _resource(resource: type[Resource]) -> dict[str, Json]:
    definition = resource.definition
    return {"group": definition.group, "version": definition.version, "resource": definition.plural}


def converted(obj: Resource, kind: type[Resource]) -> Resource:
    """The object as another view of what is stored of it."""
    return obj if type(obj) is kind else kind.decode_stored(obj.to_stored())
