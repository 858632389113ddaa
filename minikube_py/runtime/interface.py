"""What the kubelet asks of whatever runs containers: the one narrow waist between pods and processes.

A pod is a *sandbox* (the namespaces its containers share, above all the network) with *containers* in it. Three
implementations pass one contract suite (tests/contract/runtime): `oci` (runc under conmon), `docker`, `simulated`.
A runtime knows images, processes and addresses; it does not know what a Pod, a probe or a restart policy is.

Invariants every implementation keeps:
- Containers outlive the object that started them: `open()` adopts what an earlier object over the same data left.
- Identity is the runtime's own record (ids, labels, attempt), never the caller's memory or clock.
- stop and remove are idempotent; removing a sandbox removes its containers, address, mounts and cgroup.
- After a container's exit `events()` wakes the caller; nobody has to poll.

Kubernetes: k8s.io/cri-api/pkg/apis/runtime/v1 (RuntimeService and ImageService).
Simplified: no RuntimeClass handlers, user namespaces, checkpoint or image volumes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol

from minikube_py.errors import MinikubeError
from minikube_py.runtime.events import EventStream


class RuntimeFault(MinikubeError):
    """The runtime could not do what it was asked; the text says what, on which object, and the next step."""


class RuntimeUnavailable(RuntimeFault):
    """The engine or one of its programs is missing or does not answer."""


class SandboxFailed(RuntimeFault):
    """A pod's sandbox could not be made; nothing of it is left behind."""


class SandboxNotFound(RuntimeFault):
    """No sandbox of this id is known."""


class ContainerNotFound(RuntimeFault):
    """No container of this id is known."""


class ContainerStartFailed(RuntimeFault):
    """The container's process could not be started; its status is exited, 128, reason StartError."""


class ImageMissing(RuntimeFault):
    """The image is not in this runtime's local store; pull it first."""


class PullFailure(StrEnum):
    """Why a pull failed, as far as a caller acts differently."""

    NOT_FOUND = "not-found"
    UNAUTHORIZED = "unauthorized"
    UNAVAILABLE = "unavailable"
    INVALID_NAME = "invalid-name"


class ImagePullFailed(RuntimeFault):
    """An image could not be fetched; `str()` is the cause in the registry's own words."""

    def __init__(self, reference: str, kind: PullFailure, cause: str) -> None:
        super().__init__(cause)
        self.reference = reference
        self.kind = kind


@dataclass(frozen=True, slots=True)
class PortMapping:
    """A port of the node that leads to one of the pod's."""

    host_port: int
    container_port: int
    protocol: str = "tcp"
    """tcp, udp or sctp."""
    host_ip: str = ""
    """Empty: every address of the node."""


@dataclass(frozen=True, slots=True)
class SandboxConfig:
    """What a pod's containers share. Labels and annotations come back from `list_sandboxes` unchanged."""

    pod_uid: str
    pod_name: str
    namespace: str
    attempt: int = 0
    hostname: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    host_network: bool = False
    host_pid: bool = False
    host_ipc: bool = False
    share_process_namespace: bool = False
    sysctls: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[PortMapping, ...] = ()
    cgroup_parent: str = ""
    """Below the runtime's own cgroup root, e.g. `burstable/pod<uid>`; empty means `pod<uid>`."""
    log_directory: Path | None = None


class SandboxState(StrEnum):
    READY = "ready"
    NOT_READY = "not-ready"


@dataclass(frozen=True, slots=True)
class SandboxStatus:
    """A sandbox as it is now. With the host's network `addresses` is empty: the caller knows the node's address."""

    id: str
    config: SandboxConfig
    state: SandboxState
    created_at: datetime
    addresses: tuple[str, ...] = ()
    netns_path: Path | None = None


Propagation = Literal["private", "host-to-container", "bidirectional"]


@dataclass(frozen=True, slots=True)
class Mount:
    """A host file or folder shown inside the container; the host path must exist."""

    host_path: Path
    container_path: str
    read_only: bool = False
    propagation: Propagation = "private"


@dataclass(frozen=True, slots=True)
class Resources:
    """cgroup limits; 0 means no limit of this kind."""

    cpu_shares: int = 0
    cpu_quota_us: int = 0
    cpu_period_us: int = 0
    memory_limit_bytes: int = 0
    pids_limit: int = 0
    oom_score_adj: int = 0


def updated(old: Resources, change: Resources) -> Resources:
    """The cpu and memory limits of `change` where it has some, else the old ones."""
    return replace(
        old,
        cpu_shares=change.cpu_shares or old.cpu_shares,
        cpu_quota_us=change.cpu_quota_us or old.cpu_quota_us,
        cpu_period_us=change.cpu_period_us or old.cpu_period_us,
        memory_limit_bytes=change.memory_limit_bytes or old.memory_limit_bytes,
    )


@dataclass(frozen=True, slots=True)
class Security:
    """The part of a container's securityContext that reaches the kernel."""

    user: str | None = None
    """Name or number; None = the image's own."""
    group: int | None = None
    supplemental_groups: tuple[int, ...] = ()
    privileged: bool = False
    add_capabilities: tuple[str, ...] = ()
    drop_capabilities: tuple[str, ...] = ()
    read_only_rootfs: bool = False
    no_new_privileges: bool = False


@dataclass(frozen=True, slots=True)
class ContainerConfig:
    """One container of a sandbox, everything expanded.

    `command` replaces the image's ENTRYPOINT (and drops its CMD), `args` replaces its CMD; empty = the image's own.
    """

    name: str
    image: str
    attempt: int = 0
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    working_dir: str = ""
    mounts: tuple[Mount, ...] = ()
    security: Security = Security()
    resources: Resources = Resources()
    stdin: bool = False
    stdin_once: bool = False
    """The first who attaches and leaves closes the container's input."""
    tty: bool = False
    stop_signal: str = ""
    log_path: Path | None = None
    """Where the oci runtime writes the CRI log format; None = a file of its own. Docker keeps its own file."""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


class ContainerState(StrEnum):
    CREATED = "created"
    RUNNING = "running"
    EXITED = "exited"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ContainerStatus:
    """A container as it is now. Times are UTC; `exit_code` counts only in the state exited (128 + n = by signal n)."""

    id: str
    sandbox_id: str
    pod_uid: str
    name: str
    attempt: int
    state: ContainerState
    image: str
    """The reference that was asked for."""
    image_id: str
    """Digest of the image's configuration, `sha256:...`."""
    created_at: datetime
    image_digest: str = ""
    """`repository@sha256:...` where the image came from a registry, else empty."""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    exit_code: int = 0
    oom_killed: bool = False
    reason: str = ""
    """Completed, Error, OOMKilled, StartError or ContainerStatusUnknown once exited; else empty."""
    message: str = ""
    log_path: Path | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    resources: Resources = Resources()
    """The limits in force."""


@dataclass(frozen=True, slots=True)
class Credentials:
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ImageStatus:
    """An image in the local store, with the defaults its author gave it."""

    id: str
    references: tuple[str, ...]
    digests: tuple[str, ...] = ()
    size_bytes: int = 0
    user: str = ""
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    working_dir: str = ""
    stop_signal: str = ""


class Runtime(Protocol):
    """Runs pods. Every method may raise RuntimeFault; more particular errors are named where they matter."""

    name: str
    version: str

    async def open(self) -> None:
        """Adopt what is already there and begin to notice exits. Raises: RuntimeUnavailable."""

    async def close(self) -> None:
        """Let go without touching a container."""

    async def run_sandbox(self, config: SandboxConfig) -> SandboxStatus:
        """Make namespaces and address of a pod. Raises: SandboxFailed."""

    async def stop_sandbox(self, sandbox_id: str) -> None:
        """Kill what still runs in it and give its address back; its record and logs stay."""

    async def remove_sandbox(self, sandbox_id: str) -> None:
        """Remove it with its containers and everything made for them."""

    async def list_sandboxes(self) -> tuple[SandboxStatus, ...]: ...

    async def create_container(self, sandbox_id: str, config: ContainerConfig) -> str:
        """Prepare a container and return its id. Raises: ImageMissing, SandboxNotFound."""

    async def start_container(self, container_id: str) -> None:
        """Start the process. Raises: ContainerStartFailed, ContainerNotFound."""

    async def stop_container(self, container_id: str, grace_s: float) -> None:
        """Send the stop signal, SIGKILL after `grace_s`; returns when it has ended. Unknown id: nothing to do."""

    async def update_resources(self, container_id: str, resources: Resources) -> None:
        """Change cpu and memory limits of a running container; 0 leaves one as it is. Raises: ContainerNotFound."""

    async def remove_container(self, container_id: str) -> None:
        """Kill it if need be and forget it. Unknown id: nothing to do."""

    async def container_status(self, container_id: str) -> ContainerStatus:
        """Raises: ContainerNotFound."""

    async def list_containers(self, sandbox_id: str | None = None) -> tuple[ContainerStatus, ...]: ...

    def events(self) -> EventStream:
        """Everything that happens from this call on; end it with `close`."""

    async def pull_image(self, reference: str, credentials: Credentials | None = None) -> ImageStatus:
        """Fetch from the registry, always. Raises: ImagePullFailed."""

    async def image_status(self, reference: str) -> ImageStatus | None:
        """Look in the local store only; `reference` is a name, `name@digest` or an image id."""

    async def list_images(self) -> tuple[ImageStatus, ...]: ...

    async def remove_image(self, reference: str) -> None:
        """Forget the image under every name it has. Unknown: nothing to do."""

    async def import_image(self, layout: Path, tag: str, reference: str) -> ImageStatus:
        """Take the image `tag` of an OCI layout folder into the local store under the name `reference`."""


class SandboxNetwork(Protocol):
    """What a runtime needs of network.PodNetwork; declared here because the two floors do not see each other."""

    async def attach(self, pod_id: str, netns: Path, ports: Sequence[PortMapping] = ()) -> tuple[str, ...]: ...

    async def detach(self, pod_id: str, netns: Path | None) -> None: ...
