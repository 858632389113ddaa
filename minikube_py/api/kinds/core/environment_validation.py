"""What is wrong with a container's environment, and with references to fields of the pod itself.

Kubernetes: pkg/apis/core/validation/validation.go (ValidateEnv, validateObjectFieldSelector); pkg/apis/core/pods
"""

from __future__ import annotations

import re

from minikube_py.api.kinds.core.common import (
    ConfigMapKeySelector,
    FileKeySelector,
    ObjectFieldSelector,
    ResourceFieldSelector,
    SecretKeySelector,
)
from minikube_py.api.kinds.core.container import EnvFromSource, EnvVar, EnvVarSource
from minikube_py.api.kinds.field_checks import Errors, required_errors, subdomain_errors
from minikube_py.api.validation import (
    config_key_error,
    dns_subdomain_error,
    invalid_value,
    qualified_name_errors,
    required,
    unsupported_value,
)

_PRINTABLE = re.compile(r"[ -<>-~]+")
_NOT_A_VARIABLE = "a valid environment variable name must consist only of printable ASCII characters other than '='"
_SUBSCRIPTED = re.compile(r"(metadata\.(?:labels|annotations))\['(.*)'\]")

_KNOWN_FIELDS = frozenset(
    {
        "metadata.name", "metadata.namespace", "metadata.uid", "metadata.annotations", "metadata.labels",
        "spec.nodeName", "spec.restartPolicy", "spec.serviceAccountName", "spec.schedulerName",
        "status.phase", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
    }
)  # fmt: skip
FIELDS_IN_ENVIRONMENT = (
    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
    "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
)  # fmt: skip
FIELDS_IN_FILES = (
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
)
_RESOURCES = (
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
)
_DIVISORS = {
    "cpu": ("1m", "1"),
    "memory": ("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"),
}


def env_errors(variables: tuple[EnvVar, ...], path: str) -> Errors:
    for index, variable in enumerate(variables):
        yield from _name_errors(variable.name, f"{path}[{index}].name")
        if variable.value_from is not None:
            yield from _source_errors(variable.value_from, variable.value, f"{path}[{index}].valueFrom")


def _name_errors(name: str, path: str) -> Errors:
    if not name:
        yield required(path)
    elif not _PRINTABLE.fullmatch(name):
        yield invalid_value(path, name, _NOT_A_VARIABLE)


def _source_errors(source: EnvVarSource, value: str, path: str) -> Errors:
    given = [name for name in type(source).model_fields if getattr(source, name) is not None]
    if source.field_ref is not None:
        yield from field_ref_errors(source.field_ref, FIELDS_IN_ENVIRONMENT, f"{path}.fieldRef")
    if source.resource_field_ref is not None:
        yield from resource_ref_errors(source.resource_field_ref, f"{path}.resourceFieldRef", in_volume=False)
    if source.config_map_key_ref is not None:
        yield from _key_errors(source.config_map_key_ref, f"{path}.configMapKeyRef")
    if source.secret_key_ref is not None:
        yield from _key_errors(source.secret_key_ref, f"{path}.secretKeyRef")
    if source.file_key_ref is not None:
        yield from _file_key_errors(source.file_key_ref, f"{path}.fileKeyRef")
    if not given:
        kinds = "`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
        yield invalid_value(path, "", f"must specify one of: {kinds}")
    elif value:
        yield invalid_value(path, "", "may not be specified when `value` is not empty")
    elif len(given) > 1:
        yield invalid_value(path, "", "may not have more than one field specified at a time")


def _key_errors(reference: ConfigMapKeySelector | SecretKeySelector, path: str) -> Errors:
    yield from subdomain_errors(reference.name, f"{path}.name")
    if not reference.key:
        yield required(f"{path}.key")
    elif problem := config_key_error(reference.key):
        yield invalid_value(f"{path}.key", reference.key, problem)


def _file_key_errors(reference: FileKeySelector, path: str) -> Errors:
    yield from _name_errors(reference.key, f"{path}.key")
    yield from required_errors(reference.volume_name, f"{path}.volumeName")
    yield from required_errors(reference.path, f"{path}.path")


def field_ref_errors(reference: ObjectFieldSelector, allowed: tuple[str, ...], path: str) -> Errors:
    """What is wrong with a field of the pod as the source of a value. Labels and annotations may be subscripted."""
    if not reference.api_version:
        yield required(f"{path}.apiVersion")
        return
    if not reference.field_path:
        yield required(f"{path}.fieldPath")
        return
    if subscripted := _SUBSCRIPTED.fullmatch(reference.field_path):
        of_annotations = subscripted[1] == "metadata.annotations"
        key = subscripted[2].lower() if of_annotations else subscripted[2]
        for problem in qualified_name_errors(key):
            yield invalid_value(path, subscripted[2], problem)
    elif reference.field_path not in _KNOWN_FIELDS:
        why = f"error converting fieldPath: field label not supported: {reference.field_path}"
        yield invalid_value(f"{path}.fieldPath", reference.field_path, why)
    elif reference.field_path not in allowed:
        yield unsupported_value(f"{path}.fieldPath", reference.field_path, allowed)


def resource_ref_errors(reference: ResourceFieldSelector, path: str, *, in_volume: bool) -> Errors:
    """`in_volume`: a volume belongs to no container, so the reference has to name one."""
    if in_volume and not reference.container_name:
        yield required(f"{path}.containerName")
    elif not reference.resource:
        yield required(f"{path}.resource")
    elif reference.resource not in _RESOURCES and ".hugepages-" not in reference.resource:
        yield unsupported_value(f"{path}.resource", reference.resource, _RESOURCES)
    else:
        yield from _divisor_errors(reference, path)


def _divisor_errors(reference: ResourceFieldSelector, path: str) -> Errors:
    resource = reference.resource.partition(".")[2]
    divisors = _DIVISORS["cpu" if resource == "cpu" else "memory"]
    if reference.divisor not in (None, "0", *divisors):
        listed = (" and " if resource == "cpu" else ", ").join(divisors)
        why = f"only divisor's values {listed} are supported with the {resource} resource"
        yield invalid_value(f"{path}.divisor", reference.resource, why)


def env_from_errors(sources: tuple[EnvFromSource, ...], path: str) -> Errors:
    for index, source in enumerate(sources):
        if source.prefix and not _PRINTABLE.fullmatch(source.prefix):
            yield invalid_value(f"{path}[{index}].prefix", source.prefix, _NOT_A_VARIABLE)
        named = {"configMapRef": source.config_map_ref, "secretRef": source.secret_ref}
        given = {kind: reference.name for kind, reference in named.items() if reference is not None}
        for kind, name in given.items():
            yield from _reference_errors(name, f"{path}[{index}].{kind}.name")
        if not given:
            yield invalid_value(path, "", "must specify one of: `configMapRef` or `secretRef`")
        elif len(given) > 1:
            yield invalid_value(path, "", "may not have more than one field specified at a time")


def _reference_errors(name: str, path: str) -> Errors:
    if not name:
        yield required(path)
    elif problem := dns_subdomain_error(name):
        yield invalid_value(path, name, problem)
