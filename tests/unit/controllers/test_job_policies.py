"""What a job's failure and success policies decide, and how failures are counted number by number."""

from __future__ import annotations

from typing import Any

import pytest

from minikube_py.api.kinds.batch.job import Job
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.model import replace
from minikube_py.api.scalars import Time
from minikube_py.controllers.job.ending import SOME_NUMBERS, TOO_MANY_NUMBERS, Ending, is_finished
from minikube_py.controllers.job.indexes import INDEX
from minikube_py.controllers.job.plan import Plan, plan
from minikube_py.controllers.job.policies import FAILURES, verdict
from minikube_py.controllers.job.status import pod_for, status_of
from minikube_py.controllers.job.tally import TRACKED, tally

NOW_S = 1_000_000.0
IGNORED = "batch.kubernetes.io/job-index-ignored-failure-count"


def job(status: dict[str, Any] | None = None, **spec: Any) -> Job:
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "c"}]}}
    full = {"parallelism": 2, "completions": 3, "backoffLimit": 6, "template": template, **spec}
    return Job.from_dict({"metadata": {"name": "j", "namespace": "default"}, "spec": full, "status": status or {}})


def numbered(limit: int = 1, status: dict[str, Any] | None = None, **spec: Any) -> Job:
    return job(status, completionMode="Indexed", backoffLimitPerIndex=limit, backoffLimit=2**31 - 1, **spec)


def pod(name: str, phase: str = "Running", *, number: int | None = None, code: int = 0, **of: Any) -> Pod:
    annotations = {INDEX: str(number)} if number is not None else {}
    metadata = {"name": name, "namespace": "default", "uid": name, "finalizers": [TRACKED]}
    finished = Time.at(NOW_S - of.get("ended_ago_s", 1000))
    container = {"name": "c", "ready": False, "restartCount": 0, "image": "", "imageID": ""}
    container["state"] = {"terminated": {"exitCode": code, "finishedAt": finished}} if phase != "Running" else {}
    conditions = [{"type": of["condition"], "status": "True"}] if "condition" in of else []
    status = {"phase": phase, "containerStatuses": [container], "conditions": conditions}
    annotations |= of.get("annotations", {})
    return Pod.from_dict({"metadata": {**metadata, "annotations": annotations}, "status": status})


def policy(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"podFailurePolicy": {"rules": list(rules)}, "podReplacementPolicy": "Failed"}


def exits(action: str, *codes: int, operator: str = "In", **more: Any) -> dict[str, Any]:
    return {"action": action, "onExitCodes": {"operator": operator, "values": list(codes), **more}}


EVICTED = {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}


def decide(of: Job, *pods: Pod) -> Plan:
    return plan(of, pods, tally(of, pods), NOW_S)


@pytest.mark.parametrize(
    ("rule", "action"),
    [
        (exits("FailJob", 42), "FailJob"),
        (exits("FailJob", 41), "Count"),
        (exits("Ignore", 41, operator="NotIn"), "Ignore"),
        (exits("Ignore", 42, operator="NotIn"), "Count"),
        (exits("FailJob", 42, containerName="other"), "Count"),
        (EVICTED, "Ignore"),
    ],
)
def test_the_first_rule_that_fits_a_failed_pod_counts(rule: dict[str, Any], action: str) -> None:
    failed = pod("a", "Failed", code=42, condition="DisruptionTarget")
    assert verdict(job(**policy(rule, exits("Count", 42))), failed).action == action
    assert verdict(job(**policy(rule)), pod("b", "Failed", code=0)).action == "Count"


def test_a_failure_that_is_ignored_is_let_go_and_not_counted() -> None:
    careful = job(**policy(EVICTED))
    evicted = pod("a", "Failed", code=137, condition="DisruptionTarget")
    counted = tally(careful, [evicted])
    assert (counted.failed, counted.uncounted.failed, counted.release) == (0, (), (evicted,))
    assert decide(replace(careful, spec=replace(careful.spec, backoff_limit=0)), evicted).ending is None


def test_a_failure_that_ends_the_job_says_which_rule_it_was() -> None:
    ending = decide(job(**policy(EVICTED, exits("FailJob", 42))), pod("a", "Failed", code=42), pod("b"))
    assert [each.metadata.name for each in ending.delete] == ["b"]
    assert ending.ending == Ending(
        "Failed",
        "PodFailurePolicy",
        "Container c for pod default/a failed with exit code 42 matching FailJob rule at index 1",
    )
    begun = job(**policy(exits("FailJob", 42)))
    first = status_of(begun, tally(begun, [pod("a", "Failed", code=42)]), ending, 0, NOW_S)
    gone = replace(begun, status=first)
    last = status_of(gone, tally(gone, []), decide(gone), 0, NOW_S)
    assert [(each.type, each.reason) for each in last.conditions] == [
        ("FailureTarget", "PodFailurePolicy"),
        ("Failed", "PodFailurePolicy"),
    ]


def test_a_number_is_tried_again_until_its_own_limit() -> None:
    of = numbered(limit=1, completions=2)
    failed = pod("a", "Failed", number=0, code=1, annotations={FAILURES: "0"})
    counted = tally(of, [failed])
    assert (counted.release, counted.failed, counted.failed_numbers) == ((), 1, frozenset())
    assert decide(of, failed).create == (0, 1)
    again = pod_for(of, 0, counted.replaced_by(0))
    assert again.metadata.annotations[FAILURES] == "1"
    assert pod_for(of, 1, counted.replaced_by(1)).metadata.annotations[FAILURES] == "0"
    replaced = tally(of, [failed, pod("b", number=0, annotations={FAILURES: "1"})])
    assert (replaced.release, replaced.uncounted.failed, replaced.failed) == ((failed,), ("a",), 1)
    given_up = tally(of, [pod("b", "Failed", number=0, code=1, annotations={FAILURES: "1"})])
    assert (given_up.failed_numbers, len(given_up.release)) == (frozenset({0}), 1)
    assert status_of(of, given_up, Plan(), 0, NOW_S).failed_indexes == "0"


def test_each_number_waits_for_its_own_failures_only() -> None:
    of = numbered(limit=3)
    recent = pod("a", "Failed", number=0, code=1, ended_ago_s=1, annotations={FAILURES: "1"})
    decided = decide(of, recent)
    assert (decided.create, decided.look_again_s) == ((1,), 19)


def test_an_ignored_failure_of_a_number_is_waited_for_and_not_counted() -> None:
    of = numbered(limit=0, **policy(EVICTED))
    evicted = pod("a", "Failed", number=0, condition="DisruptionTarget", annotations={FAILURES: "0", IGNORED: "1"})
    counted = tally(of, [evicted])
    assert (counted.failed_numbers, counted.failed) == (frozenset(), 0)
    made = pod_for(of, 0, counted.replaced_by(0)).metadata.annotations
    assert (made[FAILURES], made[IGNORED]) == ("0", "2")


def test_a_rule_gives_a_number_up_at_once() -> None:
    of = numbered(limit=5, **policy(exits("FailIndex", 42)))
    assert tally(of, [pod("a", "Failed", number=1, code=42)]).failed_numbers == frozenset({1})


def test_numbers_that_failed_end_the_job_when_no_other_is_left_or_too_many_did() -> None:
    status = {"failedIndexes": "0,2", "completedIndexes": ""}
    assert decide(numbered(status=status)).create == (1,)
    assert decide(numbered(status=status), pod("a", "Succeeded", number=1)).ending == SOME_NUMBERS
    assert decide(numbered(status=status, maxFailedIndexes=2)).ending is None
    assert decide(numbered(status=status, maxFailedIndexes=1), pod("b", number=1)).ending == TOO_MANY_NUMBERS


def test_a_job_that_ends_counts_the_failures_that_waited_for_the_next_pod() -> None:
    of = numbered(limit=5)
    failed = pod("a", "Failed", number=0, code=1)
    counted = tally(of, [failed], keeps=False)
    assert (counted.uncounted.failed, counted.release, counted.failed) == (("a",), (failed,), 1)


@pytest.mark.parametrize(
    ("rule", "completed", "is_met"),
    [
        ({"succeededCount": 2}, "0,2", True),
        ({"succeededCount": 2}, "2", False),
        ({"succeededIndexes": "0-1"}, "0-1", True),
        ({"succeededIndexes": "0-1"}, "1,2", False),
        ({"succeededIndexes": "0-1", "succeededCount": 1}, "1", True),
        ({"succeededIndexes": "0-1", "succeededCount": 1}, "2", False),
    ],
)
def test_a_success_policy_ends_the_job_before_all_have_succeeded(
    rule: dict[str, Any], completed: str, is_met: bool
) -> None:
    never = {"succeededIndexes": "4"}
    of = job(
        {"completedIndexes": completed}, completionMode="Indexed", successPolicy={"rules": [never, rule]}, completions=5
    )
    decided = decide(of, pod("late", number=4))
    met = Ending("Complete", "SuccessPolicy", "Matched rules at index 1")
    assert decided.ending == (met if is_met else None)
    if is_met:
        first = replace(of, status=status_of(of, tally(of, [pod("late", number=4)]), decided, 0, NOW_S))
        last = replace(of, status=status_of(first, tally(first, []), decide(first), 0, NOW_S))
        assert is_finished(last)
        assert last.status.completion_time == Time.at(NOW_S)


@pytest.mark.parametrize(
    ("rules", "path", "why"),
    [
        ([], "", "at least one rules must be specified"),
        ([{}], "[0]", "at least one of succeededCount or succeededIndexes"),
        ([{"succeededCount": 6}], "[0].succeededCount", "must be less than or equal to 5 (the number of specified"),
        ([{"succeededIndexes": "0-1", "succeededCount": 3}], "[0].succeededCount", "less than or equal to 2"),
        ([{"succeededIndexes": "3-5"}], "[0].succeededIndexes", 'too large index: "5"'),
        ([{"succeededIndexes": "1,1"}], "[0].succeededIndexes", '"1" is not after 1'),
        ([{"succeededIndexes": "2-1"}], "[0].succeededIndexes", '"2-1" ends before it begins'),
        ([{"succeededIndexes": "a-1"}], "[0].succeededIndexes", 'cannot parse "a-1"'),
    ],
)
def test_a_success_policy_that_cannot_be_met_is_refused(rules: list[Any], path: str, why: str) -> None:
    of = job(completionMode="Indexed", completions=5, successPolicy={"rules": rules})
    found = [error for error in of.field_errors(None) if error.path == f"spec.successPolicy.rules{path}"]
    assert why in found[0].message


def test_only_jobs_that_count_by_number_give_numbers_up() -> None:
    policy_of = policy(exits("FailIndex", 1))
    errors = {error.path for error in job(**policy_of).field_errors(None)}
    assert "spec.podFailurePolicy.rules[0].action" in errors
    assert "spec.podFailurePolicy.rules[0].action" not in {e.path for e in numbered(**policy_of).field_errors(None)}
