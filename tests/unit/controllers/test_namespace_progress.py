"""What a namespace says of its deletion."""

from collections import Counter

from minikube_py.api.kinds.core.namespace import Namespace
from minikube_py.api.model import replace
from minikube_py.controllers.namespace.progress import Progress, status_of
from minikube_py.machinery.conditions import find_condition


def test_what_remains_is_counted_by_resource_and_finalizer() -> None:
    progress = Progress(remaining=Counter({"pods.": 2, "jobs.batch": 1}), finalizers=Counter({"example.com/wait": 1}))
    status = status_of(Namespace(), progress, 0)
    said = {each.type: (each.status, each.reason, each.message) for each in status.conditions}
    assert status.phase == "Terminating"
    assert said["NamespaceContentRemaining"] == (
        "True",
        "SomeResourcesRemain",
        "Some resources are remaining: jobs.batch has 1 resource instances, pods. has 2 resource instances",
    )
    assert said["NamespaceFinalizersRemaining"] == (
        "True",
        "SomeFinalizersRemain",
        "Some content in the namespace has finalizers remaining: example.com/wait in 1 resource instances",
    )
    assert said["NamespaceDeletionContentFailure"][0] == "False"
    assert not progress.is_empty


def test_condition_keeps_its_time_while_it_says_the_same() -> None:
    first = status_of(Namespace(), Progress(remaining=Counter({"pods.": 2})), 0)
    later = status_of(replace(Namespace(), status=first), Progress(remaining=Counter({"pods.": 1})), 60)
    before, after = (find_condition(each.conditions, "NamespaceContentRemaining") for each in (first, later))
    assert before is not None
    assert after is not None
    assert before.last_transition_time == after.last_transition_time
    assert before.message != after.message
    done = status_of(replace(Namespace(), status=later), Progress(), 90)
    gone = find_condition(done.conditions, "NamespaceContentRemaining")
    assert gone is not None
    assert (gone.status, gone.last_transition_time) == ("False", "1970-01-01T00:01:30Z")
