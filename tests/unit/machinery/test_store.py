"""The store and its indexes, and the overlay of recent writes on it."""

from __future__ import annotations

import pytest

from minikube_py.api.kinds.apps.replica_set import ReplicaSet
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.model import replace
from minikube_py.api.scalars import Time
from minikube_py.client.client import Client
from minikube_py.client.kubeconfig import ClientConfig
from minikube_py.machinery.informer import Informer, Watching
from minikube_py.machinery.ownership import controller_reference
from minikube_py.machinery.recent_writes import RecentWrites
from minikube_py.machinery.store import Key, Store

OWNER = ReplicaSet(metadata=ObjectMeta(name="web", namespace="default", uid="owner"))
KEY = Key("default", "web")


def pod(name: str, *, namespace: str = "default", owned: bool = False, revision: int = 1) -> Pod:
    references = (controller_reference(OWNER),) if owned else ()
    metadata = ObjectMeta(
        name=name,
        namespace=namespace,
        uid=f"uid-{name}",
        resource_version=str(revision),
        owner_references=references,
        labels={"app": name},
    )
    return Pod(metadata=metadata)


def names(pods: tuple[Pod, ...]) -> list[str]:
    return [each.metadata.name for each in pods]


def test_indexes_follow_every_change() -> None:
    store: Store[Pod] = Store()
    store.put(pod("a", owned=True))
    store.put(pod("b", namespace="other"))
    assert names(store.controlled_by("owner")) == ["a"]
    assert names(store.list("other")) == ["b"]
    assert store.put(pod("a")) == pod("a", owned=True)
    assert store.controlled_by("owner") == ()
    assert store.remove(Key("other", "b")) == pod("b", namespace="other")
    assert store.list("other") == ()
    assert store.remove(Key("other", "b")) is None
    assert names(store.list()) == ["a"]


def test_index_that_is_added_late_knows_what_is_there() -> None:
    store: Store[Pod] = Store()
    store.put(pod("a"))
    store.add_index("app", lambda each: (each.metadata.labels["app"],))
    assert names(store.by_index("app", "a")) == ["a"]


@pytest.fixture
async def informer() -> Informer[Pod]:
    return Informer(Client.connect(ClientConfig()), Pod)


async def test_own_creation_is_seen_before_the_store_shows_it(informer: Informer[Pod]) -> None:
    recent: RecentWrites[Pod] = RecentWrites(informer)
    informer.state = Watching("5")
    recent.created(KEY, pod("new", revision=9))
    assert names(recent.overlay(KEY, informer.store)) == ["new"]
    assert recent.overlay(Key("default", "other"), informer.store) == ()


async def test_own_creation_counts_once_when_the_store_shows_it(informer: Informer[Pod]) -> None:
    recent: RecentWrites[Pod] = RecentWrites(informer)
    informer.state = Watching("5")
    recent.created(KEY, pod("new", revision=9))
    informer.store.put(pod("new", revision=9))
    assert names(recent.overlay(KEY, informer.store)) == ["new"]


async def test_own_creation_that_somebody_deleted_is_not_believed_in_for_ever(informer: Informer[Pod]) -> None:
    recent: RecentWrites[Pod] = RecentWrites(informer)
    recent.created(KEY, pod("new", revision=9))
    informer.state = Watching("9")
    assert recent.overlay(KEY, informer.store) == ()


async def test_own_deletion_is_seen_before_the_store_shows_it_and_forgotten_after(informer: Informer[Pod]) -> None:
    recent: RecentWrites[Pod] = RecentWrites(informer)
    doomed = pod("old")
    informer.store.put(doomed)
    recent.deleted(KEY, doomed)
    assert recent.overlay(KEY, informer.store) == ()
    informer.store.put(replace(doomed, metadata=replace(doomed.metadata, deletion_timestamp=Time.now())))
    assert names(recent.overlay(KEY, informer.store)) == ["old"]
