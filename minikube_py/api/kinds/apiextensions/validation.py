"""What is wrong with a CustomResourceDefinition.

Kubernetes: staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from minikube_py.api.kinds.apiextensions.definition_spec import (
    CustomResourceDefinitionNames,
    CustomResourceDefinitionSpec,
    CustomResourceDefinitionVersion,
)
from minikube_py.api.kinds.apiextensions.schema_validation import schema_errors
from minikube_py.api.kinds.field_checks import Errors, required_errors
from minikube_py.api.validation import (
    dns_1035_label_error,
    dns_subdomain_error,
    duplicate_value,
    immutable_errors,
    invalid_value,
    required,
    unsupported_value,
)


def definition_errors(
    spec: CustomResourceDefinitionSpec, name: str, old: CustomResourceDefinitionSpec | None
) -> Errors:
    """What is wrong with the definition called `name`, or with the change from `old`."""
    if name != f"{spec.names.plural}.{spec.group}":
        yield invalid_value("metadata.name", name, 'must be spec.names.plural+"."+spec.group')
    yield from _group_errors(spec.group)
    if spec.preserve_unknown_fields:
        why = "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
        yield invalid_value("spec.preserveUnknownFields", True, why)
    if spec.scope not in ("Cluster", "Namespaced"):
        yield unsupported_value("spec.scope", spec.scope, ("Cluster", "Namespaced"))
    yield from _version_errors(spec)
    yield from _name_errors(spec.names, "spec.names")
    yield from _conversion_errors(spec)
    if old is not None:
        yield from immutable_errors(spec.group, old.group, "spec.group")
        yield from immutable_errors(spec.names.plural, old.names.plural, "spec.names.plural")
        yield from immutable_errors(spec.scope, old.scope, "spec.scope")
        yield from immutable_errors(spec.names.kind, old.names.kind, "spec.names.kind")


_APPROVED = "api-approved.kubernetes.io"


def approval_errors(group: str, annotations: Mapping[str, str]) -> Errors:
    """The groups of Kubernetes itself are not for everybody."""
    if group.endswith((".k8s.io", ".kubernetes.io")) and not annotations.get(_APPROVED):
        why = f'protected groups must have approval annotation "{_APPROVED}"'
        see = "see https://github.com/kubernetes/enhancements/pull/1111"
        yield required(f"metadata.annotations[{_APPROVED}]", f"{why}, {see}")


def _group_errors(group: str) -> Errors:
    if not group:
        yield required("spec.group")
    elif problem := dns_subdomain_error(group):
        yield invalid_value("spec.group", group, problem)
    elif "." not in group:
        yield invalid_value("spec.group", group, "should be a domain with at least one dot")


def version_path(spec: CustomResourceDefinitionSpec, index: int, attribute: str) -> str:
    """Where errors say that a part of a version is: what all versions have alike is said of the kind as a whole."""
    parts = [getattr(version, attribute) for version in spec.versions]
    is_shared = all(part == parts[0] for part in parts)
    name = str(CustomResourceDefinitionVersion.model_fields[attribute].alias)
    if is_shared:
        return "spec.validation" if attribute == "schema_" else f"spec.{name}"
    return f"spec.versions[{index}].{name}"


def _version_errors(spec: CustomResourceDefinitionSpec) -> Errors:
    versions = spec.versions
    names: set[str] = set()
    for index, version in enumerate(versions):
        path = f"spec.versions[{index}]"
        if problem := dns_1035_label_error(version.name):
            yield invalid_value(f"{path}.name", version.name, problem)
        if version.name in names:
            yield duplicate_value(f"{path}.name", version.name)
        names.add(version.name)
        schema = version.schema_.open_api_v3_schema if version.schema_ else None
        if schema is None:
            yield required(f"{path}.schema.openAPIV3Schema")
        else:
            yield from schema_errors(schema, f"{version_path(spec, index, 'schema_')}.openAPIV3Schema")
        yield from _column_errors(version, version_path(spec, index, "additional_printer_columns"))
        yield from _subresource_errors(version, version_path(spec, index, "subresources"))
    if sum(version.storage for version in versions) != 1:
        shown = [version.to_dict() for version in versions]
        yield invalid_value("spec.versions", shown, "must have exactly one version marked as storage version")


def stored_version_errors(spec: CustomResourceDefinitionSpec, stored: Iterable[str]) -> Errors:
    """A version in which objects may still be stored must not go: nobody could read them."""
    names = {version.name for version in spec.versions}
    for index, name in enumerate(stored):
        if name not in names:
            yield invalid_value(
                f"status.storedVersions[{index}]",
                name,
                f"missing from spec.versions; {name} was previously a storage version, and must remain in "
                f"spec.versions until a storage migration ensures no data remains persisted in {name} and removes "
                f"{name} from status.storedVersions",
            )


def _column_errors(version: CustomResourceDefinitionVersion, path: str) -> Errors:
    types = ("boolean", "date", "integer", "number", "string")
    for index, column in enumerate(version.additional_printer_columns):
        where = f"{path}[{index}]"
        yield from required_errors(column.name, f"{where}.name")
        if not column.type:
            yield required(f"{where}.type", f"must be one of {', '.join(types)}")
        elif column.type not in types:
            yield invalid_value(f"{where}.type", column.type, f"must be one of {','.join(types)}")
        yield from required_errors(column.json_path, f"{where}.JSONPath")


def _subresource_errors(version: CustomResourceDefinitionVersion, path: str) -> Errors:
    scale = version.subresources.scale if version.subresources else None
    if scale is None:
        return
    for field, value, roots in (
        ("specReplicasPath", scale.spec_replicas_path, (".spec",)),
        ("statusReplicasPath", scale.status_replicas_path, (".status",)),
        ("labelSelectorPath", scale.label_selector_path, (".status", ".spec")),
    ):
        where = f"{path}.scale.{field}"
        if not value:
            yield from () if value is None or field == "labelSelectorPath" else (required(where),)
        elif not _SIMPLE_PATH.fullmatch(value):
            yield invalid_value(where, value, "must be a simple json path starting with .")
        elif not value.startswith(tuple(f"{root}." for root in roots)):
            yield invalid_value(where, value, f"should be a json path under {' or '.join(roots)}")


_SIMPLE_PATH = re.compile(r"(\.[A-Za-z_][\w-]*)+")


def _name_errors(names: CustomResourceDefinitionNames, path: str) -> Errors:
    for field, name, letters in (
        ("plural", names.plural, names.plural),
        ("singular", names.singular, names.singular),
        ("kind", names.kind, names.kind.lower()),
        ("listKind", names.list_kind, names.list_kind.lower()),
    ):
        if not name:
            yield required(f"{path}.{field}")
        elif problem := dns_1035_label_error(letters):
            why = f"may have mixed case, but should otherwise match: {problem}" if "ind" in field else problem
            yield invalid_value(f"{path}.{field}", name, why)
    for field, values in (("shortNames", names.short_names), ("categories", names.categories)):
        for index, name in enumerate(values):
            if problem := dns_1035_label_error(name):
                yield invalid_value(f"{path}.{field}[{index}]", name, problem)
    if names.kind and names.kind == names.list_kind:
        yield invalid_value(f"{path}.listKind", names.list_kind, "kind and listKind may not be the same")


def _conversion_errors(spec: CustomResourceDefinitionSpec) -> Errors:
    conversion = spec.conversion
    if conversion is None:
        yield required("spec.conversion")
    elif conversion.strategy not in ("None", "Webhook"):
        yield unsupported_value("spec.conversion.strategy", conversion.strategy, ("None", "Webhook"))
    elif conversion.strategy == "Webhook" and (conversion.webhook is None or conversion.webhook.client_config is None):
        why = "required when strategy is set to Webhook"
        yield required("spec.conversion.webhook.clientConfig", why)
