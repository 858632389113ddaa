"""What `run --overrides` does to the object that run has made: a patch of one of three kinds, then read again.

Kubernetes: kubectl pkg/cmd/util/override_options.go
Simplified: a field of the wrong type is refused by the server, in its words.
"""

import json
from typing import Any

from minikube_py.cli.discovery import ResourceType
from minikube_py.cli.errors import CommandError
from minikube_py.cli.patch_schemas import openapi_schema, patch_schema
from minikube_py.cli.schemas import Schema, Schemas
from minikube_py.cli.session import Session
from minikube_py.client.yaml_text import Document
from minikube_py.documents.json_syntax import json_syntax_error
from minikube_py.documents.json_values import json_kind
from minikube_py.patching.json_patch import apply_json_patch
from minikube_py.patching.merge_patch import apply_merge_patch
from minikube_py.patching.patch import PatchError
from minikube_py.patching.strategic_merge import apply_strategic_merge_patch

TYPES = ("merge", "json", "strategic")
_DEPTH = 10_000
_GO_TYPE = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'


def overridden(session: Session, resource: ResourceType, document: Document, text: str, how: str) -> Document:
    """Apply overrides of a type to an object of a resource; fields that its kind does not know are dropped.

    Raises: CommandError
    """
    if how not in TYPES:
        raise CommandError(f"invalid override type: {how}")
    patch = _parsed(text, how)
    changed: Any
    try:
        if how == "json":
            changed = apply_json_patch(document, patch)
        elif how == "merge":
            changed = apply_merge_patch(document, patch) if isinstance(patch, dict) else patch
        else:
            changed = apply_strategic_merge_patch(document, patch, patch_schema(session, resource))
    except PatchError as error:
        raise CommandError(_go_words(patch, str(error))) from error
    if not isinstance(changed, dict):
        raise CommandError(
            f"couldn't get version/kind; json parse error: json: cannot unmarshal {json_kind(changed)} into Go value "
            f"of type {_GO_TYPE}"
        )
    return _read_again(session, changed)


def _parsed(text: str, how: str) -> Any:
    wrong = json_syntax_error(text, _DEPTH)
    if wrong:
        raise CommandError({"merge": "Invalid JSON Patch", "strategic": "invalid JSON document"}.get(how, wrong))
    patch = json.loads(text)
    if how == "strategic" and not isinstance(patch, dict):
        raise CommandError("invalid JSON document")
    if how == "json" and not isinstance(patch, list):
        raise CommandError(f"json: cannot unmarshal {json_kind(patch)} into Go value of type jsonpatch.Patch")
    return patch


def _go_words(patch: Any, said: str) -> str:
    """Put the operation in front, as the library of kubectl does."""
    path = said.partition('doc is missing path: "')[2].removesuffix('"')
    for operation in patch if path else ():
        if operation.get("path") == path:
            return f"{operation.get('op')} operation does not apply: doc is missing path: {path}: missing value"
    return said


def _read_again(session: Session, document: Document) -> Document:
    version, kind = str(document.get("apiVersion") or ""), str(document.get("kind") or "")
    resource = session.discovery.for_kind(version, kind)
    if resource is None:
        raise CommandError(
            f'no kind "{kind}" is registered for version "{version}" in scheme "pkg/scheme/scheme.go:28"'
        )
    found = openapi_schema(session, resource)
    read: Document = document if found is None else _known(*found, document)
    return read


def _known(schemas: Schemas, schema: Schema, value: Any) -> Any:
    """Copy a value without nulls and without the members that its schema does not have."""
    inner = schemas.referred(schema)
    if inner is not None:
        return _known(schemas, inner[1], value)
    if isinstance(value, list):
        return [_known(schemas, schema.get("items") or {}, item) for item in value]
    if not isinstance(value, dict):
        return value
    present = {name: item for name, item in value.items() if item is not None}
    properties = schema.get("properties")
    if properties:
        return {name: _known(schemas, properties[name], item) for name, item in present.items() if name in properties}
    values = schema.get("additionalProperties")
    return {name: _known(schemas, values if isinstance(values, dict) else {}, item) for name, item in present.items()}
