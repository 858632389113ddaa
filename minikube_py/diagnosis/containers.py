"""Why a container does not run, or is not ready: what the kubelet says of it, in a sentence, with the next step.

Kubernetes: pkg/kubelet/container/sync_result.go and pkg/kubelet/images/types.go have the reasons.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.pod_status import ContainerStatus
from minikube_py.api.scalars import Time
from minikube_py.diagnosis.explanation import USER, Evidence

_PULLS = frozenset({"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError"})
_OUT_OF_MEMORY = "OOMKilled"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with one container."""

    cause: str
    waits_for: str
    next_actor: str
    next_step: str
    evidence: tuple[Evidence, ...]
    since: tuple[Time | None, str] = (None, "")
    reasons: tuple[str, ...] = ()
    """The events that tell more."""


def troubles(pod: Pod) -> Iterator[Trouble]:
    """What is wrong, in the order in which the kubelet starts containers."""
    for status in (*pod.status.init_container_statuses, *pod.status.container_statuses):
        found = _trouble(pod, status)
        if found is not None:
            yield found
            if status in pod.status.init_container_statuses:
                # Those behind it have not been tried.
                return


def _trouble(pod: Pod, status: ContainerStatus) -> Trouble | None:
    waiting = status.state.waiting
    if waiting is not None and waiting.reason not in ("", "ContainerCreating", "PodInitializing"):
        shown = Evidence(f"container {status.name}", f"waiting: {waiting.reason}: {waiting.message}".rstrip(": "))
        if waiting.reason in _PULLS:
            return _no_image(pod, status, shown)
        if waiting.reason == "CrashLoopBackOff":
            return _crashes(pod, status, shown)
        return _does_not_start(pod, status, shown)
    if status.state.terminated is not None and pod.spec.restart_policy == "Never":
        return None
    if status.state.running is not None and not status.ready and status in pod.status.container_statuses:
        return _not_ready(pod, status)
    return None


def _no_image(pod: Pod, status: ContainerStatus, shown: Evidence) -> Trouble:
    node, reason = pod.spec.node_name, status.state.waiting.reason if status.state.waiting else ""
    if reason == "InvalidImageName":
        cause, step = f'"{status.image}" is no name of an image.', "Correct the image's name"
    elif reason == "ErrImageNeverPull":
        cause = f"the image {status.image} is not on {node}, and imagePullPolicy Never forbids to pull it."
        step = "Bring it there: minikube-py image load, or another imagePullPolicy"
    else:
        cause = f"the image {status.image} of container {status.name} could not be pulled to {node}."
        step = f"If the name is wrong: {_set_image(pod, status)}; if the registry wants credentials: imagePullSecrets"
    return Trouble(
        cause,
        f"the image {status.image}",
        f"the kubelet of {node} tries again by itself, ever more seldom; the cause is for {USER} to mend",
        step,
        (shown,),
        reasons=("Failed", "InspectFailed", "ErrImageNeverPull"),
    )


def _set_image(pod: Pod, status: ContainerStatus) -> str:
    owner = next((reference for reference in pod.metadata.owner_references if reference.controller), None)
    if owner is not None and owner.kind == "ReplicaSet" and "-" in owner.name:
        return f"pykubectl set image deployment/{owner.name.rpartition('-')[0]} {status.name}=IMAGE"
    return f"pykubectl set image pod/{pod.metadata.name} {status.name}=IMAGE"


def _crashes(pod: Pod, status: ContainerStatus, shown: Evidence) -> Trouble:
    ended = status.last_state.terminated
    name, node = status.name, pod.spec.node_name
    how = "ends again and again"
    ending: tuple[Evidence, ...] = ()
    if ended is not None:
        text = f"ended with exit code {ended.exit_code} ({ended.reason or 'no reason given'}) {ended.message}".strip()
        how = f"ends again and again, the last time with exit code {ended.exit_code}"
        ending = (Evidence(f"container {name}, last time", text, ended.finished_at),)
    step = f"Read what it said: pykubectl logs {pod.metadata.name} -c {name} --previous"
    if ended is not None and ended.reason == _OUT_OF_MEMORY:
        how, step = (
            "was killed because it used more memory than its limit",
            "Raise resources.limits.memory, or use less",
        )
    if ended is not None and ended.exit_code == 0:
        how = "does its work and ends, and restartPolicy Always starts it again"
        step = "A command that ends belongs into a Job, or needs restartPolicy OnFailure or Never"
    return Trouble(
        f"container {name} {how} (restarted {status.restart_count} times).",
        f"the end of the back-off, then another start of {name}",
        f"the kubelet of {node} starts it again by itself; the cause is in the container",
        step,
        (shown, *ending),
        (ended.finished_at if ended else None, f"the last end of container {name}"),
        ("BackOff", "Unhealthy", "Killing"),
    )


def _does_not_start(pod: Pod, status: ContainerStatus, shown: Evidence) -> Trouble:
    waiting = status.state.waiting
    assert waiting is not None
    node = pod.spec.node_name
    if waiting.reason == "CreateContainerConfigError":
        missing = waiting.message or "something that its configuration names is not there"
        cause = f"container {status.name} cannot be configured: {missing}."
        step = "Create what is missing; the kubelet looks again by itself"
    else:
        cause = f"container {status.name} could not be started: {waiting.message or waiting.reason}."
        step = "Mend what the message says: usually the command, a mount, or the container engine"
    return Trouble(cause, f"container {status.name} to start", f"the kubelet of {node}, which tries again", step,
                   (shown,), reasons=("Failed", "FailedMount"))  # fmt: skip


def _not_ready(pod: Pod, status: ContainerStatus) -> Trouble:
    spec = next((each for each in pod.spec.containers if each.name == status.name), None)
    running = status.state.running
    began = (running.started_at if running else None, f"the start of container {status.name}")
    is_starting = spec is not None and spec.startup_probe is not None and not status.started
    if spec is not None and (is_starting or spec.readiness_probe is not None):
        kind = "startup" if is_starting else "readiness"
        cause = f"container {status.name} runs, but its {kind} probe does not succeed."
        step = f"Do by hand what the probe does: pykubectl exec {pod.metadata.name} -- ..., and read its logs"
        waits_for = f"the {kind} probe of {status.name} to succeed"
        actor = f"the kubelet of {pod.spec.node_name} asks again by itself; the answer is the container's"
    else:
        cause = f"container {status.name} runs, and the kubelet has not said that it is ready."
        step, waits_for = "Ask again in a moment", f"container {status.name} to be ready"
        actor = f"the kubelet of {pod.spec.node_name}"
    shown = Evidence(f"container {status.name}", f"running, ready: false, restarted {status.restart_count} times")
    return Trouble(cause, waits_for, actor, step, (shown,), began, ("Unhealthy", "ProbeWarning"))
