"""What is wrong with an APIService.

Kubernetes: staging/src/k8s.io/kube-aggregator/pkg/apis/apiregistration/validation/validation.go
"""

from __future__ import annotations

from minikube_py.api.kinds.apiregistration.api_service_spec import APIServiceSpec
from minikube_py.api.kinds.field_checks import NOT_A_PORT, Errors, required_errors
from minikube_py.api.validation import dns_1035_label_error, dns_subdomain_error, invalid_value


def service_errors(spec: APIServiceSpec, name: str) -> Errors:
    expected = f"{spec.version}.{spec.group}"
    if name != expected:
        yield invalid_value("metadata.name", name, f'must be `spec.version+"."+spec.group`: "{expected}"')
    if not spec.group and spec.version != "v1":
        yield invalid_value(
            "spec.version", spec.version, "only v1 may have an empty group and it better be legacy kube"
        )
    elif spec.group and (problem := dns_subdomain_error(spec.group)):
        yield invalid_value("spec.group", spec.group, problem)
    if problem := dns_1035_label_error(spec.version):
        yield invalid_value("spec.version", spec.version, problem)
    if not 0 < spec.group_priority_minimum <= 20000:
        why = "must be positive and less than 20000"
        yield invalid_value("spec.groupPriorityMinimum", spec.group_priority_minimum, why)
    if not 0 < spec.version_priority <= 1000:
        yield invalid_value("spec.versionPriority", spec.version_priority, "must be positive and less than 1000")
    yield from _backend_errors(spec)


def _backend_errors(spec: APIServiceSpec) -> Errors:
    if spec.service is None:
        if spec.ca_bundle:
            yield invalid_value(
                "spec.caBundle", f"{len(spec.ca_bundle)} bytes", "local APIServices may not have a caBundle"
            )
        if spec.insecure_skip_tls_verify:
            why = "local APIServices may not have insecureSkipTLSVerify"
            yield invalid_value("spec.insecureSkipTLSVerify", True, why)
        return
    yield from required_errors(spec.service.namespace, "spec.service.namespace")
    yield from required_errors(spec.service.name, "spec.service.name")
    if spec.service.port is not None and not 0 < spec.service.port < 65536:
        why = f"port is not valid: {NOT_A_PORT}"
        yield invalid_value("spec.service.port", spec.service.port, why)
    if spec.insecure_skip_tls_verify and spec.ca_bundle:
        yield invalid_value("spec.insecureSkipTLSVerify", True, "may not be true if caBundle is present")
