"""What is wrong with a pod spec, in a Pod or in a template.

Kubernetes: pkg/apis/core/validation/validation.go (ValidatePodSpec, ValidatePodCreate, ValidatePodTemplateSpec)
Simplified: Windows host processes, dynamic resource claims and scheduling groups are checked lightly.
"""

from __future__ import annotations

import re

from minikube_py.api.kinds.core.container_validation import (
    PodParts,
    container_errors,
    ephemeral_container_errors,
    image_space_errors,
    init_container_errors,
    network_port_errors,
)
from minikube_py.api.kinds.core.pod_defaults import summed_requests
from minikube_py.api.kinds.core.pod_spec import HostAlias, PodDNSConfig, PodResourceClaim, PodSpec, PodTemplateSpec
from minikube_py.api.kinds.core.resource_validation import resource_errors
from minikube_py.api.kinds.core.scheduling_validation import affinity_errors, spread_errors, toleration_errors
from minikube_py.api.kinds.core.security_validation import os_errors, pod_security_errors
from minikube_py.api.kinds.core.volume_validation import sound_volumes, volume_errors
from minikube_py.api.kinds.field_checks import (
    Errors,
    address_errors,
    qualified_errors,
    range_errors,
    subdomain_errors,
)
from minikube_py.api.validation import (
    annotation_errors,
    dns_label_error,
    duplicate_value,
    forbidden_value,
    invalid_value,
    label_errors,
    required,
    unsupported_value,
)

_RESTART_POLICIES = ("Always", "OnFailure", "Never")
_DNS_POLICIES = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_SEARCH = re.compile(r"_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*\.?")
_NOT_A_SEARCH_DOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')"
)


def template_errors(template: PodTemplateSpec, path: str) -> Errors:
    """What is wrong with a pod template."""
    yield from label_errors(template.metadata.labels, f"{path}.labels")
    yield from annotation_errors(template.metadata.annotations, f"{path}.annotations")
    yield from pod_spec_errors(template.spec, f"{path}.spec")
    if template.spec.ephemeral_containers:
        why = "ephemeral containers not allowed in pod template"
        yield forbidden_value(f"{path}.spec.ephemeralContainers", why)


def running_template_errors(template: PodTemplateSpec, path: str, *, of: str) -> Errors:
    """What is wrong with a template whose pods shall run for ever, in a kind that is called `of`."""
    yield from template_errors(template, path)
    if template.spec.restart_policy != "Always":
        yield unsupported_value(f"{path}.spec.restartPolicy", template.spec.restart_policy, ("Always",))
    if template.spec.active_deadline_seconds is not None:
        why = f"activeDeadlineSeconds in {of} is not Supported"
        yield forbidden_value(f"{path}.spec.activeDeadlineSeconds", why)


def new_pod_errors(spec: PodSpec) -> Errors:
    """What is wrong with the spec of a Pod that is to be created."""
    yield from pod_spec_errors(spec, "spec")
    yield from pod_only_errors(spec)
    if spec.ephemeral_containers:
        yield forbidden_value("spec.ephemeralContainers", "cannot be set on create")
    if spec.node_name and spec.scheduling_gates:
        yield forbidden_value("spec.nodeName", "cannot be set until all schedulingGates have been cleared")


def pod_only_errors(spec: PodSpec) -> Errors:
    """What a template may have and a Pod may not."""
    if not spec.service_account_name:
        for index, volume in enumerate(spec.volumes):
            for number, source in enumerate(volume.projected.sources if volume.projected is not None else ()):
                if source.service_account_token is not None:
                    where = f"spec.volumes[{index}].projected.sources[{number}].serviceAccountToken"
                    yield forbidden_value(where, "must not be specified when serviceAccountName is not set")
    groups = {"spec.containers": spec.containers, "spec.initContainers": spec.init_containers}
    yield from image_space_errors(groups)
    if spec.ephemeral_containers:
        yield from image_space_errors({"spec.ephemeralContainers": spec.ephemeral_containers})


def pod_spec_errors(spec: PodSpec, path: str) -> Errors:
    of_volumes = tuple(volume_errors(spec.volumes, f"{path}.volumes"))
    yield from of_volumes
    yield from _claim_errors(spec.resource_claims, f"{path}.resourceClaims")
    yield from _all_container_errors(spec, path, volumes_are_sound=not of_volumes)
    if spec.resources is not None:
        yield from _pod_resource_errors(spec, f"{path}.resources")
    yield from _restart_policy_errors(spec.restart_policy, f"{path}.restartPolicy")
    yield from _dns_policy_errors(spec.dns_policy, f"{path}.dnsPolicy")
    yield from label_errors(spec.node_selector, f"{path}.nodeSelector")
    if spec.host_network:
        yield from network_port_errors(spec.containers, f"{path}.containers")
    yield from pod_security_errors(spec, f"{path}.securityContext")
    if spec.affinity is not None:
        yield from affinity_errors(spec.affinity, f"{path}.affinity")
    yield from _dns_config_errors(spec.dns_config, spec.dns_policy, f"{path}.dnsConfig")
    yield from _gate_errors(spec, path)
    yield from spread_errors(spec.topology_spread_constraints, f"{path}.topologySpreadConstraints")
    if spec.host_users is False:
        yield from _user_namespace_errors(spec, path)
    yield from _name_errors(spec, path)
    yield from toleration_errors(spec.tolerations, f"{path}.tolerations")
    yield from _alias_errors(spec.host_aliases, f"{path}.hostAliases")
    yield from _late_errors(spec, path)
    yield from os_errors(spec, path)


def _all_container_errors(spec: PodSpec, path: str, *, volumes_are_sound: bool) -> Errors:
    parts = PodParts(
        volumes=sound_volumes(spec.volumes, all_sound=volumes_are_sound),
        claims=tuple(claim.name for claim in spec.resource_claims),
        grace_s=spec.termination_grace_period_seconds or 0,
        on_host_network=spec.host_network,
    )
    yield from container_errors(spec.containers, parts, f"{path}.containers")
    if spec.init_containers:
        yield from init_container_errors(spec.init_containers, spec.containers, parts, f"{path}.initContainers")
    if spec.ephemeral_containers:
        others = (*spec.containers, *spec.init_containers)
        where = f"{path}.ephemeralContainers"
        yield from ephemeral_container_errors(spec.ephemeral_containers, others, parts, where)


def _pod_resource_errors(spec: PodSpec, path: str) -> Errors:
    assert spec.resources is not None
    yield from resource_errors(spec.resources, path, of_pod=True)
    for name, total in summed_requests(spec).items():
        amount = spec.resources.requests.get(name)
        if amount is not None and total.value > amount.value and name in spec.resources.limits:
            why = f"must be greater than or equal to aggregate container requests of {total}"
            yield invalid_value(f"{path}.requests[{name}]", amount, why)


def _claim_errors(claims: tuple[PodResourceClaim, ...], path: str) -> Errors:
    for index, claim in enumerate(claims):
        given = (claim.resource_claim_name or None, claim.resource_claim_template_name or None)
        shown = {"Name": claim.name, "ResourceClaimName": given[0], "ResourceClaimTemplateName": given[1]}
        names = "`resourceClaimName`, `resourceClaimTemplateName`"
        if given == (None, None):
            yield invalid_value(f"{path}[{index}]", shown, f"must specify one of: {names}")
        elif None not in given:
            yield invalid_value(f"{path}[{index}]", shown, f"at most one of {names} may be specified")
        if claim.name in [other.name for other in claims[:index]]:
            yield duplicate_value(f"{path}[{index}].name", claim.name)


def _restart_policy_errors(policy: str, path: str) -> Errors:
    if not policy:
        yield required(path)
    elif policy not in _RESTART_POLICIES:
        yield unsupported_value(path, policy, _RESTART_POLICIES)


def _dns_policy_errors(policy: str, path: str) -> Errors:
    if not policy:
        yield required(path)
    elif policy not in _DNS_POLICIES:
        yield unsupported_value(path, policy, _DNS_POLICIES)


def _dns_config_errors(config: PodDNSConfig | None, policy: str, path: str) -> Errors:
    if policy == "None" and config is None:
        yield required(path, "must provide `dnsConfig` when `dnsPolicy` is None")
    if config is None:
        return
    if policy == "None" and not config.nameservers:
        yield required(f"{path}.nameservers", "must provide at least one DNS nameserver when `dnsPolicy` is None")
    if len(config.nameservers) > 3:
        why = "must not have more than 3 nameservers"
        yield invalid_value(f"{path}.nameservers", list(config.nameservers), why)
    for index, server in enumerate(config.nameservers):
        yield from address_errors(server, f"{path}.nameservers[{index}]")
    yield from _search_errors(config, path)
    for index, option in enumerate(config.options):
        if not option.name:
            yield required(f"{path}.options[{index}]", "must not be empty")


def _search_errors(config: PodDNSConfig, path: str) -> Errors:
    if len(config.searches) > 32:
        yield invalid_value(f"{path}.searches", list(config.searches), "must not have more than 32 search paths")
    for index, search in enumerate(config.searches):
        if search != "." and not _SEARCH.fullmatch(search):
            yield invalid_value(f"{path}.searches[{index}]", search, _NOT_A_SEARCH_DOMAIN)


def _gate_errors(spec: PodSpec, path: str) -> Errors:
    for index, readiness in enumerate(spec.readiness_gates):
        yield from qualified_errors(readiness.condition_type, f"{path}.readinessGates[{index}].conditionType")
    names = [gate.name for gate in spec.scheduling_gates]
    for index, name in enumerate(names):
        yield from qualified_errors(name, f"{path}.schedulingGates[{index}]")
        if name in names[:index]:
            yield duplicate_value(f"{path}.schedulingGates[{index}]", name)


def _user_namespace_errors(spec: PodSpec, path: str) -> Errors:
    shared = {"hostNetwork": spec.host_network, "hostPID": spec.host_pid, "hostIPC": spec.host_ipc}
    for name, is_shared in shared.items():
        if is_shared:
            yield forbidden_value(f"{path}.{name}", "when `hostUsers` is false")


def _name_errors(spec: PodSpec, path: str) -> Errors:
    if spec.service_account_name:
        yield from subdomain_errors(spec.service_account_name, f"{path}.serviceAccountName")
    if spec.node_name:
        yield from subdomain_errors(spec.node_name, f"{path}.nodeName")
    if spec.active_deadline_seconds is not None:
        yield from range_errors(spec.active_deadline_seconds, 1, 2**31 - 1, f"{path}.activeDeadlineSeconds")
    for name, value in (("hostname", spec.hostname), ("subdomain", spec.subdomain)):
        if value and (problem := dns_label_error(value)):
            yield invalid_value(f"{path}.{name}", value, problem)


def _alias_errors(aliases: tuple[HostAlias, ...], path: str) -> Errors:
    for index, alias in enumerate(aliases):
        yield from address_errors(alias.ip, f"{path}[{index}].ip")
        for number, name in enumerate(alias.hostnames):
            yield from subdomain_errors(name, f"{path}[{index}].hostnames[{number}]")


def _late_errors(spec: PodSpec, path: str) -> Errors:
    if spec.priority_class_name:
        yield from subdomain_errors(spec.priority_class_name, f"{path}.priorityClassName")
    if spec.runtime_class_name is not None:
        yield from subdomain_errors(spec.runtime_class_name, f"{path}.runtimeClassName")
    if spec.preemption_policy not in (None, "PreemptLowerPriority", "Never"):
        policies = ("PreemptLowerPriority", "Never")
        yield unsupported_value(f"{path}.preemptionPolicy", spec.preemption_policy, policies)
    if spec.hostname_override is not None:
        yield from subdomain_errors(spec.hostname_override, f"{path}.hostnameOverride")
