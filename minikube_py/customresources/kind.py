"""A custom kind as a Resource: its definition made into classes, one a version, while the server runs.

An object is its metadata and whatever else its schema lets it have, as plain JSON. All versions are views of what is
stored in one of them; what is read from the store is pruned and defaulted anew, so a changed schema holds for old
objects too.

Kubernetes: staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/customresource_handler.go
Simplified: versions differ in their name and schema only (conversion strategy None).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any, ClassVar, Self

import orjson
from pydantic import ConfigDict

from minikube_py.api.definition import Definition, PublishedSchema, Scale
from minikube_py.api.kinds.apiextensions.custom_resource_definition import CustomResourceDefinition
from minikube_py.api.kinds.apiextensions.definition_spec import (
    CustomResourceDefinitionVersion,
    CustomResourceSubresources,
)
from minikube_py.api.kinds.apiextensions.json_schema import JSONSchemaProps
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.model import Decoded, Json, decode
from minikube_py.api.resource import Resource
from minikube_py.api.shapes import Shape
from minikube_py.api.validation import FieldError
from minikube_py.customresources.columns import columns_of
from minikube_py.customresources.publishing import published
from minikube_py.customresources.rules import Rules
from minikube_py.customresources.shapes import shape_of_schema
from minikube_py.customresources.structure import TYPE_FIELDS, Pruner, defaulted
from minikube_py.customresources.validation import are_blocking, not_checked, structural_errors, value_errors

_VERBS = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")


class Structure:
    """What follows from the schema of a version; made when it is first asked for."""

    def __init__(self, schema: JSONSchemaProps, definition: Definition) -> None:
        self.schema = schema
        self.rules = Rules(schema)
        self._definition = definition

    @functools.cached_property
    def shape(self) -> Shape:
        return shape_of_schema(self.schema, is_object=True)

    @functools.cached_property
    def published(self) -> PublishedSchema:
        return published(self.schema, self._definition)


class CustomResource(Resource):
    """The base of all custom kinds."""

    model_config = ConfigDict(extra="allow")

    structure: ClassVar[Structure]
    stored_as: ClassVar[type[CustomResource]]
    """The version that such objects are stored in."""

    @property
    def content(self) -> dict[str, Json]:
        """All but type and metadata."""
        assert self.__pydantic_extra__ is not None
        return self.__pydantic_extra__

    @classmethod
    def shape(cls) -> Shape:
        return cls.structure.shape

    @classmethod
    def published_schema(cls) -> PublishedSchema:
        return cls.structure.published

    @classmethod
    def read(cls, document: dict[str, Json]) -> Decoded[Self]:
        metadata = decode(ObjectMeta, orjson.dumps(document.get("metadata") or {}))
        pruner = Pruner()
        content = defaulted(pruner.pruned(document, cls.structure.schema, is_object=True), cls.structure.schema)
        unknown = (*pruner.found, *(f"metadata.{path}" for path in metadata.unknown_fields))
        return Decoded(cls._of(content, metadata.value), unknown)

    @classmethod
    def _of(cls, content: dict[str, Json], metadata: ObjectMeta) -> Self:
        made = cls(metadata=metadata)
        made.content.update({name: value for name, value in content.items() if name not in TYPE_FIELDS})
        return made

    @classmethod
    def from_stored(cls, document: dict[str, Json]) -> dict[str, Json]:
        stored = cls.stored_as.structure.schema
        made: dict[str, Json] = defaulted(_pruned(document, stored), stored)
        if cls is not cls.stored_as:
            made = _pruned(made, cls.structure.schema)
        api_version = cls.definition.api_version
        return made if made.get("apiVersion") == api_version else {**made, "apiVersion": api_version}

    @classmethod
    def decode_stored(cls, data: bytes) -> Self:
        return cls.from_dict(cls.from_stored(orjson.loads(data)))

    def to_stored(self) -> bytes:
        return self.stored_as.header() + super().to_stored()[len(self.header()) :]

    def prepare_for_create(self) -> Self:
        return self.with_status_of(type(self)()) if self.definition.has_status else self

    def with_status_of(self, other: Self) -> Self:
        rest = {name: value for name, value in self.content.items() if name != "status"}
        status = {"status": other.content["status"]} if "status" in other.content else {}
        return self._of(rest | status, self.metadata)

    def counts_as_changed(self, old: Self) -> bool:
        uncounted = {"status"} if self.definition.has_status else set()
        before, after = old.content, self.content
        return any(before.get(name) != after.get(name) for name in (before.keys() | after.keys()) - uncounted)

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        schema, new, before = self.structure.schema, self._seen(), None if old is None else old._seen()
        found = list(value_errors(new, schema, "") if before is None else value_errors(new, schema, "", before))
        found += structural_errors(new, schema, "")
        if self.structure.rules.exist:
            found += [not_checked()] if are_blocking(found) else self.structure.rules.errors(new, before)
        return found

    def status_errors(self, old: Self) -> Iterable[FieldError]:
        return self.field_errors(old)

    def _seen(self) -> dict[str, Json]:
        """The object as its schema judges it: of metadata, the names."""
        names = {"name": self.metadata.name, "generateName": self.metadata.generate_name}
        identity = {"kind": self.definition.kind, "apiVersion": self.definition.api_version}
        return {**self.content, **identity, "metadata": {name: value for name, value in names.items() if value}}


def kinds_of(definition: CustomResourceDefinition) -> tuple[type[CustomResource], ...]:
    """One class for each version of the definition, the one that is stored first; not all may be served."""
    newest = _deprecated_in_favour_of(definition)
    versions = sorted(definition.spec.versions, key=lambda version: not version.storage)
    kinds = tuple(_define(definition, version, newest) for version in versions)
    for kind in kinds:
        kind.stored_as = kinds[0]
    return kinds


def _pruned(document: dict[str, Json], schema: JSONSchemaProps) -> dict[str, Json]:
    """The stored document without what the schema does not have; the same one if there is nothing."""
    pruner = Pruner(is_lenient=True)
    kept: dict[str, Json] = pruner.pruned(document, schema, is_object=True)
    return document if kept == document else kept


def _define(
    definition: CustomResourceDefinition, version: CustomResourceDefinitionVersion, newest: str
) -> type[CustomResource]:
    spec, names = definition.spec, definition.status.accepted_names
    subresources = version.subresources or CustomResourceSubresources()
    api_version = f"{spec.group}/{version.name}"
    deprecation = f"{api_version} {spec.names.kind} is deprecated"
    if newest:
        deprecation += f"; use {spec.group}/{newest} {spec.names.kind}"
    kind = Definition(
        group=spec.group,
        version=version.name,
        kind=spec.names.kind,
        plural=spec.names.plural,
        singular=names.singular,
        list_kind=spec.names.list_kind,
        namespaced=spec.scope == "Namespaced",
        short_names=names.short_names,
        categories=names.categories,
        columns=columns_of(version.additional_printer_columns),
        selectable_fields=tuple(field.json_path.removeprefix(".") for field in version.selectable_fields),
        has_status=subresources.status is not None,
        scale=_scale(subresources),
        verbs=_VERBS,
        allows_unconditional_update=False,
        stored_prefix="" if version.storage else f"/registry/{spec.group}/{spec.names.plural}/",
        deprecation=(version.deprecation_warning or deprecation) if version.deprecated else "",
        any_finalizer=True,
        status_writes_metadata=False,
        merges_strategically=False,
    )
    schema = version.schema_.open_api_v3_schema if version.schema_ else None
    members: dict[str, Any] = {
        "__module__": __name__,
        "definition": kind,
        "structure": Structure(schema or JSONSchemaProps(type="object", preserve_unknown_fields=True), kind),
    }
    return type(spec.names.kind, (CustomResource,), members)


def _scale(subresources: CustomResourceSubresources) -> Scale | None:
    if subresources.scale is None:
        return None
    paths = subresources.scale
    spec, status = paths.spec_replicas_path.removeprefix("."), paths.status_replicas_path.removeprefix(".")
    return Scale(spec, status, (paths.label_selector_path or "").removeprefix("."))


def _deprecated_in_favour_of(definition: CustomResourceDefinition) -> str:
    """The first version that is served and not deprecated."""
    return next((each.name for each in definition.spec.versions if each.served and not each.deprecated), "")
