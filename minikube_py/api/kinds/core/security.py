"""What a pod or container may do to the machine.

Kubernetes: staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

from typing import Annotated

from minikube_py.api.markers import OneOf
from minikube_py.api.model import Model, written
from minikube_py.api.scalars import Int64


class AppArmorProfile(Model):
    type: Annotated[str, OneOf("Localhost", "RuntimeDefault", "Unconfined")] = written(str)
    localhost_profile: str | None = None


class Capabilities(Model):
    """Parts of root's power on Linux, to add or to drop."""

    add: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


class SELinuxOptions(Model):
    user: str = ""
    role: str = ""
    type: str = ""
    level: str = ""


class SeccompProfile(Model):
    type: Annotated[str, OneOf("Localhost", "RuntimeDefault", "Unconfined")] = written(str)
    localhost_profile: str | None = None


class WindowsSecurityContextOptions(Model):
    gmsa_credential_spec_name: str | None = None
    gmsa_credential_spec: str | None = None
    run_as_user_name: str | None = None
    host_process: bool | None = None


class SecurityContext(Model):
    """Restrictions of one container; they go before the pod's."""

    capabilities: Capabilities | None = None
    privileged: bool | None = None
    se_linux_options: SELinuxOptions | None = None
    run_as_user: Int64 | None = None
    run_as_non_root: bool | None = None
    read_only_root_filesystem: bool | None = None
    allow_privilege_escalation: bool | None = None
    run_as_group: Int64 | None = None
    proc_mount: Annotated[str | None, OneOf("Default", "Unmasked")] = None
    windows_options: WindowsSecurityContextOptions | None = None
    seccomp_profile: SeccompProfile | None = None
    app_armor_profile: AppArmorProfile | None = None


class Sysctl(Model):
    name: str = written(str)
    value: str = written(str)


class PodSecurityContext(Model):
    """Restrictions that hold for all containers of a pod."""

    se_linux_options: SELinuxOptions | None = None
    run_as_user: Int64 | None = None
    run_as_non_root: bool | None = None
    supplemental_groups: tuple[Int64, ...] = ()
    fs_group: Int64 | None = None
    run_as_group: Int64 | None = None
    sysctls: tuple[Sysctl, ...] = ()
    windows_options: WindowsSecurityContextOptions | None = None
    fs_group_change_policy: Annotated[str | None, OneOf("Always", "OnRootMismatch")] = None
    seccomp_profile: SeccompProfile | None = None
    app_armor_profile: AppArmorProfile | None = None
    supplemental_groups_policy: Annotated[str | None, OneOf("Merge", "Strict")] = None
    se_linux_change_policy: str | None = None
