"""The least that stands for all nodes: pods become Running and Ready when they appear, and go when they are deleted."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.pod_status import PodCondition, PodIP
from minikube_py.api.meta import DeleteOptions
from minikube_py.api.model import replace
from minikube_py.api.scalars import Time
from minikube_py.api.status import NotFound
from minikube_py.client.client import Client
from minikube_py.machinery.conditions import is_ready, with_condition
from minikube_py.machinery.controller import Result
from minikube_py.machinery.informer import Informer
from minikube_py.machinery.sources import For
from minikube_py.machinery.store import Key


def every_pod(_pod: Pod) -> bool:
    return True


class SimulatedKubelet:
    """A reconciler that plays scheduler and kubelet for the pods that `becomes_ready` agrees to."""

    name = "simulated-kubelet"

    def __init__(self, client: Client, pods: Informer[Pod], becomes_ready: Callable[[Pod], bool] = every_pod) -> None:
        self.becomes_ready = becomes_ready
        self._client = client
        self._pods = pods.store
        self._addresses = count(1)
        self.sources = (For(pods),)

    async def reconcile(self, key: Key) -> Result:
        pod = self._pods.get(key)
        if pod is None:
            return Result.DONE
        try:
            if pod.metadata.deletion_timestamp is not None:
                options = DeleteOptions(grace_period_seconds=0)
                await self._client.delete(Pod, key.name, namespace=key.namespace, options=options)
            elif not is_ready(pod) and self.becomes_ready(pod):
                await self._client.update_status(self._running(pod))
        except NotFound:
            return Result.DONE
        return Result.DONE

    def _running(self, pod: Pod) -> Pod:
        now = Time.now()
        address = f"10.244.0.{next(self._addresses) % 250 + 1}"
        ready = PodCondition(type="Ready", status="True", last_transition_time=now)
        status = replace(
            pod.status,
            phase="Running",
            start_time=now,
            pod_ip=address,
            pod_ips=(PodIP(ip=address),),
            conditions=with_condition(pod.status.conditions, ready),
        )
        return replace(pod, status=status)
