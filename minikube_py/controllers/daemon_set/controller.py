"""DaemonSet controller: keeps one pod of a template on every node that fits.

    reconcile: the revision of the template -> claim the pods -> plan, node by node -> create and delete -> the status

Kubernetes: pkg/controller/daemon/daemon_controller.go
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from minikube_py.api.kinds.apps.daemon_set import DaemonSet
from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.model import replace
from minikube_py.api.selectors import selector_of
from minikube_py.api.status import NotFound
from minikube_py.controllers.context import ControllerContext
from minikube_py.controllers.daemon_set.placement import node_of, pod_for
from minikube_py.controllers.daemon_set.plan import Observed, Plan, plan
from minikube_py.controllers.daemon_set.status import status_of
from minikube_py.controllers.history import REVISION_LABEL, History
from minikube_py.controllers.namespaces import is_ending_namespace
from minikube_py.controllers.pod_control import PodControl
from minikube_py.machinery.backoff import BackoffPolicy
from minikube_py.machinery.conditions import next_available_in_s
from minikube_py.machinery.controller import Result
from minikube_py.machinery.informer import Change
from minikube_py.machinery.ownership import candidates, claim, index_orphans, plan_claims
from minikube_py.machinery.recent_writes import RecentWrites
from minikube_py.machinery.sources import Adopts, For, Owns, Watches
from minikube_py.machinery.store import Key, key_of

_ENDED = BackoffPolicy(initial_s=1, cap_s=15 * 60)
"""How long to wait before a pod that ended by itself is replaced on its node once more."""


class DaemonSetController:
    name = "daemonset"

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._clock = context.clock
        self._recorder = context.recorder("daemonset-controller")
        self._history = History(context, DaemonSet, REVISION_LABEL)
        daemon_sets, pods = context.informers.of(DaemonSet), context.informers.of(Pod)
        nodes = context.informers.of(Node)
        index_orphans(pods.store)
        self._daemon_sets, self._pods, self._nodes = daemon_sets.store, pods.store, nodes.store
        self._recent: RecentWrites[Pod] = RecentWrites(pods)
        self._control = PodControl(context.client, self._recorder, self._recent)
        self._endings: dict[Key, dict[str, _Endings]] = {}
        self.sources = (
            For(daemon_sets),
            Owns(pods, DaemonSet),
            Adopts(pods, daemon_sets.store, lambda each: selector_of(each.spec.selector)),
            self._history.source,
            Watches(nodes, self._all_if_it_matters),
        )

    async def reconcile(self, key: Key) -> Result:
        daemon_set = self._daemon_sets.get(key)
        if daemon_set is None:
            self._forget(key)
            return Result.DONE
        if daemon_set.metadata.deletion_timestamp is not None:
            return Result.DONE
        current, old = await self._history.sync(daemon_set)
        revision = current.metadata.labels.get(REVISION_LABEL, "")
        observed = await self._observe(key, daemon_set, revision)
        decided = plan(observed)
        wait_s = self._hold_back(key, daemon_set, decided)
        pods = [pod_for(daemon_set, node, revision) for node in decided.create_on]
        error = await self._control.create(daemon_set, pods)
        error = await self._control.delete(daemon_set, [*decided.delete, *decided.ended]) or error
        pods_seen = tuple(chain(*observed.pods.values()))
        live = {pod.metadata.labels.get(REVISION_LABEL) for pod in pods_seen}
        used = frozenset(each.metadata.name for each in old if each.metadata.labels.get(REVISION_LABEL) in live)
        await self._history.clean(daemon_set, old, used)
        await self._write_status(observed)
        if error is not None and not is_ending_namespace(error):
            raise error
        available_s = next_available_in_s(pods_seen, daemon_set.spec.min_ready_seconds, observed.now_s)
        waits = [wait for wait in (wait_s, available_s) if wait is not None]
        return Result.after(min(waits)) if waits else Result.DONE

    async def _observe(self, key: Key, daemon_set: DaemonSet, revision: str) -> Observed:
        seen = self._recent.overlay(key, candidates(self._pods, daemon_set))
        owned = await claim(
            self._client, daemon_set, plan_claims(daemon_set, selector_of(daemon_set.spec.selector), seen)
        )
        return Observed.of(daemon_set, self._nodes.list(), owned, revision, self._clock())

    def _hold_back(self, key: Key, daemon_set: DaemonSet, decided: Plan) -> float | None:
        """Of the pods that ended, leave in the plan those whose time has come; answers when to look again."""
        endings, now_s, held = self._endings.setdefault(key, {}), self._clock(), list[float]()
        ready: list[Pod] = []
        for pod in decided.ended:
            node = endings.setdefault(node_of(pod), _Endings())
            if (wait_s := node.wait_s(now_s)) > 0:
                held.append(wait_s)
                continue
            node.count(now_s)
            ready.append(pod)
            where = f"daemon pod {key_of(pod)} on node {node_of(pod)}"
            if pod.status.phase == "Failed":
                text = f"Found failed {where}, will try to kill it"
                self._recorder.record(daemon_set, "Warning", "FailedDaemonPod", text)
            else:
                text = f"Found succeeded {where}, will try to delete it"
                self._recorder.record(daemon_set, "Normal", "SucceededDaemonPod", text)
        decided.ended = ready
        return min(held, default=None)

    async def _write_status(self, observed: Observed) -> None:
        status = status_of(observed)
        if status == observed.daemon_set.status:
            return
        try:
            await self._client.update_status(replace(observed.daemon_set, status=status))
        except NotFound:
            return

    def _forget(self, key: Key) -> None:
        self._recent.forget(key)
        self._history.forget(key)
        self._endings.pop(key, None)

    def _all_if_it_matters(self, change: Change[Node]) -> Iterable[Key]:
        """Every DaemonSet, when a node came, went, or changed in what placement looks at."""
        old, new = change.old, change.new
        if old is not None and new is not None:
            same_labels = old.metadata.labels == new.metadata.labels
            if same_labels and old.spec.taints == new.spec.taints:
                return ()
        return self._daemon_sets.keys()


class _Endings:
    """How often the pods of one node have ended by themselves, and when the next may be replaced."""

    def __init__(self) -> None:
        self._count = 0
        self._next_s = 0.0

    def wait_s(self, now_s: float) -> float:
        return self._next_s - now_s

    def count(self, now_s: float) -> None:
        if now_s > self._next_s + 2 * _ENDED.cap_s:
            self._count = 0
        self._next_s = now_s + _ENDED.delay_s(self._count)
        self._count += 1
