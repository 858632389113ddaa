"""What is wrong with the rules of an Ingress.

Kubernetes: pkg/apis/networking/validation/validation.go
"""

from __future__ import annotations

import ipaddress

from minikube_py.api.kinds.field_checks import (
    Errors,
    address_errors,
    port_name_problems,
    range_errors,
    required_errors,
    subdomain_errors,
)
from minikube_py.api.kinds.networking.ingress_spec import (
    HTTPIngressPath,
    IngressBackend,
    IngressRule,
    IngressServiceBackend,
    IngressSpec,
    IngressStatus,
)
from minikube_py.api.validation import (
    dns_1035_label_error,
    dns_subdomain_error,
    invalid_value,
    required,
    unsupported_value,
)

_PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
_NOT_IN_PATHS = ("//", "/./", "/../", "%2f", "%2F")
_NOT_AT_THE_END = ("/..", "/.")


def spec_errors(spec: IngressSpec) -> Errors:
    if not spec.rules and spec.default_backend is None:
        yield invalid_value("spec", None, "either `defaultBackend` or `rules` must be specified")
    if spec.default_backend is not None:
        yield from _backend_errors(spec.default_backend, "spec.defaultBackend")
    for index, rule in enumerate(spec.rules):
        yield from _rule_errors(rule, f"spec.rules[{index}]")
    for index, tls in enumerate(spec.tls):
        for number, host in enumerate(tls.hosts):
            yield from _host_errors(host, f"spec.tls[{index}].hosts[{number}]")
    if spec.ingress_class_name is not None:
        yield from subdomain_errors(spec.ingress_class_name, "spec.ingressClassName")


def _host_errors(host: str, path: str) -> Errors:
    plain = host.removeprefix("*.")
    if "*" not in host:
        yield from subdomain_errors(host, path)
    elif plain == host or dns_subdomain_error(plain):
        why = (
            "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist "
            "of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. "
            "'*.example.com', regex used for validation is "
            "'\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
        )
        yield invalid_value(path, host, why)


def _rule_errors(rule: IngressRule, path: str) -> Errors:
    if rule.host:
        if _is_address(rule.host):
            yield invalid_value(f"{path}.host", rule.host, "must be a DNS name, not an IP address")
        yield from _host_errors(rule.host, f"{path}.host")
    if rule.http is None:
        return
    if not rule.http.paths:
        yield required(f"{path}.http.paths")
    for index, http_path in enumerate(rule.http.paths):
        yield from _path_errors(http_path, f"{path}.http.paths[{index}]")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _path_errors(http_path: HTTPIngressPath, path: str) -> Errors:
    given = http_path.path
    if http_path.path_type is None:
        yield required(f"{path}.pathType", "pathType must be specified")
    elif http_path.path_type not in _PATH_TYPES:
        yield unsupported_value(f"{path}.pathType", http_path.path_type, _PATH_TYPES)
    elif http_path.path_type == "ImplementationSpecific":
        if given and not given.startswith("/"):
            yield invalid_value(f"{path}.path", given, "must be an absolute path")
    else:
        if not given.startswith("/"):
            yield invalid_value(f"{path}.path", given, "must be an absolute path")
        for part in _NOT_IN_PATHS:
            if part in given:
                yield invalid_value(f"{path}.path", given, f"must not contain '{part}'")
        for end in _NOT_AT_THE_END:
            if given.endswith(end):
                yield invalid_value(f"{path}.path", given, f"cannot end with '{end}'")
    yield from _backend_errors(http_path.backend, f"{path}.backend")


def _backend_errors(backend: IngressBackend, path: str) -> Errors:
    if backend.resource is not None and backend.service is not None:
        yield invalid_value(path, "", "cannot set both resource and service backends")
    elif backend.resource is not None:
        if backend.resource.api_group is not None:
            yield from subdomain_errors(backend.resource.api_group, f"{path}.resource.apiGroup")
        yield from required_errors(backend.resource.kind, f"{path}.resource.kind")
        yield from required_errors(backend.resource.name, f"{path}.resource.name")
    elif backend.service is not None:
        yield from _service_errors(backend.service, path)
    else:
        yield invalid_value(path, "", "resource or service backend is required")


def _service_errors(service: IngressServiceBackend, path: str) -> Errors:
    if not service.name:
        yield required(f"{path}.service.name")
    elif problem := dns_1035_label_error(service.name):
        yield invalid_value(f"{path}.service.name", service.name, problem)
    port = service.port
    if port.name and port.number:
        yield invalid_value(path, "", "cannot set both port name & port number")
    elif port.name:
        for problem in port_name_problems(port.name):
            yield invalid_value(f"{path}.service.port.name", port.name, problem)
    elif port.number:
        yield from range_errors(port.number, 1, 65535, f"{path}.service.port.number")
    else:
        yield required(path, "port name or number is required")


def status_errors(status: IngressStatus) -> Errors:
    for index, point in enumerate(status.load_balancer.ingress):
        path = f"status.loadBalancer.ingress[{index}]"
        if point.ip:
            yield from address_errors(point.ip, f"{path}.ip")
        if point.hostname:
            yield from subdomain_errors(point.hostname, f"{path}.hostname")
