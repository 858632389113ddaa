"""The parts of a CustomResourceDefinition: names, versions, columns, subresources.

Kubernetes: staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1/types.go
"""

from __future__ import annotations

from typing import Annotated

from minikube_py.api.kinds.apiextensions.json_schema import JSONSchemaProps
from minikube_py.api.markers import Format, ListType, NotRequired, Required
from minikube_py.api.model import Model, written, written_null
from minikube_py.api.scalars import Base64, Int64, Time


class ServiceReference(Model):
    name: str = written(str)
    namespace: str = written(str)
    path: str | None = None
    port: int | None = None


class WebhookClientConfig(Model):
    ca_bundle: Annotated[Base64, Format("byte")] = ""
    service: ServiceReference | None = None
    url: str | None = None


class WebhookConversion(Model):
    client_config: WebhookClientConfig | None = None
    conversion_review_versions: tuple[str, ...] = written(tuple)


class CustomResourceConversion(Model):
    strategy: str = written(str)
    webhook: WebhookConversion | None = None


class CustomResourceDefinitionNames(Model):
    categories: tuple[str, ...] = ()
    kind: str = written(str)
    list_kind: str = ""
    plural: str = written(str)
    short_names: tuple[str, ...] = ()
    singular: str = ""


class CustomResourceColumnDefinition(Model):
    description: str = ""
    format: str = ""
    json_path: str = written(str)
    name: str = written(str)
    priority: int = 0
    type: str = written(str)


class CustomResourceValidation(Model):
    open_api_v3_schema: JSONSchemaProps | None = None


class SelectableField(Model):
    json_path: str = written(str)


class CustomResourceSubresourceScale(Model):
    label_selector_path: str | None = None
    spec_replicas_path: str = written(str)
    status_replicas_path: str = written(str)


class CustomResourceSubresourceStatus(Model):
    pass


class CustomResourceSubresources(Model):
    scale: CustomResourceSubresourceScale | None = None
    status: CustomResourceSubresourceStatus | None = None


class CustomResourceDefinitionVersion(Model):
    """One version of the kind: its schema and how it is shown."""

    additional_printer_columns: tuple[CustomResourceColumnDefinition, ...] = ()
    deprecated: bool = False
    deprecation_warning: str | None = None
    name: str = written(str)
    schema_: CustomResourceValidation | None = None
    selectable_fields: tuple[SelectableField, ...] = ()
    served: bool = written(bool)
    storage: bool = written(bool)
    subresources: CustomResourceSubresources | None = None


class CustomResourceDefinitionSpec(Model):
    """Names, scope and versions of the kind."""

    conversion: CustomResourceConversion | None = None
    group: str = written(str)
    names: Annotated[CustomResourceDefinitionNames, Required()] = written(CustomResourceDefinitionNames)
    preserve_unknown_fields: bool = False
    scope: str = written(str)
    versions: tuple[CustomResourceDefinitionVersion, ...] = written(tuple)


class CustomResourceDefinitionCondition(Model):
    last_transition_time: Time | None = None
    message: str = ""
    observed_generation: Int64 = 0
    reason: str = ""
    status: str = written(str)
    type: str = written(str)


class CustomResourceDefinitionStatus(Model):
    """What became of the definition: the names that it got, and whether it is served."""

    conditions: Annotated[
        tuple[CustomResourceDefinitionCondition, ...] | None, ListType("map", ("type",)), NotRequired()
    ] = written_null()
    accepted_names: CustomResourceDefinitionNames = written(CustomResourceDefinitionNames)
    stored_versions: Annotated[tuple[str, ...] | None, NotRequired()] = written_null()
    observed_generation: Int64 = 0
