"""What is wrong with what a pod or container wants to be allowed.

Kubernetes: pkg/apis/core/validation/validation.go (ValidateSecurityContext, validatePodSpecSecurityContext)
"""

from __future__ import annotations

import re

from minikube_py.api.capabilities import ALLOWS_PRIVILEGED
from minikube_py.api.kinds.core.pod_spec import PodSpec
from minikube_py.api.kinds.core.security import (
    AppArmorProfile,
    PodSecurityContext,
    SeccompProfile,
    SecurityContext,
    Sysctl,
)
from minikube_py.api.kinds.field_checks import Errors, choice_errors, range_errors
from minikube_py.api.model import Json
from minikube_py.api.validation import duplicate_value, forbidden_value, invalid_value, required, unsupported_value

_LARGEST_ID = 2**31 - 1
_PROFILE_TYPES = ("Localhost", "RuntimeDefault", "Unconfined")
_SYSCTL = re.compile(r"([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?")
_NOT_A_SYSCTL = (
    r"must have at most 253 characters and match regex "
    r"^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"
)


def security_context_errors(context: SecurityContext | None, path: str) -> Errors:
    if context is None:
        return
    if context.privileged and not ALLOWS_PRIVILEGED.get():
        yield forbidden_value(f"{path}.privileged", "disallowed by cluster policy")
    yield from range_errors(context.run_as_user, 0, _LARGEST_ID, f"{path}.runAsUser")
    yield from range_errors(context.run_as_group, 0, _LARGEST_ID, f"{path}.runAsGroup")
    yield from choice_errors(context.proc_mount, ("Default", "Unmasked"), f"{path}.procMount")
    yield from _seccomp_errors(context.seccomp_profile, f"{path}.seccompProfile")
    if context.allow_privilege_escalation is False:
        yield from _escalation_errors(context, path)
    yield from _app_armor_errors(context.app_armor_profile, f"{path}.appArmorProfile")


def _escalation_errors(context: SecurityContext, path: str) -> Errors:
    if context.privileged:
        why = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
        yield invalid_value(path, _in_go(context), why)
    capabilities = context.capabilities
    if capabilities is not None and "CAP_SYS_ADMIN" in capabilities.add:
        why = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"
        yield invalid_value(path, _in_go(context), why)


def _in_go(context: SecurityContext) -> dict[str, Json]:
    """The context as the real server shows it: the members of its internal type, in their order."""
    document = context.to_dict()
    if context.capabilities is not None:
        document["capabilities"] = {"Add": context.capabilities.add or None, "Drop": context.capabilities.drop or None}
    names = (
        "Capabilities", "Privileged", "SELinuxOptions", "WindowsOptions", "RunAsUser", "RunAsGroup", "RunAsNonRoot",
        "ReadOnlyRootFilesystem", "AllowPrivilegeEscalation", "ProcMount", "SeccompProfile", "AppArmorProfile",
    )  # fmt: skip
    return {name: document.get(name[0].lower() + name[1:]) for name in names}


def _seccomp_errors(profile: SeccompProfile | None, path: str) -> Errors:
    if profile is None:
        return
    if profile.type == "Localhost":
        if not profile.localhost_profile:
            yield required(f"{path}.localhostProfile", "must be set when seccomp type is Localhost")
    elif profile.localhost_profile is not None:
        given = {"Type": profile.type, "LocalhostProfile": profile.localhost_profile}
        yield invalid_value(f"{path}.localhostProfile", given, "can only be set when seccomp type is Localhost")
    if not profile.type:
        yield required(f"{path}.type", "type is required when seccompProfile is set")
    elif profile.type not in _PROFILE_TYPES:
        yield unsupported_value(f"{path}.type", profile.type, _PROFILE_TYPES)


def _app_armor_errors(profile: AppArmorProfile | None, path: str) -> Errors:
    if profile is None:
        return
    if profile.type == "Localhost":
        if not profile.localhost_profile:
            yield required(f"{path}.localhostProfile", "must be set when AppArmor type is Localhost")
    elif profile.localhost_profile is not None:
        why = "can only be set when AppArmor type is Localhost"
        yield invalid_value(f"{path}.localhostProfile", profile.localhost_profile, why)
    if not profile.type:
        yield required(f"{path}.type", "type is required when appArmorProfile is set")
    elif profile.type not in _PROFILE_TYPES:
        yield unsupported_value(f"{path}.type", profile.type, _PROFILE_TYPES)


def pod_security_errors(spec: PodSpec, path: str) -> Errors:
    """What is wrong with the pod's own security context, and with sharing namespaces."""
    context = spec.security_context
    if context is None or context == _EMPTY:
        yield from _namespace_errors(spec, path)
        return
    yield from range_errors(context.fs_group, 0, _LARGEST_ID, f"{path}.fsGroup")
    yield from range_errors(context.run_as_user, 0, _LARGEST_ID, f"{path}.runAsUser")
    yield from range_errors(context.run_as_group, 0, _LARGEST_ID, f"{path}.runAsGroup")
    for index, group in enumerate(context.supplemental_groups):
        yield from range_errors(group, 0, _LARGEST_ID, f"{path}.supplementalGroups[{index}]")
    yield from _namespace_errors(spec, path)
    yield from _sysctl_errors(context.sysctls, f"{path}.sysctls")
    policies = ("Always", "OnRootMismatch")
    yield from choice_errors(context.fs_group_change_policy, policies, f"{path}.fsGroupChangePolicy")
    yield from _seccomp_errors(context.seccomp_profile, f"{path}.seccompProfile")
    yield from _app_armor_errors(context.app_armor_profile, f"{path}.appArmorProfile")
    merging = ("Merge", "Strict")
    yield from choice_errors(context.supplemental_groups_policy, merging, f"{path}.supplementalGroupsPolicy")


_EMPTY = PodSecurityContext()


def _namespace_errors(spec: PodSpec, path: str) -> Errors:
    if spec.share_process_namespace and spec.host_pid:
        why = "ShareProcessNamespace and HostPID cannot both be enabled"
        yield invalid_value(f"{path}.shareProcessNamespace", True, why)


def _sysctl_errors(sysctls: tuple[Sysctl, ...], path: str) -> Errors:
    seen: set[str] = set()
    for index, sysctl in enumerate(sysctls):
        if not sysctl.name:
            yield required(f"{path}[{index}].name")
        elif len(sysctl.name) > 253 or not _SYSCTL.fullmatch(sysctl.name):
            yield invalid_value(f"{path}[{index}].name", sysctl.name, _NOT_A_SYSCTL)
        elif sysctl.name in seen:
            yield duplicate_value(f"{path}[{index}].name", sysctl.name)
        seen.add(sysctl.name)


def os_errors(spec: PodSpec, path: str) -> Errors:
    """Windows has no users by number and Linux no Windows options."""
    if spec.os is None:
        return
    if spec.os.name not in ("linux", "windows"):
        yield unsupported_value(f"{path}.os", spec.os.name, ("linux", "windows"))
    contexts: dict[str, PodSecurityContext | SecurityContext | None] = {"securityContext": spec.security_context}
    for index, container in enumerate(spec.containers):
        contexts[f"containers[{index}].securityContext"] = container.security_context
    for where, context in contexts.items():
        if context is None:
            continue
        if spec.os.name == "linux" and context.windows_options is not None:
            yield forbidden_value(f"{path}.{where}.windowsOptions", "windows options cannot be set for a linux pod")
        elif spec.os.name == "windows":
            yield from _windows_errors(context, f"{path}.{where}")


def _windows_errors(context: PodSecurityContext | SecurityContext, path: str) -> Errors:
    why = "cannot be set for a windows pod"
    for attribute, name in _NOT_ON_WINDOWS.items():
        if getattr(context, attribute, None) not in (None, ()):
            yield forbidden_value(f"{path}.{name}", why)


_NOT_ON_WINDOWS = {
    "se_linux_options": "seLinuxOptions",
    "capabilities": "capabilities",
    "read_only_root_filesystem": "readOnlyRootFilesystem",
    "privileged": "privileged",
    "allow_privilege_escalation": "allowPrivilegeEscalation",
    "proc_mount": "procMount",
    "fs_group": "fsGroup",
    "fs_group_change_policy": "fsGroupChangePolicy",
    "sysctls": "sysctls",
    "seccomp_profile": "seccompProfile",
    "run_as_user": "runAsUser",
    "run_as_group": "runAsGroup",
    "supplemental_groups": "supplementalGroups",
}
