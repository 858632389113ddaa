"""The Pod Security Standards: what a pod may not ask for at the levels baseline and restricted. Pure.

Each check answers with a sentence on what it found, or with nothing. They are asked in the order of upstream's names.

Kubernetes: staging/src/k8s.io/pod-security-admission/policy
Simplified: a standard of an older version leaves out the checks that came later, but does not take back what later
versions allow.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from minikube_py.api.kinds.core.container import Container, EphemeralContainer, LifecycleHandler, Probe
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.pod_spec import PodTemplateSpec
from minikube_py.api.kinds.core.security import PodSecurityContext, SecurityContext
from minikube_py.api.kinds.field_checks import Errors
from minikube_py.api.validation import invalid_value

Checked = Pod | PodTemplateSpec
LEVELS = ("privileged", "baseline", "restricted")
PREFIX = "pod-security.kubernetes.io/"
LATEST = 1_000_000
"""The minor version of a standard that grows with the server."""

_MODES = ("enforce", "audit", "warn")
_VERSION = re.compile(r"latest|v1\.(0|[1-9][0-9]{0,4})", re.ASCII)
_ANY, _ANY_POD = SecurityContext(), PodSecurityContext()
_DEFAULT_CAPABILITIES = {
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP",
    "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
}  # fmt: skip
_SELINUX_TYPES = ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")
_SAFE_SYSCTLS = {
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ping_group_range", "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_wmem",
}  # fmt: skip
_VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret",
}  # fmt: skip
_PROFILES = ("RuntimeDefault", "Localhost")
_APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"


def policy_of(labels: Mapping[str, str], mode: str) -> tuple[str, str, int]:
    """Level, version and minor version of what a namespace's labels ask for in a mode: enforce, audit or warn."""
    version = labels.get(f"{PREFIX}{mode}-version", "latest")
    minor = LATEST if version == "latest" else int(version.removeprefix("v1."))
    return labels.get(f"{PREFIX}{mode}", LEVELS[0]), version, minor


def label_errors(labels: Mapping[str, str], old: Mapping[str, str]) -> Errors:
    """What is wrong with a namespace's labels about its pods; those that are as they were are not asked about."""
    for key, value in sorted(labels.items()):
        if not key.startswith(PREFIX) or old.get(key) == value:
            continue
        mode = key.removeprefix(PREFIX)
        if mode in _MODES and value not in LEVELS:
            yield invalid_value(f"metadata.labels[{key}]", value, f"must be one of {', '.join(LEVELS)}")
        elif mode.removesuffix("-version") in _MODES and mode not in _MODES and not _VERSION.fullmatch(value):
            yield invalid_value(f"metadata.labels[{key}]", value, 'must be "latest" or "v1.x"')


def violations(pod: Checked, level: str, minor: int = LATEST) -> list[str]:
    """What the level does not allow, each as `reason (detail)`."""
    found = []
    for check in _CHECKS.get(level, ()):
        text = check.find(pod) if minor >= check.since else ""
        if text:
            found.append(text)
    return found


def _containers(pod: Checked) -> Iterable[Container | EphemeralContainer]:
    return (*pod.spec.init_containers, *pod.spec.containers, *pod.spec.ephemeral_containers)


def _where(pod: Checked, is_so: Callable[[SecurityContext], object]) -> list[str]:
    """The containers for whose security context it is so."""
    return [each.name for each in _containers(pod) if is_so(each.security_context or _ANY)]


def _of_pod(pod: Checked) -> PodSecurityContext:
    return pod.spec.security_context or _ANY_POD


def _quoted(texts: Iterable[str]) -> str:
    return ", ".join(f'"{text}"' for text in texts)


def _named(word: str, names: list[str]) -> str:
    return f"{word}{'s' if len(names) > 1 else ''} {_quoted(names)}"


def _who(names: list[str], *, pod: bool = False) -> str:
    """`pod and containers "a", "b"`"""
    return " and ".join([*(["pod"] if pod else []), *([_named("container", names)] if names else [])])


def _is_windows(pod: Checked) -> bool:
    return pod.spec.os is not None and pod.spec.os.name == "windows"


def _app_armor(pod: Checked) -> str:
    def bad(context: SecurityContext | PodSecurityContext) -> str:
        profile = context.app_armor_profile
        return profile.type if profile is not None and profile.type not in _PROFILES else ""

    of_pod, names = bad(_of_pod(pod)), _where(pod, bad)
    values = {of_pod, *(bad(each.security_context or _ANY) for each in _containers(pod))} - {""}
    annotations = {
        f'{key}="{value}"'
        for key, value in pod.metadata.annotations.items()
        if key.startswith(_APP_ARMOR) and value not in ("", "runtime/default") and not value.startswith("localhost/")
    }
    if not values and not annotations:
        return ""
    who = [text for text in (_who(names, pod=bool(of_pod)),) if text]
    who += [f"annotation{'s' if len(annotations) > 1 else ''}"] if annotations else []
    all_ = sorted(values | annotations)
    reason = f"forbidden AppArmor profile{'s' if len(all_) > 1 else ''}"
    return f"{reason} ({' and '.join(who)} must not set AppArmor profile type to {_quoted(all_)})"


def _added(pod: Checked, allowed: set[str]) -> str:
    def added(context: SecurityContext) -> set[str]:
        return set(context.capabilities.add if context.capabilities else ()) - allowed

    names = _where(pod, added)
    if not names:
        return ""
    all_ = sorted({name for each in _containers(pod) for name in added(each.security_context or _ANY)})
    return f"{_who(names)} must not include {_quoted(all_)} in securityContext.capabilities.add"


def _capabilities(pod: Checked) -> str:
    text = _added(pod, _DEFAULT_CAPABILITIES)
    return f"non-default capabilities ({text})" if text else ""


def _host_namespaces(pod: Checked) -> str:
    spec = pod.spec
    shared = {"hostNetwork": spec.host_network, "hostPID": spec.host_pid, "hostIPC": spec.host_ipc}
    names = [f"{name}=true" for name, is_shared in shared.items() if is_shared]
    return f"host namespaces ({', '.join(names)})" if names else ""


def _host_paths(pod: Checked) -> str:
    names = [volume.name for volume in pod.spec.volumes if volume.host_path is not None]
    return f"hostPath volumes ({_named('volume', names)})" if names else ""


def _host_ports(pod: Checked) -> str:
    found = {each.name: [port.host_port for port in each.ports if port.host_port] for each in _containers(pod)}
    names = [name for name, ports in found.items() if ports]
    ports = sorted({str(port) for ports in found.values() for port in ports})
    what = f"hostPort{'s' if len(ports) > 1 else ''} {', '.join(ports)}"
    return f"hostPort ({_who(names)} {'use' if len(names) > 1 else 'uses'} {what})" if names else ""


def _probe_hosts(pod: Checked) -> str:
    found = {each.name: _hosts(each) for each in _containers(pod)}
    names = [name for name, hosts in found.items() if hosts]
    hosts = sorted({host for hosts in found.values() for host in hosts})
    what = f"probe or lifecycle host{'s' if len(hosts) > 1 else ''} {_quoted(hosts)}"
    use = "use" if len(names) > 1 else "uses"
    return f"probe or lifecycle host ({_who(names)} {use} {what})" if names else ""


def _hosts(container: Container | EphemeralContainer) -> set[str]:
    lifecycle = container.lifecycle
    asked: list[Probe | LifecycleHandler | None] = [
        container.liveness_probe, container.readiness_probe, container.startup_probe,
        lifecycle.post_start if lifecycle else None, lifecycle.pre_stop if lifecycle else None,
    ]  # fmt: skip
    actions = [action for each in asked if each is not None for action in (each.http_get, each.tcp_socket)]
    return {action.host for action in actions if action is not None and action.host}


def _privileged(pod: Checked) -> str:
    names = _where(pod, lambda context: context.privileged)
    return f"privileged ({_who(names)} must not set securityContext.privileged=true)" if names else ""


def _proc_mount(pod: Checked) -> str:
    names = _where(pod, lambda context: context.proc_mount not in (None, "", "Default"))
    if not names or pod.spec.host_users is False:
        return ""
    return f'procMount ({_who(names)} must not set securityContext.procMount to "Unmasked")'


def _se_linux(pod: Checked) -> str:
    def is_bad(context: SecurityContext | PodSecurityContext) -> bool:
        options = context.se_linux_options
        return options is not None and bool(options.type not in _SELINUX_TYPES or options.user or options.role)

    names = _where(pod, is_bad)
    if not names and not is_bad(_of_pod(pod)):
        return ""
    contexts: list[SecurityContext | PodSecurityContext] = [_of_pod(pod)]
    contexts += [each.security_context or _ANY for each in _containers(pod)]
    given = [context.se_linux_options for context in contexts if context.se_linux_options is not None]
    types = sorted({options.type for options in given} - set(_SELINUX_TYPES))
    said = [_named("type", types)] if types else []
    said += ["user may not be set"] if any(options.user for options in given) else []
    said += ["role may not be set"] if any(options.role for options in given) else []
    who = _who(names, pod=is_bad(_of_pod(pod)))
    return f"seLinuxOptions ({who} set forbidden securityContext.seLinuxOptions: {'; '.join(said)})"


def _bad_seccomp(context: SecurityContext | PodSecurityContext) -> str:
    profile = context.seccomp_profile
    return profile.type if profile is not None and profile.type not in _PROFILES else ""


def _seccomp(pod: Checked) -> str:
    of_pod, names = _bad_seccomp(_of_pod(pod)), _where(pod, _bad_seccomp)
    if not of_pod and not names:
        return ""
    values = {of_pod, *(_bad_seccomp(each.security_context or _ANY) for each in _containers(pod))} - {""}
    what = f"must not set securityContext.seccompProfile.type to {_quoted(sorted(values))}"
    return f"seccompProfile ({_who(names, pod=bool(of_pod))} {what})"


def _sysctls(pod: Checked) -> str:
    names = [each.name for each in _of_pod(pod).sysctls if each.name not in _SAFE_SYSCTLS]
    return f"forbidden sysctls ({', '.join(names)})" if names else ""


def _host_process(pod: Checked) -> str:
    def is_bad(context: SecurityContext | PodSecurityContext) -> bool:
        return context.windows_options is not None and bool(context.windows_options.host_process)

    who = _who(_where(pod, is_bad), pod=is_bad(_of_pod(pod)))
    return f"hostProcess ({who} must not set securityContext.windowsOptions.hostProcess=true)" if who else ""


def _escalation(pod: Checked) -> str:
    names = _where(pod, lambda context: context.allow_privilege_escalation is not False)
    if not names or _is_windows(pod):
        return ""
    return f"allowPrivilegeEscalation != false ({_who(names)} must set securityContext.allowPrivilegeEscalation=false)"


def _all_dropped(pod: Checked) -> str:
    if _is_windows(pod):
        return ""
    names = _where(pod, lambda context: context.capabilities is None or "ALL" not in context.capabilities.drop)
    texts = [f'{_who(names)} must set securityContext.capabilities.drop=["ALL"]'] if names else []
    texts += [text for text in (_added(pod, {"NET_BIND_SERVICE"}),) if text]
    return f"unrestricted capabilities ({'; '.join(texts)})" if texts else ""


def _volume_types(pod: Checked) -> str:
    sources = {volume.name: set(volume.to_dict()) - {"name"} - _VOLUMES for volume in pod.spec.volumes}
    names = [name for name, types in sources.items() if types]
    types = sorted({type_ for types in sources.values() for type_ in types})
    use = "use" if len(names) > 1 else "uses"
    what = f"{_named('volume', names)} {use} {_named('restricted volume type', types)}"
    return f"restricted volume types ({what})" if names else ""


def _non_root(pod: Checked) -> str:
    of_pod = _of_pod(pod).run_as_non_root
    names = _where(pod, lambda context: context.run_as_non_root is False)
    silent = [] if of_pod else _where(pod, lambda context: context.run_as_non_root is None)
    if pod.spec.host_users is False:
        return ""
    if names or of_pod is False:
        who = _who(names, pod=of_pod is False)
        return f"runAsNonRoot != true ({who} must not set securityContext.runAsNonRoot=false)"
    if silent:
        return f"runAsNonRoot != true (pod or {_who(silent)} must set securityContext.runAsNonRoot=true)"
    return ""


def _root_user(pod: Checked) -> str:
    who = _who(_where(pod, lambda context: context.run_as_user == 0), pod=_of_pod(pod).run_as_user == 0)
    return f"runAsUser=0 ({who} must not set runAsUser=0)" if who and pod.spec.host_users is not False else ""


def _seccomp_set(pod: Checked) -> str:
    if _is_windows(pod):
        return ""
    silent = _where(pod, lambda context: context.seccomp_profile is None)
    if text := _seccomp(pod):
        return text
    if not silent or _of_pod(pod).seccomp_profile is not None:
        return ""
    what = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
    return f"seccompProfile (pod or {_who(silent)} {what})"


class Check(NamedTuple):
    find: Callable[[Checked], str]
    since: int = 0
    """The minor version whose standard was the first to have it."""


_RESTRICTED_OTHERWISE = (_capabilities, _host_paths, _seccomp)
_BASELINE = (
    Check(_app_armor), Check(_capabilities), Check(_host_namespaces), Check(_host_paths), Check(_host_ports),
    Check(_probe_hosts, since=34), Check(_privileged), Check(_proc_mount), Check(_se_linux),
    Check(_seccomp, since=19), Check(_sysctls), Check(_host_process),
)  # fmt: skip
_CHECKS = {
    "baseline": _BASELINE,
    "restricted": (
        *(check for check in _BASELINE if check.find not in _RESTRICTED_OTHERWISE),
        Check(_escalation, since=8), Check(_all_dropped, since=22), Check(_volume_types), Check(_non_root),
        Check(_root_user, since=23), Check(_seccomp_set, since=19),
    ),
}  # fmt: skip
