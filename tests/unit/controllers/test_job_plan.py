"""When a job is done or has failed, which pods it makes, and how its pods are counted."""

from __future__ import annotations

from typing import Any

import pytest

from minikube_py.api.kinds.batch.job import Job
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.model import replace
from minikube_py.api.scalars import Time
from minikube_py.controllers.job.ending import DONE, TOO_LONG, TOO_OFTEN, is_finished
from minikube_py.controllers.job.indexes import INDEX, parsed, written
from minikube_py.controllers.job.plan import Plan, plan
from minikube_py.controllers.job.status import pod_for, status_of
from minikube_py.controllers.job.tally import TRACKED, tally
from minikube_py.controllers.job.ttl import expires_in_s

NOW_S = 1_000_000.0


def job(status: dict[str, Any] | None = None, **spec: Any) -> Job:
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c"}]}}
    full = {"parallelism": 2, "completions": 3, "template": template, **spec}
    return Job.from_dict({"metadata": {"name": "j", "namespace": "default"}, "spec": full, "status": status or {}})


def pod(name: str, phase: str = "Running", *, tracked: bool = True, number: int | None = None, **of: Any) -> Pod:
    metadata: dict[str, Any] = {"name": name, "uid": name, "creationTimestamp": Time.at(NOW_S - 100)}
    metadata["finalizers"] = [TRACKED] if tracked else []
    if number is not None:
        metadata["annotations"] = {INDEX: str(number)}
    if of.get("is_ending"):
        metadata["deletionTimestamp"] = Time.at(NOW_S)
    container = {"name": "c", "ready": False, "restartCount": of.get("restarts", 0), "image": "", "imageID": ""}
    finished = Time.at(NOW_S - of.get("ended_ago_s", 1000))
    container["state"] = {"terminated": {"exitCode": 0, "finishedAt": finished}} if phase != "Running" else {}
    return Pod.from_dict({"metadata": metadata, "status": {"phase": phase, "containerStatuses": [container]}})


def decide(of: Job, *pods: Pod) -> Plan:
    return plan(of, pods, tally(of, pods), NOW_S)


def numbers(*values: int | None) -> tuple[int | None, ...]:
    return values


def test_as_many_pods_as_may_run_at_a_time_and_no_more_than_are_missing() -> None:
    assert decide(job()).create == numbers(None, None)
    assert decide(job(), pod("a")).create == numbers(None)
    assert decide(job({"succeeded": 2})).create == numbers(None)
    assert [each.metadata.name for each in decide(job(parallelism=1), pod("a"), pod("b")).delete] == ["a"]


def test_a_pod_is_counted_once_in_three_steps() -> None:
    first = job()
    ended = pod("a", "Succeeded")
    counted = tally(first, [ended])
    assert (counted.uncounted.succeeded, counted.counted_succeeded, counted.succeeded) == (("a",), 0, 1)
    assert counted.release == (ended,)
    second = replace(first, status=status_of(first, counted, Plan(), 0, NOW_S))
    assert tally(second, [ended]).succeeded == 1
    for gone in ([pod("a", "Succeeded", tracked=False)], []):
        last = tally(second, gone)
        assert (last.uncounted.succeeded, last.counted_succeeded, last.release) == ((), 1, ())


def test_a_pod_that_is_deleted_has_failed_unless_the_job_wants_to_be_sure() -> None:
    ending = pod("a", is_ending=True)
    assert tally(job(), [ending]).failed == 1
    assert decide(job(), ending).look_again_s is not None
    careful = job(podReplacementPolicy="Failed")
    assert tally(careful, [ending]).failed == 0
    assert decide(careful, ending).create == numbers(None)


def test_enough_successes_end_the_job_and_the_last_pods() -> None:
    done = decide(job({"succeeded": 3}), pod("late"))
    assert (done.ending, len(done.delete)) == (DONE, 1)


def test_without_a_number_of_completions_the_first_success_means_no_more() -> None:
    shared = {"completions": None, "parallelism": 3}
    working = decide(job({"succeeded": 1}, **shared), pod("a"))
    assert (working.create, working.ending) == ((), None)
    assert decide(job({"succeeded": 1}, **shared)).ending == DONE


def test_too_many_failures_or_restarts_or_too_much_time_end_it() -> None:
    assert decide(job({"failed": 2}, backoffLimit=1), pod("a")).ending == TOO_OFTEN
    restarting = {"spec": {"restartPolicy": "OnFailure", "containers": [{"name": "c"}]}}
    assert decide(job(template=restarting, backoffLimit=2), pod("a", restarts=2)).ending == TOO_OFTEN
    begun = {"startTime": Time.at(NOW_S - 10)}
    assert decide(job(begun, activeDeadlineSeconds=10)).ending == TOO_LONG
    assert decide(job(begun, activeDeadlineSeconds=15)).look_again_s == 5


def test_after_a_failure_the_next_pod_waits_twice_as_long_each_time() -> None:
    one = pod("a", "Failed", ended_ago_s=1)
    assert decide(job(), one).look_again_s == 9
    assert decide(job(), one, pod("b", "Failed", ended_ago_s=2)).look_again_s == 19
    assert decide(job(), pod("a", "Failed", ended_ago_s=11)).create == numbers(None, None)
    assert decide(job(), pod("a", "Succeeded", ended_ago_s=1), pod("b", "Failed", ended_ago_s=2)).create == numbers(
        None, None
    )


def test_a_suspended_job_has_no_pods_and_no_start() -> None:
    paused = job({"startTime": Time.at(NOW_S)}, suspend=True)
    decided = decide(paused, pod("a"))
    assert len(decided.delete) == 1
    status = status_of(paused, tally(paused, [pod("a")]), decided, 0, NOW_S)
    assert (status.start_time, status.conditions[0].type, status.conditions[0].status) == (None, "Suspended", "True")
    resumed = replace(job(), status=status)
    again = status_of(resumed, tally(resumed, []), Plan(), 2, NOW_S)
    assert (again.conditions[0].status, again.start_time, again.active) == ("False", Time.at(NOW_S), 2)


def test_numbered_pods_take_the_lowest_free_numbers() -> None:
    numbered = job({"completedIndexes": "0"}, completionMode="Indexed", completions=4, parallelism=3)
    decided = decide(numbered, pod("a", number=2), pod("b", number=2), pod("c"))
    assert decided.create == numbers(1, 3)
    assert {each.metadata.name for each in decided.delete} == {"a", "c"}
    done = tally(numbered, [pod("d", "Succeeded", number=3)])
    assert (done.succeeded, done.completed) == (2, frozenset({0, 3}))


@pytest.mark.parametrize(
    ("text", "values"), [("", ()), ("0", (0,)), ("0,1", (0, 1)), ("0-2,5,7-9", (0, 1, 2, 5, 7, 8, 9))]
)
def test_numbers_are_written_as_ranges(text: str, values: tuple[int, ...]) -> None:
    assert written(values) == text
    assert parsed(text) == set(values)


def test_a_numbered_pod_is_told_its_number() -> None:
    made = pod_for(job(completionMode="Indexed"), 4)
    assert (made.metadata.generate_name, made.spec.hostname) == ("j-4-", "j-4")
    assert made.metadata.annotations[INDEX] == made.metadata.labels[INDEX] == "4"
    assert made.spec.containers[0].env[0].name == "JOB_COMPLETION_INDEX"
    assert made.metadata.finalizers == (TRACKED,)


def test_a_job_is_finished_when_its_pods_have_ended() -> None:
    almost = job({"succeeded": 3})
    first = status_of(almost, tally(almost, [pod("a")]), decide(almost, pod("a")), 0, NOW_S)
    assert [each.type for each in first.conditions] == ["SuccessCriteriaMet"]
    then = replace(almost, status=first)
    last = replace(almost, status=status_of(then, tally(then, []), decide(then), 0, NOW_S))
    assert is_finished(last)
    assert (last.status.completion_time, last.status.conditions[1].reason) == (Time.at(NOW_S), "CompletionsReached")


def test_a_finished_job_stays_as_long_as_it_says() -> None:
    ended = {"conditions": [{"type": "Complete", "status": "True", "lastTransitionTime": Time.at(NOW_S - 3)}]}
    assert expires_in_s(job(ended, ttlSecondsAfterFinished=10), NOW_S) == 7
    assert expires_in_s(job(ended), NOW_S) is None
    assert expires_in_s(job(ttlSecondsAfterFinished=10), NOW_S) is None
