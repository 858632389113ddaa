"""Deployments, played through on paper: the plans are carried out on values, and every step keeps the bounds."""

from __future__ import annotations

import random

import pytest

from minikube_py.api.kinds.apps.deployment import (
    Deployment,
    DeploymentSpec,
    DeploymentStrategy,
    RollingUpdateDeployment,
)
from minikube_py.api.kinds.apps.replica_set import ReplicaSet, ReplicaSetStatus
from minikube_py.api.kinds.core.container import Container
from minikube_py.api.kinds.core.pod import PodSpec, PodTemplateSpec
from minikube_py.api.meta import LabelSelector, ObjectMeta
from minikube_py.api.model import replace
from minikube_py.api.scalars import IntOrString, Time
from minikube_py.controllers.deployment.plan import (
    CreateReplicaSet,
    DeleteReplicaSet,
    Plan,
    SetRevision,
    UpdateReplicaSet,
    plan,
)
from minikube_py.controllers.deployment.progress import deadline_in_s
from minikube_py.controllers.deployment.revisions import (
    REVISION,
    REVISION_HISTORY,
    new_replica_set,
    revision_of,
)
from minikube_py.controllers.deployment.rollout import bounds_of, size
from minikube_py.controllers.template_hash import template_hash
from minikube_py.machinery.conditions import find_condition


def template(image: str) -> PodTemplateSpec:
    containers = (Container(name="c", image=image),)
    return PodTemplateSpec(metadata=ObjectMeta(labels={"app": "web"}), spec=PodSpec(containers=containers))


def deployment(
    replicas: int = 3,
    *,
    surge: IntOrString = "25%",
    unavailable: IntOrString = "25%",
    strategy: str = "RollingUpdate",
    history: int = 10,
) -> Deployment:
    rolling = RollingUpdateDeployment(max_surge=surge, max_unavailable=unavailable)
    spec = DeploymentSpec(
        replicas=replicas,
        selector=LabelSelector(match_labels={"app": "web"}),
        template=template("v1"),
        strategy=DeploymentStrategy(type=strategy, rolling_update=rolling if strategy == "RollingUpdate" else None),
        revision_history_limit=history,
        progress_deadline_seconds=600,
    )
    return Deployment(metadata=ObjectMeta(name="web", namespace="default", uid="d", generation=1), spec=spec)


class World:
    """A Deployment with its ReplicaSets; pods obey after a while, except those of the image `broken`."""

    def __init__(self, subject: Deployment) -> None:
        self.deployment = subject
        self.replica_sets: dict[str, ReplicaSet] = {}
        self.now_s = 1_000_000.0

    def plan(self, *, has_old_pods: bool | None = None) -> Plan:
        owned = tuple(self.replica_sets.values())
        new = new_replica_set(self.deployment, owned)
        old_pods = any(each.status.replicas for each in owned if each is not new)
        has_old_pods = old_pods if has_old_pods is None else has_old_pods
        return plan(self.deployment, owned, has_old_pods=has_old_pods, now_s=self.now_s)

    def act(self, decided: Plan) -> None:
        for action in decided.actions:
            match action:
                case CreateReplicaSet(made):
                    metadata = replace(made.metadata, uid=made.metadata.name, creation_timestamp=Time.at(self.now_s))
                    self.replica_sets[made.metadata.name] = replace(made, metadata=metadata)
                case UpdateReplicaSet(_, changed):
                    self.replica_sets[changed.metadata.name] = changed
                case DeleteReplicaSet(gone):
                    del self.replica_sets[gone.metadata.name]
                case SetRevision(revision):
                    annotations = {**self.deployment.metadata.annotations, REVISION: str(revision)}
                    metadata = replace(self.deployment.metadata, annotations=annotations)
                    self.deployment = replace(self.deployment, metadata=metadata)
        self.deployment = replace(self.deployment, status=decided.status)

    def obey(self, randomness: random.Random | None = None) -> None:
        """Pods follow their ReplicaSets; with randomness some of them only."""
        for name, each in self.replica_sets.items():
            wanted, status = size(each), each.status
            is_broken = each.spec.template.spec.containers[0].image == "broken"
            ready = status.available_replicas if wanted >= status.available_replicas else wanted
            goal = 0 if is_broken else wanted
            if goal > ready:
                ready += randomness.randint(0, goal - ready) if randomness else goal - ready
            changed = ReplicaSetStatus(replicas=wanted, ready_replicas=ready, available_replicas=ready)
            self.replica_sets[name] = replace(each, status=changed)

    def settle(self, randomness: random.Random | None = None) -> None:
        for _ in range(200):
            self.now_s += 1
            decided = self.plan()
            self.act(decided)
            self.check_bounds()
            self.obey(randomness)

    def check_bounds(self) -> None:
        bounds = bounds_of(self.deployment)
        total = sum(size(each) for each in self.replica_sets.values())
        kept = sum(min(size(each), each.status.available_replicas) for each in self.replica_sets.values())
        assert total <= bounds.maximum
        assert kept >= min(bounds.minimum_available, self.available_before)

    available_before = 0

    def update(self, image: str) -> None:
        metadata = replace(self.deployment.metadata, generation=self.deployment.metadata.generation + 1)
        spec = replace(self.deployment.spec, template=template(image))
        self.deployment = replace(self.deployment, metadata=metadata, spec=spec)
        self.available_before = sum(each.status.available_replicas for each in self.replica_sets.values())

    def scale(self, replicas: int) -> None:
        self.deployment = replace(self.deployment, spec=replace(self.deployment.spec, replicas=replicas))

    @property
    def sizes(self) -> dict[str, int]:
        """Replicas by image."""
        return {each.spec.template.spec.containers[0].image: size(each) for each in self.replica_sets.values()}

    def condition(self, kind: str) -> tuple[str, str]:
        found = find_condition(self.deployment.status.conditions, kind)
        return (found.status, found.reason) if found is not None else ("", "")


@pytest.mark.parametrize("seed", range(40))
def test_rollout_keeps_its_bounds_at_every_step_and_arrives(seed: int) -> None:
    randomness = random.Random(seed)
    amounts: tuple[IntOrString, ...] = (0, 1, 3, "25%", "50%", "100%")
    subject = deployment(
        randomness.randint(1, 12), surge=randomness.choice(amounts), unavailable=randomness.choice(amounts)
    )
    world = World(subject)
    world.settle(randomness)
    world.update("v2")
    world.settle(randomness)
    assert world.sizes == {"v1": 0, "v2": subject.spec.replicas}
    assert world.condition("Progressing") == ("True", "NewReplicaSetAvailable")
    assert world.condition("Available") == ("True", "MinimumReplicasAvailable")


def test_broken_template_stops_the_rollout_while_enough_old_pods_run() -> None:
    world = World(deployment(4, surge=1, unavailable=1))
    world.settle()
    world.update("broken")
    world.settle()
    assert world.sizes == {"v1": 3, "broken": 2}


def test_rollover_gives_up_the_broken_revision_first() -> None:
    world = World(deployment(4, surge=1, unavailable=1))
    world.settle()
    world.update("broken")
    world.settle()
    world.update("v3")
    world.settle()
    assert world.sizes == {"v1": 0, "broken": 0, "v3": 4}


def test_rollback_makes_the_old_replica_set_new_again_with_the_next_revision() -> None:
    world = World(deployment())
    world.settle()
    world.update("v2")
    world.settle()
    world.update("v1")
    world.settle()
    assert world.sizes == {"v1": 3, "v2": 0}
    [first] = [each for each in world.replica_sets.values() if size(each) == 3]
    assert revision_of(first) == 3
    assert first.metadata.annotations[REVISION_HISTORY] == "1"
    assert world.deployment.metadata.annotations[REVISION] == "3"


def test_recreate_waits_until_the_last_old_pod_is_gone() -> None:
    world = World(deployment(2, strategy="Recreate"))
    world.settle()
    world.update("v2")
    world.act(world.plan())
    assert world.sizes == {"v1": 0}
    world.act(world.plan(has_old_pods=True))
    assert world.sizes == {"v1": 0}
    world.act(world.plan(has_old_pods=False))
    assert world.sizes == {"v1": 0, "v2": 2}


def test_paused_deployment_starts_no_rollout_but_is_scaled() -> None:
    world = World(deployment())
    world.settle()
    world.update("v2")
    world.deployment = replace(world.deployment, spec=replace(world.deployment.spec, paused=True))
    world.scale(5)
    world.settle()
    assert world.sizes == {"v1": 5}
    assert world.condition("Progressing") == ("Unknown", "DeploymentPaused")
    world.deployment = replace(world.deployment, spec=replace(world.deployment.spec, paused=False))
    world.act(world.plan())
    assert world.condition("Progressing")[1] in ("DeploymentResumed", "NewReplicaSetCreated")


def test_scaling_in_the_middle_of_a_rollout_is_shared_in_proportion() -> None:
    world = World(deployment(10, surge=3, unavailable=2))
    world.settle()
    world.update("broken")
    world.settle()
    assert world.sizes == {"v1": 8, "broken": 5}
    world.scale(15)
    world.act(world.plan())
    assert world.sizes == {"v1": 11, "broken": 7}


def test_history_beyond_the_limit_is_deleted_oldest_first() -> None:
    world = World(deployment(history=2))
    for image in ("v1", "v2", "v3", "v4", "v5"):
        world.update(image)
        world.settle()
    assert world.sizes == {"v3": 0, "v4": 0, "v5": 3}


def test_history_keeps_what_a_rollback_brought_back_although_it_is_older() -> None:
    world = World(deployment(history=1))
    for image in ("v1", "v2", "v1", "v3"):
        world.update(image)
        world.settle()
    assert world.sizes == {"v1": 0, "v3": 3}


def test_rollout_without_progress_times_out_after_its_deadline() -> None:
    world = World(deployment(3))
    world.update("broken")
    world.settle()
    wait_s = deadline_in_s(world.deployment, world.deployment.status, world.now_s)
    assert wait_s is not None
    assert wait_s > 300
    world.now_s += wait_s + 1
    world.act(world.plan())
    assert world.condition("Progressing") == ("False", "ProgressDeadlineExceeded")
    assert deadline_in_s(world.deployment, world.deployment.status, world.now_s) is None


def test_settled_deployment_has_nothing_to_do() -> None:
    world = World(deployment())
    world.settle()
    decided = world.plan()
    assert decided.actions == ()
    assert decided.status == world.deployment.status


@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable", "expected"),
    [
        (10, "25%", "25%", (3, 2)),
        (1, "25%", "25%", (1, 0)),
        (3, 0, 0, (0, 1)),
        (2, 1, 5, (1, 2)),
        (4, "0%", "10%", (0, 1)),
    ],
)
def test_percentages_round_the_surge_up_and_the_unavailable_down(
    replicas: int, surge: IntOrString, unavailable: IntOrString, expected: tuple[int, int]
) -> None:
    bounds = bounds_of(deployment(replicas, surge=surge, unavailable=unavailable))
    assert (bounds.surge, bounds.unavailable) == expected


def test_hash_is_stable_and_another_for_another_template_or_collision() -> None:
    hashes = {template_hash(template("v1"), 0), template_hash(template("v2"), 0), template_hash(template("v1"), 1)}
    assert len(hashes) == 3
    assert template_hash(template("v1"), 0) in hashes
