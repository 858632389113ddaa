"""Which revision is the current one, and which are forgotten."""

from __future__ import annotations

from minikube_py.api.kinds.apps.controller_revision import ControllerRevision
from minikube_py.api.kinds.apps.daemon_set import DaemonSet
from minikube_py.controllers.history import Revisions, plan_revisions, revision_for, superfluous, template_data

NEW, OLD = {"spec": {"template": "new"}}, {"spec": {"template": "old"}}


def revision(name: str, number: int, data: dict[str, dict[str, str]]) -> ControllerRevision:
    return ControllerRevision.from_dict({"metadata": {"name": name}, "revision": number, "data": data})


def test_the_first_revision_is_number_one_and_a_new_one_is_above_all() -> None:
    assert plan_revisions(NEW, ()) == Revisions(None, 1, (), ())
    old = revision("a", 3, OLD)
    assert plan_revisions(NEW, (old,)) == Revisions(None, 4, (old,), ())


def test_going_back_makes_an_old_revision_the_newest() -> None:
    first, second = revision("a", 1, NEW), revision("b", 2, OLD)
    assert plan_revisions(NEW, (second, first)) == Revisions(first, 3, (second,), ())


def test_of_two_with_one_template_the_older_is_too_many() -> None:
    first, second = revision("a", 1, NEW), revision("b", 2, NEW)
    assert plan_revisions(NEW, (first, second)) == Revisions(second, 2, (), (first,))


def test_the_oldest_without_pods_are_forgotten() -> None:
    old = [revision(name, number, OLD) for number, name in enumerate("abcd")]
    assert [each.metadata.name for each in superfluous(old, frozenset("a"), 1)] == ["b", "c"]
    assert superfluous(old, frozenset(), None) == ()


def test_a_revision_keeps_the_template_as_text_in_order() -> None:
    template = {"spec": {"containers": [{"name": "c", "image": "v1"}]}, "metadata": {"labels": {"b": "1", "a": "2"}}}
    owner = DaemonSet.from_dict({"metadata": {"name": "d", "uid": "u"}, "spec": {"template": template}})
    kept = template_data(owner)["spec"]["template"]
    assert list(kept)[:2] == ["$patch", "metadata"]
    assert list(kept["metadata"]["labels"]) == ["a", "b"]
    made = revision_for(owner, 2, "hash")
    assert made.metadata.name == f"d-{made.metadata.labels['hash']}"
    assert (made.revision, made.metadata.owner_references[0].name) == (2, "d")
