"""Pure: our configurations in the engine's words, and its answers in ours.

Everything needed to recognise a container again is in its labels, because they are all that survives us:

    minikube-py.cluster   whose it is          minikube-py.kind     sandbox | container
    minikube-py.sandbox   the sandbox's id     minikube-py.record   the identity as JSON (Sandbox- or ContainerLabel)

Kubernetes: dockershim (until 1.23) kept the same facts in io.kubernetes.* labels.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import TypeAdapter

from minikube_py.runtime.interface import (
    ContainerConfig,
    ContainerState,
    ContainerStatus,
    ImageStatus,
    PortMapping,
    Resources,
    SandboxConfig,
    SandboxState,
    SandboxStatus,
)
from minikube_py.runtime.reference import parse_reference
from minikube_py.runtime.rights import ALL_CAPABILITIES

Json: TypeAlias = Any  # what the engine answers

CLUSTER, KIND, SANDBOX, RECORD = "minikube-py.cluster", "minikube-py.kind", "minikube-py.sandbox", "minikube-py.record"
PAUSE_IMAGE = "minikube-py/pause:1"
_NEVER = "0001-01-01"
_PROPAGATION = {"private": "rprivate", "host-to-container": "rslave", "bidirectional": "rshared"}


@dataclass(frozen=True, slots=True)
class ContainerLabel:
    """A container's identity; nothing secret (variables, mounts) goes into a label."""

    sandbox_id: str
    pod_uid: str
    name: str
    attempt: int
    image: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


_SANDBOX_CONFIG = TypeAdapter(SandboxConfig)
_CONTAINER_LABEL = TypeAdapter(ContainerLabel)


@dataclass(frozen=True, slots=True)
class PausePlace:
    """Where the engine puts a pause container."""

    network_mode: str
    cgroup_parent: str
    oom_score_adj: int


@dataclass(frozen=True, slots=True)
class ContainerPlace:
    """What a container finds on this machine."""

    cgroup_parent: str
    rights: tuple[str, ...]
    """The capabilities that there are."""

    @property
    def lacking(self) -> list[str]:
        return [name for name in ALL_CAPABILITIES if name not in self.rights]


def sandbox_request(config: SandboxConfig, cluster: str, place: PausePlace) -> Json:
    """The body of POST /containers/create for a pod's pause container."""
    host: Json = {
        "NetworkMode": "host" if config.host_network else place.network_mode,
        "IpcMode": "host" if config.host_ipc else "shareable",
        "PidMode": "host" if config.host_pid else "",
        "CgroupParent": place.cgroup_parent,
        "Sysctls": dict(config.sysctls),
        "OomScoreAdj": place.oom_score_adj,
        "SecurityOpt": ["no-new-privileges", "seccomp=unconfined"],
        "LogConfig": {"Type": "none"},
    }
    if place.network_mode != "none" and not config.host_network:
        # The engine's own network leads the node's ports to the pod; another network has done so itself.
        host["PortBindings"] = _port_bindings(config.ports)
    labels = {CLUSTER: cluster, KIND: "sandbox", RECORD: _SANDBOX_CONFIG.dump_json(config).decode()}
    exposed: Json = {port: {} for port in host.get("PortBindings", {})}
    body = {"Image": PAUSE_IMAGE, "Labels": labels, "HostConfig": host, "ExposedPorts": exposed}
    return body if config.host_network else body | {"Hostname": config.hostname or config.pod_name}


def _port_bindings(ports: Iterable[PortMapping]) -> Json:
    found: dict[str, list[Json]] = {}
    for port in ports:
        binding = {"HostIp": port.host_ip, "HostPort": str(port.host_port)}
        found.setdefault(f"{port.container_port}/{port.protocol}", []).append(binding)
    return found


def container_request(config: ContainerConfig, sandbox: SandboxStatus, cluster: str, place: ContainerPlace) -> Json:
    """The body of POST /containers/create for a container of a sandbox."""
    security = config.security
    user = security.user or ""
    label = ContainerLabel(
        sandbox.id, sandbox.config.pod_uid, config.name, config.attempt, config.image, config.labels, config.annotations
    )
    body: Json = {
        "Image": str(parse_reference(config.image)) if not config.image.startswith("sha256:") else config.image,
        "Env": [f"{name}={value}" for name, value in config.env.items()],
        "WorkingDir": config.working_dir,
        "User": user if security.group is None else f"{user or 0}:{security.group}",
        "Tty": config.tty,
        "OpenStdin": config.stdin,
        "StdinOnce": config.stdin_once,
        "Labels": {
            CLUSTER: cluster,
            KIND: "container",
            SANDBOX: sandbox.id,
            RECORD: _CONTAINER_LABEL.dump_json(label).decode(),
        },
        "HostConfig": _host_config(config, sandbox, place),
    }
    body |= {"Entrypoint": list(config.command)} if config.command else {}
    body |= {"Cmd": list(config.args)} if config.args else {}
    return body | ({"StopSignal": config.stop_signal} if config.stop_signal else {})


def container_name(sandbox: SandboxConfig, name: str, attempt: int) -> str:
    """A name a person recognises in `docker ps`, never used twice."""
    pod = f"{sandbox.pod_name}_{sandbox.namespace}_{sandbox.pod_uid}"
    return f"k8s_{name}_{pod}_{attempt}_{uuid.uuid4().hex[:6]}"


def sandbox_status(document: Json, addresses: tuple[str, ...]) -> SandboxStatus:
    """From an inspect document of a pause container; `addresses` where they are not the engine's own."""
    is_running = document["State"]["Running"]
    networks = document["NetworkSettings"]["Networks"] or {}
    own = tuple(network["IPAddress"] for network in networks.values() if network["IPAddress"])
    return SandboxStatus(
        id=document["Id"],
        config=_SANDBOX_CONFIG.validate_json(document["Config"]["Labels"][RECORD]),
        state=SandboxState.READY if is_running else SandboxState.NOT_READY,
        created_at=_time(document["Created"]) or datetime.now(UTC),
        addresses=(addresses or own) if is_running else (),
        netns_path=Path(f"/proc/{document['State']['Pid']}/ns/net") if is_running else None,
    )


def pod_uid_of(record: str) -> str:
    """The pod in a container's identity label."""
    return _CONTAINER_LABEL.validate_json(record).pod_uid


def container_status(document: Json, image_digest: str) -> ContainerStatus:
    """From an inspect document; `image_digest` is the registry's name of its image, if it has one."""
    label = _CONTAINER_LABEL.validate_json(document["Config"]["Labels"][RECORD])
    state, log_path = document["State"], document.get("LogPath")
    never_started = state["StartedAt"].startswith(_NEVER)
    has_failed = never_started and (state["ExitCode"] != 0 or bool(state["Error"]))
    finished_at = _time(state["FinishedAt"])
    exit_code, reason = _ending(state, has_failed=has_failed)
    return ContainerStatus(
        id=document["Id"],
        sandbox_id=label.sandbox_id,
        pod_uid=label.pod_uid,
        name=label.name,
        attempt=label.attempt,
        state=_state(state, has_failed=has_failed),
        image=label.image,
        image_id=document["Image"],
        created_at=_time(document["Created"]) or datetime.now(UTC),
        image_digest=image_digest,
        started_at=_time(state["StartedAt"]) or (finished_at or datetime.now(UTC) if has_failed else None),
        finished_at=finished_at or (datetime.now(UTC) if has_failed else None) if reason else None,
        exit_code=exit_code,
        oom_killed=reason == "OOMKilled",
        reason=reason,
        message=state["Error"],
        log_path=Path(log_path) if log_path else None,
        labels=label.labels,
        annotations=label.annotations,
        resources=_resources(document["HostConfig"]),
    )


def _resources(host: Json) -> Resources:
    return Resources(
        cpu_shares=host["CpuShares"],
        cpu_quota_us=host["CpuQuota"],
        cpu_period_us=host["CpuPeriod"],
        memory_limit_bytes=host["Memory"],
        pids_limit=host["PidsLimit"] or 0,
        oom_score_adj=host["OomScoreAdj"],
    )


def image_status(document: Json) -> ImageStatus:
    """From an inspect document of an image."""
    config = document["Config"] or {}
    return ImageStatus(
        id=document["Id"],
        references=tuple(str(parse_reference(name)) for name in document["RepoTags"] or ()),
        digests=tuple(str(parse_reference(name)) for name in document["RepoDigests"] or ()),
        size_bytes=document["Size"],
        user=config.get("User") or "",
        entrypoint=tuple(config.get("Entrypoint") or ()),
        command=tuple(config.get("Cmd") or ()),
        env=tuple(config.get("Env") or ()),
        working_dir=config.get("WorkingDir") or "",
        stop_signal=config.get("StopSignal") or "",
    )


def _host_config(config: ContainerConfig, sandbox: SandboxStatus, place: ContainerPlace) -> Json:
    security, resources, pod = config.security, config.resources, sandbox.config
    joined = f"container:{sandbox.id}"
    host: Json = {
        "NetworkMode": joined,
        "IpcMode": joined,
        "PidMode": "host" if pod.host_pid else joined if pod.share_process_namespace else "",
        "CgroupParent": place.cgroup_parent,
        "Privileged": security.privileged,
        "CapAdd": list(security.add_capabilities),
        "CapDrop": list(security.drop_capabilities),
        "ReadonlyRootfs": security.read_only_rootfs,
        "GroupAdd": [str(group) for group in security.supplemental_groups],
        "SecurityOpt": ["seccomp=unconfined", *(["no-new-privileges"] if security.no_new_privileges else [])],
        "CpuShares": resources.cpu_shares,
        "CpuQuota": resources.cpu_quota_us,
        "CpuPeriod": resources.cpu_period_us,
        "Memory": resources.memory_limit_bytes,
        "MemorySwap": resources.memory_limit_bytes,
        "OomScoreAdj": resources.oom_score_adj,
        "LogConfig": {"Type": "json-file"},
        "Mounts": [
            {
                "Type": "bind",
                "Source": str(mount.host_path),
                "Target": mount.container_path,
                "ReadOnly": mount.read_only,
                "BindOptions": {"Propagation": _PROPAGATION[mount.propagation]},
            }
            for mount in config.mounts
        ],
    }
    host |= {"PidsLimit": resources.pids_limit} if resources.pids_limit else {}
    return host | (_nearly_privileged(place.lacking) if security.privileged and place.lacking else {})


def _nearly_privileged(lacking: list[str]) -> Json:
    """What the engine can do where its own Privileged fails: it would give rights that nobody has here."""
    return {
        "Privileged": False,
        "CapAdd": ["ALL"],
        "CapDrop": lacking,
        "SecurityOpt": ["seccomp=unconfined", "apparmor=unconfined"],
        "MaskedPaths": [],
        "ReadonlyPaths": [],
        "DeviceCgroupRules": ["a *:* rwm"],
    }


def _state(state: Json, *, has_failed: bool) -> ContainerState:
    if has_failed:
        return ContainerState.EXITED
    known = {
        "created": ContainerState.CREATED,
        "running": ContainerState.RUNNING,
        "paused": ContainerState.RUNNING,
        "exited": ContainerState.EXITED,
        "dead": ContainerState.EXITED,
        "removing": ContainerState.EXITED,
    }
    return known.get(state["Status"], ContainerState.UNKNOWN)


def _ending(state: Json, *, has_failed: bool) -> tuple[int, str]:
    """Exit code and reason; no reason while it has not ended."""
    if has_failed:
        return 128, "StartError"
    if state["Status"] not in ("exited", "dead", "removing"):
        return 0, ""
    code = int(state["ExitCode"])
    if state["OOMKilled"] and code != 0:
        return code, "OOMKilled"
    return code, "Completed" if code == 0 else "Error"


def _time(text: str) -> datetime | None:
    if text.startswith(_NEVER):
        return None
    # The engine writes nanoseconds and drops trailing zeros; datetime takes exactly six digits.
    whole, _, fraction = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(f"{whole}.{fraction[:6]:0<6}").replace(tzinfo=UTC)
