"""How the fields of a kind merge, as the server's OpenAPI says: what apply and edit need to compute patches.

Kubernetes: kubectl's openapi3 PatchMetaFromOpenAPIV3.
"""

from dataclasses import dataclass

from minikube_py.cli.discovery import ResourceType
from minikube_py.cli.schemas import Schema, Schemas
from minikube_py.cli.session import Session
from minikube_py.patching.strategic_merge import FieldPatch, PatchSchema


@dataclass(frozen=True, slots=True)
class OpenApiPatchSchema:
    """A PatchSchema that reads the strategies from OpenAPI extensions, as far down as it is asked."""

    schemas: Schemas
    schema: Schema

    def field(self, name: str) -> FieldPatch:
        properties, _ = self.schemas.properties(self.schema)
        found = properties.get(name)
        if found is None:
            return FieldPatch()
        strategies = str(found.get("x-kubernetes-patch-strategy") or "").split(",")
        inner = OpenApiPatchSchema(self.schemas, found)
        key = str(found.get("x-kubernetes-patch-merge-key") or "")
        retains = "retainKeys" in strategies
        if "merge" in strategies:
            return FieldPatch("merge", key, retains, inner)
        return FieldPatch("replace" if "replace" in strategies else "", key, retains, inner)


def merges_strategically(resource: ResourceType) -> bool:
    """Whether a type is built in: only those take strategic merge patches."""
    return "." not in resource.group or resource.group.endswith(".k8s.io")


def patch_schema(session: Session, resource: ResourceType) -> PatchSchema | None:
    """Ask for the schema of a type; None when the server does not tell."""
    found = openapi_schema(session, resource)
    return None if found is None else OpenApiPatchSchema(*found)


def openapi_schema(session: Session, resource: ResourceType) -> tuple[Schemas, Schema] | None:
    """The schema of a type, and those that it refers to."""
    schemas = _schemas_of(session, f"{'apis' if resource.group else 'api'}/{resource.api_version}")
    root = schemas.for_kind(resource.group, resource.version, resource.kind) if schemas else None
    return None if schemas is None or root is None else (schemas, root)


def _schemas_of(session: Session, group_version: str) -> Schemas | None:
    """The schemas of one group version, asked for once a session."""
    if group_version not in session.schemas:
        paths = session.connection.get("/openapi/v3").get("paths") or {}
        entry = paths.get(group_version)
        document = session.connection.get(entry["serverRelativeURL"]) if entry else None
        found = (document.get("components") or {}).get("schemas") or {} if document else None
        session.schemas[group_version] = None if found is None else Schemas(found)
    return session.schemas[group_version]
