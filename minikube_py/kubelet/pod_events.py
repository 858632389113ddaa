"""What the kubelet tells people about one pod: Event objects, or log lines where there is no API server.

Kubernetes: pkg/kubelet/events/event.go
"""

import logging

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.pod_status import PodStatus
from minikube_py.kubelet.plan import Waiting
from minikube_py.machinery.events import EventLevel, EventRecorder

log = logging.getLogger(__name__)


class PodEvents:
    """Events about one pod and its containers."""

    def __init__(self, pod: Pod, recorder: EventRecorder | None) -> None:
        self._pod = pod
        self._recorder = recorder

    def pod(self, level: EventLevel, reason: str, message: str) -> None:
        self._record(level, reason, message, "")

    def container(self, name: str, level: EventLevel, reason: str, message: str) -> None:
        spec, where = self._pod.spec, "containers"
        if any(container.name == name for container in spec.init_containers):
            where = "initContainers"
        elif any(container.name == name for container in spec.ephemeral_containers):
            where = "ephemeralContainers"
        self._record(level, reason, message, f"spec.{where}{{{name}}}")

    def waits(self, name: str, waiting: Waiting) -> None:
        """Tell that a container has begun to wait for its next try."""
        if waiting.reason == "CrashLoopBackOff":
            metadata = self._pod.metadata
            where = f"{metadata.name}_{metadata.namespace}({metadata.uid})"
            self.container(name, "Warning", "BackOff", f"Back-off restarting failed container {name} in pod {where}")
        elif waiting.reason == "ImagePullBackOff":
            self.container(name, "Normal", "BackOff", waiting.message.partition(": ")[0])
            self.container(name, "Warning", "Failed", "Error: ImagePullBackOff")

    def changed(self, before: PodStatus, after: PodStatus) -> None:
        """Tell of the change of a status that nothing else tells of."""
        if after.reason == "DeadlineExceeded" != before.reason:
            self.pod("Normal", after.reason, after.message)

    def _record(self, level: EventLevel, reason: str, message: str, field_path: str) -> None:
        metadata = self._pod.metadata
        fields = {"pod": f"{metadata.namespace}/{metadata.name}", "reason": reason, "event": message}
        log.log(logging.WARNING if level == "Warning" else logging.INFO, "event", extra=fields)
        if self._recorder is not None:
            self._recorder.record(self._pod, level, reason, message, field_path=field_path)
