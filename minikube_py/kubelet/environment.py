"""The environment of a container, and the expansion of $(NAME) in it, in command and in arguments. Pure.

Kubernetes: pkg/kubelet/kubelet_pods.go (makeEnvironmentVariables), pkg/kubelet/envvars, third_party/forked/golang
Simplified: no fileKeyRef.
"""

import base64
import re
from collections.abc import Iterable, Mapping

from minikube_py.api.kinds.core.container import Container, EnvFromSource, EnvVar, EnvVarSource
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.service import Service
from minikube_py.kubelet.downward import PodFacts, UnknownField, field_value, resource_value
from minikube_py.kubelet.references import MissingReference, References

_REFERENCE = re.compile(r"\$(?:\$|\(([^()$]*)\))")


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Replace $(NAME) by its value; an unknown name stays as it is, `$$` is one dollar sign."""

    def value(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        return variables.get(match[1], match[0])

    return _REFERENCE.sub(value, text)


def container_environment(facts: PodFacts, container: Container, references: References) -> dict[str, str]:
    """The variables: those of envFrom, over them those of env in order; services' only where nothing else is set.

    Raises: MissingReference, UnknownField.
    """
    services = service_variables(visible_services(facts.pod, references.services))
    variables: dict[str, str] = {}
    for source in container.env_from:
        variables.update(_bulk_variables(source, references))
    for variable in container.env:
        value = _variable(facts, container, variable, references, {**services, **variables})
        if value is not None:
            variables[variable.name] = value
    return {**services, **variables}


def visible_services(pod: Pod, services: Iterable[Service]) -> list[Service]:
    """Those whose variables the pod gets: always the API server's, its namespace's own unless it declines links."""
    wants_links = pod.spec.enable_service_links is not False
    own = pod.metadata.namespace
    chosen: dict[str, Service] = {}
    for service in services:
        namespace, name = service.metadata.namespace, service.metadata.name
        if service.spec.cluster_ip in ("", "None"):
            continue
        is_api_server = namespace == "default" and name == "kubernetes"
        if (wants_links and namespace == own) or (is_api_server and name not in chosen):
            chosen[name] = service
    return [chosen[name] for name in sorted(chosen)]


def service_variables(services: Iterable[Service]) -> dict[str, str]:
    """{NAME}_SERVICE_HOST and _PORT, and the variables of Docker's old links."""
    variables: dict[str, str] = {}
    for service in services:
        variables.update(_variables_of(service))
    return variables


def _variables_of(service: Service) -> dict[str, str]:
    prefix, address = _variable_name(service.metadata.name), service.spec.cluster_ip
    host = f"[{address}]" if ":" in address else address
    variables = {f"{prefix}_SERVICE_HOST": address}
    for index, port in enumerate(service.spec.ports):
        protocol = port.protocol or "TCP"
        url = f"{protocol.lower()}://{host}:{port.port}"
        if index == 0:
            variables |= {f"{prefix}_SERVICE_PORT": str(port.port), f"{prefix}_PORT": url}
        if port.name:
            variables[f"{prefix}_SERVICE_PORT_{_variable_name(port.name)}"] = str(port.port)
        link = f"{prefix}_PORT_{port.port}_{protocol}"
        variables |= {
            link: url,
            f"{link}_PROTO": protocol.lower(),
            f"{link}_PORT": str(port.port),
            f"{link}_ADDR": address,
        }
    return variables


def _variable_name(name: str) -> str:
    return name.upper().replace("-", "_")


def _bulk_variables(source: EnvFromSource, references: References) -> dict[str, str]:
    pairs: dict[str, str] = {}
    if source.config_map_ref is not None:
        config_map = references.config_map(source.config_map_ref.name, is_optional=bool(source.config_map_ref.optional))
        pairs.update(config_map.data if config_map is not None else {})
    if source.secret_ref is not None:
        secret = references.secret(source.secret_ref.name, is_optional=bool(source.secret_ref.optional))
        pairs.update({key: _decoded(value) for key, value in secret.data.items()} if secret is not None else {})
    return {source.prefix + key: value for key, value in pairs.items()}


def _variable(
    facts: PodFacts, container: Container, variable: EnvVar, references: References, known: Mapping[str, str]
) -> str | None:
    source = variable.value_from
    if source is None:
        return expand(variable.value, known)
    if source.field_ref is not None:
        return field_value(facts, source.field_ref.field_path)
    if source.resource_field_ref is not None:
        return resource_value(facts, source.resource_field_ref, container.name)
    return _value_of_key(facts.pod, source, references)


def _value_of_key(pod: Pod, source: EnvVarSource, references: References) -> str | None:
    if source.config_map_key_ref is not None:
        kind, wanted = "ConfigMap", source.config_map_key_ref
        config_map = references.config_map(wanted.name, is_optional=bool(wanted.optional))
        value = config_map.data.get(wanted.key) if config_map is not None else None
        name, key, is_optional = wanted.name, wanted.key, wanted.optional
    elif source.secret_key_ref is not None:
        kind, chosen = "Secret", source.secret_key_ref
        secret = references.secret(chosen.name, is_optional=bool(chosen.optional))
        encoded = secret.data.get(chosen.key) if secret is not None else None
        value = _decoded(encoded) if encoded is not None else None
        name, key, is_optional = chosen.name, chosen.key, chosen.optional
    else:
        raise UnknownField("env valueFrom: this source is not supported (fileKeyRef)")
    if value is None and not is_optional:
        raise MissingReference(f"couldn't find key {key} in {kind} {pod.metadata.namespace}/{name}")
    return value


def _decoded(value: str) -> str:
    return base64.b64decode(value).decode(errors="surrogateescape")
