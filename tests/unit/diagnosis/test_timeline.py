"""What happened when a deployment was created: measured where it was written down, derived where not, never made up."""

from typing import Any

from minikube_py.diagnosis.history import Change, History, R
from minikube_py.diagnosis.timeline import Histories, Timeline, timeline
from tests.unit.diagnosis.a_cluster import ago, deployment, event, pod, replica_set


def at(version: int, resource: R, **status: Any) -> R:
    """The object as it was at a version."""
    document: Any = resource.to_dict()
    document["metadata"]["resourceVersion"] = str(version)
    document["metadata"]["managedFields"] = [{"manager": "kubectl-create", "time": ago(31), "operation": "Update"}]
    document["status"] = status
    return type(resource).from_dict(document)


def history(*versions: R, now: tuple[R, ...] = (), born: bool = True) -> History[R]:
    return History.of((Change(each, born and number == 0) for number, each in enumerate(versions)), now)


RUNNING = [{"name": "c", "state": {"running": {"startedAt": ago(5)}}, "ready": True}]
READY = [{"type": "Ready", "status": "True", "lastTransitionTime": ago(4)}]
UP = {"startTime": ago(8), "podIP": "10.244.0.2", "containerStatuses": RUNNING, "conditions": READY}
BORN, SET = at(3, deployment(1)), at(4, replica_set(1))
POD = [at(5, pod()), at(6, pod(on="node1")), at(7, pod(on="node1"), startTime=ago(8)), at(8, pod(on="node1"), **UP)]
SAID = event(POD[0], "Started", "Container started")
WHOLE = Histories(history(BORN), history(SET), history(*POD), events=(SAID,))


def versions(told: Timeline) -> list[str]:
    return [next((moment.version for moment in step.moments if moment.version), "") for step in told.steps]


def test_each_step_has_the_version_of_the_write_that_made_it() -> None:
    told = timeline(BORN, WHOLE)
    assert told.is_complete
    assert versions(told) == ["", "", "3", "", "4", "5", "6", "7", "8", "8"]


def test_who_asked_is_derived_and_says_from_what() -> None:
    (asked,) = timeline(BORN, WHOLE).steps[0].moments
    assert (asked.process, asked.at) == ("kubectl-create", ago(31))
    assert asked.derived_from.startswith("managedFields")


def test_a_time_that_nobody_wrote_down_is_left_empty() -> None:
    (let_in,) = timeline(BORN, WHOLE).steps[1].moments
    assert let_in.at is None
    assert let_in.derived_from


def test_what_has_not_happened_is_not_told() -> None:
    told = timeline(BORN, Histories(history(BORN), history(SET), history(POD[0])))
    assert [step.number for step in told.missing] == [7, 8, 9, 10]
    assert not told.is_complete


def test_where_the_past_is_forgotten_there_are_times_and_no_versions() -> None:
    def now(*there: R) -> History[R]:
        return history(now=there)

    told = timeline(BORN, Histories(now(BORN), now(SET), now(POD[3])))
    assert told.is_complete
    assert not told.is_remembered
    assert versions(told) == [""] * 10
    assert told.steps[7].moments[0].at == ago(8)


def test_a_first_memory_that_has_it_already_is_not_the_write_that_made_it() -> None:
    told = timeline(BORN, Histories(history(BORN), history(SET), history(*POD[2:], born=False)))
    assert [moment.version for moment in told.steps[6].moments] == [""]
    assert [moment.version for moment in told.steps[9].moments] == ["8"]


def test_pods_of_others_are_not_told() -> None:
    stranger = at(5, pod("other", metadata={"ownerReferences": []}))
    told = timeline(BORN, Histories(history(BORN), history(SET), history(stranger)))
    assert told.steps[5].moments == ()
