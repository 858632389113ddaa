"""Which pod of a stateful set is next, and what keeps its name."""

from __future__ import annotations

from typing import Any

import pytest

from minikube_py.api.kinds.apps.stateful_set import StatefulSet
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.scalars import Time
from minikube_py.controllers.history import revision_for
from minikube_py.controllers.stateful_set.identity import claims_for, number_of, pod_for
from minikube_py.controllers.stateful_set.plan import Observed, plan
from minikube_py.controllers.stateful_set.status import status_of
from minikube_py.machinery.conditions import next_available_in_s

NOW_S = 1_000_000.0


def stateful_set(replicas: int = 3, **spec: Any) -> StatefulSet:
    template = {"metadata": {"labels": {"app": "s"}}, "spec": {"containers": [{"name": "c", "image": "v1"}]}}
    full = {"replicas": replicas, "template": template, "serviceName": "s", **spec}
    document = {"metadata": {"name": "s", "namespace": "default", "uid": "u", "generation": 2}, "spec": full}
    return StatefulSet.from_dict(document).defaulted()


def rolling(**amounts: Any) -> dict[str, Any]:
    return {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": amounts}}


def pod(
    number: int, revision: str = "new", *, ready: bool = True, phase: str = "Running", is_ending: bool = False
) -> Pod:
    metadata: dict[str, Any] = {"name": f"s-{number}", "labels": {"controller-revision-hash": revision}}
    if is_ending:
        metadata["deletionTimestamp"] = Time.at(NOW_S)
    conditions = [{"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": Time.at(NOW_S - 5)}]
    return Pod.from_dict({"metadata": metadata, "status": {"phase": phase, "conditions": conditions}})


def observed(of: StatefulSet, *pods: Pod, current: str = "new") -> Observed:
    numbered = {int(each.metadata.name.removeprefix("s-")): each for each in pods}
    return Observed(of, numbered, current, "new", NOW_S)


def next_of(of: StatefulSet, *pods: Pod) -> tuple[tuple[int, ...], list[str]]:
    decided = plan(observed(of, *pods, current="old"))
    return decided.create, [each.metadata.name for each in decided.delete]


def test_pods_come_one_after_the_other() -> None:
    assert next_of(stateful_set()) == ((0,), [])
    assert next_of(stateful_set(), pod(0, ready=False)) == ((), [])
    assert next_of(stateful_set(), pod(0)) == ((1,), [])
    assert next_of(stateful_set(), pod(0), pod(2)) == ((1,), [])
    assert next_of(stateful_set(), pod(0), pod(1, is_ending=True)) == ((), [])


def test_a_parallel_set_does_not_wait() -> None:
    parallel = stateful_set(podManagementPolicy="Parallel")
    assert next_of(parallel, pod(1, ready=False)) == ((0, 2), [])
    assert next_of(parallel, pod(0), pod(1), pod(2), pod(3), pod(4)) == ((), ["s-4", "s-3"])


def test_the_first_number_may_be_another() -> None:
    assert next_of(stateful_set(2, ordinals={"start": 5})) == ((5,), [])
    assert next_of(stateful_set(2, ordinals={"start": 5}), pod(5), pod(6), pod(0)) == ((), ["s-0"])


def test_the_highest_goes_first_and_the_next_when_it_is_gone() -> None:
    small = stateful_set(1)
    assert next_of(small, pod(0), pod(1), pod(2)) == ((), ["s-2"])
    assert next_of(small, pod(0), pod(1), pod(2, is_ending=True)) == ((), [])
    assert next_of(small, pod(0, ready=False), pod(1)) == ((), [])
    assert next_of(stateful_set(0), pod(0), pod(1, ready=False)) == ((), ["s-1"])
    assert next_of(stateful_set(0), pod(0, ready=False), pod(1, ready=False)) == ((), [])


def test_a_pod_that_ended_is_deleted_so_that_it_can_come_again() -> None:
    assert next_of(stateful_set(), pod(0, phase="Failed", ready=False)) == ((), ["s-0"])
    assert next_of(stateful_set(), pod(0, phase="Failed", ready=False, is_ending=True)) == ((), [])


def test_an_update_goes_from_the_highest_to_the_partition() -> None:
    olds = [pod(number, "old") for number in range(3)]
    assert next_of(stateful_set(), *olds) == ((), ["s-2"])
    assert next_of(stateful_set(), *olds[:2], pod(2)) == ((), ["s-1"])
    assert next_of(stateful_set(**rolling(partition=2)), *olds[:2], pod(2)) == ((), [])
    assert next_of(stateful_set(**rolling(partition=0, maxUnavailable=2)), *olds) == ((), ["s-2", "s-1"])
    assert next_of(stateful_set(updateStrategy={"type": "OnDelete"}), *olds) == ((), [])


def test_below_the_partition_pods_come_again_as_they_were() -> None:
    seen = observed(stateful_set(**rolling(partition=2)), current="old")
    assert [seen.revision_for(number) for number in range(3)] == ["old", "old", "new"]


@pytest.mark.parametrize(("name", "number"), [("s-0", 0), ("s-12", 12), ("t-0", None), ("s-x", None), ("s", None)])
def test_a_name_has_a_number(name: str, number: int | None) -> None:
    assert number_of(stateful_set(), name) == number


def test_a_pod_keeps_name_host_and_claims() -> None:
    wants = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"]}}
    policy = {"whenDeleted": "Delete", "whenScaled": "Retain"}
    of = stateful_set(volumeClaimTemplates=[wants], persistentVolumeClaimRetentionPolicy=policy)
    made = pod_for(of, 1, revision_for(of, 1, "hash"))
    assert (made.metadata.name, made.spec.hostname, made.spec.subdomain) == ("s-1", "s-1", "s")
    assert made.metadata.labels["statefulset.kubernetes.io/pod-name"] == "s-1"
    (volume,) = made.spec.volumes
    assert volume.persistent_volume_claim is not None
    assert volume.persistent_volume_claim.claim_name == "data-s-1"
    (claim,) = claims_for(of, 1)
    assert (claim.metadata.name, claim.metadata.owner_references[0].name) == ("data-s-1", "s")


def test_the_status_says_when_an_update_is_over() -> None:
    under_way = status_of(observed(stateful_set(), pod(0, "old"), pod(1), pod(2, ready=False), current="old"))
    assert (under_way.replicas, under_way.ready_replicas, under_way.available_replicas) == (3, 2, 2)
    assert (under_way.current_replicas, under_way.updated_replicas, under_way.current_revision) == (1, 2, "old")
    over = status_of(observed(stateful_set(), pod(0), pod(1), pod(2), current="old"))
    assert (over.current_replicas, over.current_revision, over.update_revision) == (3, "new", "new")


def test_a_pod_is_available_when_it_was_ready_long_enough() -> None:
    seen = observed(stateful_set(minReadySeconds=8), pod(0))
    assert plan(seen).create == ()
    assert next_available_in_s(seen.pods.values(), seen.stateful_set.spec.min_ready_seconds, seen.now_s) == 3
