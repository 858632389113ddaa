"""What a controller keeps, adopts and releases."""

from __future__ import annotations

from minikube_py.api.kinds.apps.replica_set import ReplicaSet
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.meta import ObjectMeta, OwnerReference
from minikube_py.api.model import replace
from minikube_py.api.scalars import Time
from minikube_py.api.selectors import parse_label_selector
from minikube_py.machinery.ownership import controller_reference, plan_claims

OWNER = ReplicaSet(metadata=ObjectMeta(name="web", namespace="default", uid="u1"))
SELECTOR = parse_label_selector("app=web")


def pod(name: str, app: str = "web", owner: OwnerReference | None = None) -> Pod:
    references = (owner,) if owner is not None else ()
    return Pod(metadata=ObjectMeta(name=name, labels={"app": app}, owner_references=references))


def names(pods: tuple[Pod, ...]) -> list[str]:
    return [each.metadata.name for each in pods]


def test_what_matches_and_is_owned_is_kept() -> None:
    claims = plan_claims(OWNER, SELECTOR, [pod("a", owner=controller_reference(OWNER))])
    assert names(claims.keep) == ["a"]


def test_what_matches_and_belongs_to_nobody_is_adopted() -> None:
    claims = plan_claims(OWNER, SELECTOR, [pod("a"), pod("b", app="db")])
    assert names(claims.adopt) == ["a"]
    assert not claims.keep


def test_what_is_owned_and_matches_no_longer_is_released() -> None:
    claims = plan_claims(OWNER, SELECTOR, [pod("a", app="db", owner=controller_reference(OWNER))])
    assert names(claims.release) == ["a"]


def test_what_belongs_to_another_controller_is_left_alone() -> None:
    other = replace(controller_reference(OWNER), uid="u2")
    claims = plan_claims(OWNER, SELECTOR, [pod("a", owner=other)])
    assert (claims.keep, claims.adopt, claims.release) == ((), (), ())


def test_owner_that_is_ending_adopts_and_releases_nothing() -> None:
    ending = replace(OWNER, metadata=replace(OWNER.metadata, deletion_timestamp=Time.now()))
    mine = controller_reference(OWNER)
    claims = plan_claims(ending, SELECTOR, [pod("a"), pod("b", app="db", owner=mine), pod("c", owner=mine)])
    assert (names(claims.keep), claims.adopt, claims.release) == (["c"], (), ())
