"""Pure: a container's configuration and its image's defaults, in; an OCI runtime specification (config.json), out.

This is where `command`, `runAsUser`, `capabilities` and `limits` become what the kernel understands.

Kubernetes: CRI-O's container factory; the defaults (capabilities, masked paths, /proc, /dev, /sys) are those that
Docker made customary. The format is the Open Container Initiative's runtime-spec.
Simplified: no seccomp profile (Kubernetes' default is Unconfined), no AppArmor or SELinux.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from minikube_py.runtime.interface import ContainerConfig, ImageStatus, Mount, Resources, RuntimeFault, Security
from minikube_py.runtime.oci.users import User
from minikube_py.runtime.rights import ALL_CAPABILITIES

Json: TypeAlias = dict[str, Any]

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
DEFAULT_CAPABILITIES = (
    "CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP",
    "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE",
)  # fmt: skip
_MASKED = (
    "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/scsi", "/proc/sched_debug",
    "/proc/timer_list", "/proc/timer_stats", "/sys/firmware",
)  # fmt: skip
_READ_ONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")
_PROPAGATION = {"private": "rprivate", "host-to-container": "rslave", "bidirectional": "rshared"}


@dataclass(frozen=True, slots=True)
class SandboxPlace:
    """The sandbox a container joins: a file a namespace, None = the host's."""

    hostname: str
    network: Path | None
    ipc: Path | None
    uts: Path | None
    pid: Path | None
    shm: Path
    has_own_pid: bool
    """Whether the container gets a process namespace of its own (`pid` is then None)."""


@dataclass(frozen=True, slots=True)
class BundleParts:
    """Everything a specification is made of."""

    config: ContainerConfig
    image: ImageStatus
    user: User
    sandbox: SandboxPlace
    cgroup: str
    rootfs: Path
    rights: tuple[str, ...] = ALL_CAPABILITIES
    """The capabilities that there are on this machine."""


def runtime_spec(parts: BundleParts) -> Json:
    """The whole config.json of a container. Raises: RuntimeFault where no command is given anywhere."""
    config, security = parts.config, parts.config.security
    linux: Json = {
        "cgroupsPath": parts.cgroup,
        "namespaces": _namespaces(parts.sandbox),
        "resources": {
            **resource_limits(config.resources),
            "devices": [{"allow": security.privileged, "access": "rwm"}],
        },
        "rootfsPropagation": _root_propagation(config.mounts),
    }
    if not security.privileged:
        linux |= {"maskedPaths": list(_MASKED), "readonlyPaths": list(_READ_ONLY)}
    return {
        "ociVersion": "1.0.2",
        "hostname": parts.sandbox.hostname if parts.sandbox.uts else "",
        "root": {"path": str(parts.rootfs), "readonly": security.read_only_rootfs},
        "process": _process(parts),
        "mounts": _mounts(parts),
        "linux": linux,
    }


def command_line(config: ContainerConfig, image: ImageStatus) -> tuple[str, ...]:
    """What runs: `command` replaces ENTRYPOINT and drops CMD, `args` replaces CMD."""
    entrypoint = config.command or image.entrypoint
    arguments = config.args or (() if config.command else image.command)
    if not entrypoint + arguments:
        raise RuntimeFault(f"container {config.name}: no command specified, and image {config.image} has none")
    return entrypoint + arguments


def environment(config: ContainerConfig, image: ImageStatus, home: str, hostname: str) -> list[str]:
    """The image's variables, overridden by the container's; PATH, HOME and HOSTNAME get a value if nobody gave one."""
    values = {"PATH": DEFAULT_PATH, "HOME": home, "HOSTNAME": hostname}
    values |= dict(entry.partition("=")[::2] for entry in image.env)
    values |= config.env
    if config.tty:
        values.setdefault("TERM", "xterm")
    return [f"{name}={value}" for name, value in values.items()]


def capabilities(security: Security, rights: tuple[str, ...] = ALL_CAPABILITIES) -> list[str]:
    """The customary set, plus `add`, minus `drop`; `ALL` means every one that there is."""
    if security.privileged:
        return _names(rights)
    add = {_plain(name) for name in security.add_capabilities}
    drop = {_plain(name) for name in security.drop_capabilities}
    unknown = sorted((add | drop) - {*ALL_CAPABILITIES, "ALL"})
    if unknown:
        raise RuntimeFault(f"unknown capability {unknown[0]!r}")
    base = set(rights) if "ALL" in add else set(DEFAULT_CAPABILITIES)
    chosen = (set() if "ALL" in drop else base - drop) | (add - {"ALL"})
    return _names(name for name in ALL_CAPABILITIES if name in chosen)


def resource_limits(resources: Resources) -> Json:
    """The limits in the specification's words; the runtime translates them to the machine's cgroup version."""
    limits: Json = {}
    cpu = {"shares": resources.cpu_shares, "quota": resources.cpu_quota_us, "period": resources.cpu_period_us}
    if chosen := {name: value for name, value in cpu.items() if value}:
        limits["cpu"] = chosen
    if resources.memory_limit_bytes:
        # Swap equal to memory means none on top of it; a pod's limit is a limit.
        limits["memory"] = {"limit": resources.memory_limit_bytes, "swap": resources.memory_limit_bytes}
    if resources.pids_limit:
        limits["pids"] = {"limit": resources.pids_limit}
    return limits


def _process(parts: BundleParts) -> Json:
    config, security, user = parts.config, parts.config.security, parts.user
    granted = capabilities(security, parts.rights)
    # Only root keeps capabilities across the start of a program; another user gets a ceiling and no more.
    held = granted if user.uid == 0 else []
    return {
        "terminal": config.tty,
        "user": {"uid": user.uid, "gid": user.gid, "additionalGids": _groups(parts)},
        "args": list(command_line(config, parts.image)),
        "env": environment(config, parts.image, user.home, parts.sandbox.hostname),
        "cwd": config.working_dir or parts.image.working_dir or "/",
        "capabilities": {"bounding": granted, "effective": held, "permitted": held},
        "noNewPrivileges": security.no_new_privileges,
        "oomScoreAdj": config.resources.oom_score_adj,
    }


def _groups(parts: BundleParts) -> list[int]:
    return sorted({parts.user.gid, *parts.user.groups, *parts.config.security.supplemental_groups})


def _namespaces(sandbox: SandboxPlace) -> list[Json]:
    joined: Mapping[str, Path | None] = {
        "network": sandbox.network,
        "ipc": sandbox.ipc,
        "uts": sandbox.uts,
        "pid": sandbox.pid,
    }
    namespaces: list[Json] = [{"type": "mount"}]
    namespaces += [{"type": kind, "path": str(path)} for kind, path in joined.items() if path is not None]
    return namespaces + ([{"type": "pid"}] if sandbox.has_own_pid else [])


def _mounts(parts: BundleParts) -> list[Json]:
    privileged = parts.config.security.privileged
    sys_options = ["nosuid", "noexec", "nodev", "rw" if privileged else "ro"]
    mounts = [
        _mount("/proc", "proc", "proc", ["nosuid", "noexec", "nodev"]),
        _mount("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
        _mount(
            "/dev/pts", "devpts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]
        ),
        _mount("/dev/mqueue", "mqueue", "mqueue", ["nosuid", "noexec", "nodev"]),
        # With the host's network a fresh sysfs may not be mounted; the host's own is shown instead.
        _mount("/sys", "sysfs", "sysfs", sys_options)
        if parts.sandbox.network
        else _mount("/sys", "bind", "/sys", ["rbind", *sys_options]),
        _mount("/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev", "relatime", sys_options[-1]]),
        _mount("/dev/shm", "bind", str(parts.sandbox.shm), ["rbind", "rw"]),
    ]
    own = sorted(parts.config.mounts, key=lambda mount: mount.container_path.count("/"))
    taken = {mount.container_path.rstrip("/") for mount in own}
    return [mount for mount in mounts if mount["destination"] not in taken] + [_own_mount(mount) for mount in own]


def _own_mount(mount: Mount) -> Json:
    options = ["rbind", _PROPAGATION[mount.propagation], "ro" if mount.read_only else "rw"]
    return _mount(mount.container_path, "bind", str(mount.host_path), options)


def _mount(target: str, kind: str, source: str, options: list[str]) -> Json:
    return {"destination": target, "type": kind, "source": source, "options": options}


def _root_propagation(mounts: tuple[Mount, ...]) -> str:
    wanted = {mount.propagation for mount in mounts}
    if "bidirectional" in wanted:
        return "rshared"
    return "rslave" if "host-to-container" in wanted else "rprivate"


def _plain(name: str) -> str:
    return name.upper().removeprefix("CAP_")


def _names(names: Any) -> list[str]:
    return [f"CAP_{name}" for name in names]
