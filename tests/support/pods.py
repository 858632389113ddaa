"""Builders of pods and of what a runtime would show of them, for tests that read like sentences."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.kubelet.observed import ContainerRecord, ObservedPod
from minikube_py.runtime.interface import ContainerState, SandboxConfig, SandboxState, SandboxStatus

UID = "11111111-2222-3333-4444-555555555555"


def make_pod(
    *containers: Mapping[str, Any],
    init: tuple[Mapping[str, Any], ...] = (),
    name: str = "web",
    annotations: Mapping[str, str] | None = None,
    status: Mapping[str, Any] | None = None,
    **spec: Any,
) -> Pod:
    """A pod of namespace `default`; containers without an image get one, spec keys are those of the wire."""
    listed = [{"image": "nginx", **each} for each in containers or ({"name": "c"},)]
    document: dict[str, Any] = {
        "metadata": {"name": name, "namespace": "default", "uid": UID, "generation": 1},
        "spec": {"restartPolicy": "Always", "nodeName": "node1", **spec, "containers": listed},
        "status": status or {},
    }
    if init:
        document["spec"]["initContainers"] = [{"image": "busybox", **each} for each in init]
    if annotations:
        document["metadata"]["annotations"] = annotations
    return Pod.from_dict(document)


def sandbox(attempt: int = 0, *, is_ready: bool = True, address: str = "10.0.0.5") -> SandboxStatus:
    config = SandboxConfig(UID, "web", "default", attempt)
    state = SandboxState.READY if is_ready else SandboxState.NOT_READY
    return SandboxStatus(f"s{attempt}", config, state, at(attempt), (address,) if is_ready else ())


def running(name: str, attempt: int = 0, *, in_sandbox: int = 0, **changes: Any) -> ContainerRecord:
    values: dict[str, Any] = {
        "id": f"{name}-{attempt}",
        "sandbox_id": f"s{in_sandbox}",
        "pod_uid": UID,
        "name": name,
        "attempt": attempt,
        "state": ContainerState.RUNNING,
        "image": "nginx",
        "image_id": "sha256:1",
        "created_at": at(attempt),
        "started_at": at(attempt),
    }
    return ContainerRecord(**{**values, **changes})


def exited(name: str, code: int = 0, attempt: int = 0, *, finished_s: float = 0, **changes: Any) -> ContainerRecord:
    reason = "Completed" if code == 0 else "Error"
    ended = {"state": ContainerState.EXITED, "exit_code": code, "reason": reason, "finished_at": at(finished_s)}
    return running(name, attempt, **{**ended, **changes})


def observe(*records: ContainerRecord, sandboxes: tuple[SandboxStatus, ...] = ()) -> ObservedPod:
    """Seen by the runtime; with one ready sandbox unless told otherwise."""
    return ObservedPod.of(sandboxes or (sandbox(),), records)


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(1_000_000 + seconds, UTC)


def epoch(seconds: float) -> float:
    return 1_000_000 + seconds
