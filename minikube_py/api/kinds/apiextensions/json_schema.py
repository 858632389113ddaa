"""JSONSchemaProps: the structural schema of a custom kind.

Kubernetes: staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1/types_jsonschema.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from minikube_py.api.markers import MergeBy, OneOf
from minikube_py.api.model import Json, Model, written
from minikube_py.api.scalars import Int64


class ExternalDocumentation(Model):
    description: str = ""
    url: str | None = None


class ValidationRule(Model):
    rule: str = written(str)
    message: str = ""
    message_expression: str = ""
    reason: Annotated[
        str | None, OneOf("FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired")
    ] = None
    field_path: str = ""
    optional_old_self: bool | None = None


class JSONSchemaProps(Model):
    ref: str = Field(default="", alias="$ref")
    schema_uri: str = Field(default="", alias="$schema")
    additional_items: JSONSchemaProps | bool | None = None
    additional_properties: JSONSchemaProps | bool | None = None
    all_of: tuple[JSONSchemaProps, ...] = ()
    any_of: tuple[JSONSchemaProps, ...] = ()
    default: Json | None = None
    definitions: Mapping[str, JSONSchemaProps] = {}
    dependencies: Mapping[str, JSONSchemaProps | tuple[str, ...]] = {}
    description: str = ""
    enum: tuple[Json, ...] = ()
    example: Json | None = None
    exclusive_maximum: bool = False
    exclusive_minimum: bool = False
    external_docs: ExternalDocumentation | None = None
    format: str = ""
    id: str = ""
    items: JSONSchemaProps | tuple[JSONSchemaProps, ...] | None = None
    max_items: Int64 | None = None
    max_length: Int64 | None = None
    max_properties: Int64 | None = None
    maximum: float | None = None
    min_items: Int64 | None = None
    min_length: Int64 | None = None
    min_properties: Int64 | None = None
    minimum: float | None = None
    multiple_of: float | None = None
    not_: JSONSchemaProps | None = None
    nullable: bool = False
    one_of: tuple[JSONSchemaProps, ...] = ()
    pattern: str = ""
    pattern_properties: Mapping[str, JSONSchemaProps] = {}
    properties: Mapping[str, JSONSchemaProps] = {}
    required: tuple[str, ...] = ()
    title: str = ""
    type: str = ""
    unique_items: bool = False
    embedded_resource: bool = Field(default=False, alias="x-kubernetes-embedded-resource")
    int_or_string: bool = Field(default=False, alias="x-kubernetes-int-or-string")
    list_map_keys: tuple[str, ...] = Field(default=(), alias="x-kubernetes-list-map-keys")
    list_type: str | None = Field(default=None, alias="x-kubernetes-list-type")
    map_type: str | None = Field(default=None, alias="x-kubernetes-map-type")
    preserve_unknown_fields: bool | None = Field(default=None, alias="x-kubernetes-preserve-unknown-fields")
    validations: Annotated[tuple[ValidationRule, ...], MergeBy("rule", ("rule",))] = Field(
        default=(), alias="x-kubernetes-validations"
    )
