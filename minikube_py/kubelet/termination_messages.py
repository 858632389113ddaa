"""Why a container ended, in its own words: its termination message, or the end of its log.

Read once a life and kept: a life that has ended has nothing more to say.

Kubernetes: pkg/kubelet/kuberuntime/kuberuntime_container.go (getTerminationMessage)
"""

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.kubelet.node_context import NodeContext
from minikube_py.kubelet.observed import ContainerRecord, ObservedPod
from minikube_py.kubelet.pod_containers import every_container
from minikube_py.runtime.abilities import LogOptions, Logs
from minikube_py.runtime.interface import ContainerState, RuntimeFault

_LOG_LINES = 80
_LOG_BYTES = 2048


class TerminationMessages:
    """The messages of one pod, by container id."""

    def __init__(self, context: NodeContext) -> None:
        self._context = context
        self._known: dict[str, str] = {}

    async def of(self, pod: Pod, observed: ObservedPod) -> dict[str, str]:
        """Those of all ended lives that have left one."""
        policies = {each.name: each.termination_message_policy for each in every_container(pod)}
        ended = [record for record in observed.records if record.state is ContainerState.EXITED]
        for record in ended:
            if record.id not in self._known:
                falls_back = policies.get(record.name) == "FallbackToLogsOnError"
                self._known[record.id] = record.message or await self._read(record, falls_back=falls_back)
        self._known = {record.id: self._known[record.id] for record in ended}
        return {container_id: message for container_id, message in self._known.items() if message}

    async def _read(self, record: ContainerRecord, *, falls_back: bool) -> str:
        message = await self._context.files.message(record.pod_uid, record.name, record.attempt)
        if message or not falls_back or record.exit_code == 0:
            return message
        return await self._end_of_log(record)

    async def _end_of_log(self, record: ContainerRecord) -> str:
        runtime = self._context.runtime
        if not isinstance(runtime, Logs):
            return ""
        try:
            lines = [line.data async for line in runtime.logs(record.id, LogOptions(tail=_LOG_LINES))]
        except RuntimeFault:
            # The log went with its container; the exit code still says enough.
            return ""
        return b"".join(lines)[-_LOG_BYTES:].decode(errors="replace")
