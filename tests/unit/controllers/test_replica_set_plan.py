"""How many pods are created or deleted, and which ones go."""

from __future__ import annotations

from minikube_py.api.kinds.apps.replica_set import ReplicaSet, ReplicaSetSpec
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.scalars import Time
from minikube_py.controllers.pod_control import slow_start
from minikube_py.controllers.replica_set.plan import BURST, Plan, plan
from minikube_py.controllers.replica_set.status import Failure, status_of
from minikube_py.machinery.conditions import next_available_in_s

NOW_S = 1_000_000.0


def pod(
    name: str,
    *,
    node: str = "n1",
    phase: str = "Running",
    ready_for_s: float | None = 1000,
    restarts: int = 0,
    more_restarts: int = 0,
    cost: str = "0",
    age_s: float = 1000,
) -> Pod:
    conditions = []
    if ready_for_s is not None:
        since = Time.at(NOW_S - ready_for_s)
        conditions = [{"type": "Ready", "status": "True", "lastTransitionTime": since}]
    container = {"name": "c", "ready": True, "restartCount": restarts, "image": "", "imageID": "", "state": {}}
    second = {**container, "name": "d", "restartCount": more_restarts}
    return Pod.from_dict(
        {
            "metadata": {
                "name": name,
                "creationTimestamp": Time.at(NOW_S - age_s),
                "annotations": {"controller.kubernetes.io/pod-deletion-cost": cost},
            },
            "spec": {"nodeName": node},
            "status": {"phase": phase, "conditions": conditions, "containerStatuses": [container, second]},
        }
    )


def replica_set(replicas: int, *, min_ready_seconds: int = 0) -> ReplicaSet:
    return ReplicaSet(spec=ReplicaSetSpec(replicas=replicas, min_ready_seconds=min_ready_seconds))


def first_to_go(*pods: Pod) -> str:
    decided = plan(replica_set(len(pods) - 1), pods, pods, NOW_S)
    [gone] = decided.delete
    return gone.metadata.name


def test_missing_pods_are_created_but_not_too_many_at_once() -> None:
    assert plan(replica_set(3), (pod("a"),), (), NOW_S) == Plan(create=2)
    assert plan(replica_set(10_000), (), (), NOW_S) == Plan(create=BURST)


def test_enough_pods_need_nothing() -> None:
    assert plan(replica_set(1), (pod("a"),), (), NOW_S) == Plan()


def test_pods_that_are_missed_least_go_first() -> None:
    assert first_to_go(pod("a"), pod("b", node="")) == "b"
    assert first_to_go(pod("a"), pod("b", phase="Pending", ready_for_s=None)) == "b"
    assert first_to_go(pod("a"), pod("b", ready_for_s=None)) == "b"
    assert first_to_go(pod("a"), pod("b", cost="-5")) == "b"
    assert first_to_go(pod("a", cost="not a number"), pod("b", cost="-1")) == "b"
    assert first_to_go(pod("a"), pod("b", ready_for_s=10)) == "b"
    assert first_to_go(pod("a"), pod("b", restarts=3)) == "b"
    assert first_to_go(pod("a", restarts=2, more_restarts=2), pod("b", restarts=3)) == "b"
    assert first_to_go(pod("a"), pod("b", age_s=10)) == "b"


def test_node_with_more_neighbours_gives_one_up() -> None:
    pods = (pod("a", node="n1"), pod("b", node="n2"))
    neighbours = (*pods, pod("c", node="n2"))
    [gone] = plan(replica_set(1), pods, neighbours, NOW_S).delete
    assert gone.metadata.name == "b"


def test_batches_double_and_sum_up() -> None:
    assert list(slow_start(10)) == [1, 2, 4, 3]
    assert list(slow_start(0)) == []


def test_status_counts_ready_and_available_apart() -> None:
    pods = (pod("a", ready_for_s=100), pod("b", ready_for_s=5), pod("c", ready_for_s=None))
    status = status_of(replica_set(3, min_ready_seconds=30), pods, 1, None, NOW_S)
    assert (status.replicas, status.ready_replicas, status.available_replicas) == (3, 2, 1)
    assert status.terminating_replicas == 1
    assert next_available_in_s(pods, 30, NOW_S) == 25


def test_failure_is_a_condition_until_it_is_over() -> None:
    subject = replica_set(1)
    failed = status_of(subject, (), 0, Failure("FailedCreate", "no quota"), NOW_S)
    assert [(each.type, each.status, each.reason, each.message) for each in failed.conditions] == [
        ("ReplicaFailure", "True", "FailedCreate", "no quota")
    ]
    again = status_of(ReplicaSet(status=failed), (), 0, Failure("FailedCreate", "no quota"), NOW_S + 60)
    assert again.conditions == failed.conditions
    assert status_of(ReplicaSet(status=failed), (), 0, None, NOW_S).conditions == ()
