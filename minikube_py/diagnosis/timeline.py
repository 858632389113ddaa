"""The ten steps from `create deployment` to an answering pod, as they happened. Pure: histories in, a timeline out.

    1 request   2 let in   3 stored   4 seen   5 ReplicaSet   6 Pods   7 bound   8 kubelet   9 containers   10 ready

What is *measured* was written down by the process that did it: a timestamp, an event, a version. What is *derived*
follows from something measured, and says from what. A time that nobody wrote down is left empty. Kubernetes' timestamps
are whole seconds; the order within a second is that of the versions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from minikube_py.api.kinds.apps.deployment import Deployment
from minikube_py.api.kinds.apps.replica_set import ReplicaSet
from minikube_py.api.kinds.core.event import Event
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.discovery.endpoint_slice import EndpointSlice
from minikube_py.api.model import Json
from minikube_py.api.scalars import Time
from minikube_py.diagnosis.facts import first_seen_at, is_owned
from minikube_py.diagnosis.history import Change, History
from minikube_py.machinery.conditions import find_condition, is_ready

TITLES = (
    "the request",
    "authenticated, authorized, admitted",
    "stored",
    "seen by the Deployment controller",
    "a ReplicaSet",
    "its Pods",
    "nodes chosen",
    "taken up by kubelets",
    "images and containers",
    "ready, and known as endpoints",
)
_API_SERVER, _CONTROLLERS = "API server", "controller manager"
_STEPS_OF_EVENTS = ("Pulling", "Pulled", "Built", "Created", "Started")


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened in a step."""

    process: str
    text: str
    at: Time | None = None
    version: str = ""
    derived_from: str = ""
    """Empty: it was measured."""

    def to_dict(self) -> dict[str, Json]:
        document: dict[str, Json] = {"process": self.process, "what": self.text}
        if self.at is not None:
            document["time"] = str(self.at)
        if self.version:
            document["resourceVersion"] = self.version
        document["basis"] = "derived" if self.derived_from else "measured"
        return document if not self.derived_from else {**document, "derivedFrom": self.derived_from}


@dataclass(frozen=True, slots=True)
class Step:
    number: int
    title: str
    moments: tuple[Moment, ...] = ()


@dataclass(frozen=True, slots=True)
class Timeline:
    subject: str
    steps: tuple[Step, ...]
    is_remembered: bool
    """Whether the API server still had every write since the creation."""

    @property
    def is_complete(self) -> bool:
        return all(step.moments for step in self.steps)

    @property
    def missing(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if not step.moments)

    def to_dict(self) -> dict[str, Json]:
        steps: list[Json] = [
            {"step": step.number, "title": step.title, "moments": [moment.to_dict() for moment in step.moments]}
            for step in self.steps
        ]
        return {"subject": self.subject, "complete": self.is_complete, "remembered": self.is_remembered, "steps": steps}


@dataclass(frozen=True, slots=True)
class Histories:
    """All that is known of the objects in a namespace."""

    deployments: History[Deployment]
    replica_sets: History[ReplicaSet]
    pods: History[Pod]
    slices: History[EndpointSlice] = field(default_factory=History)
    events: tuple[Event, ...] = ()


def timeline(deployment: Deployment, known: Histories) -> Timeline:
    """The ten steps of its creation; steps that have not happened (yet) are empty."""
    uid = deployment.metadata.uid
    born = known.deployments.first(uid, lambda _: True) or Change(deployment, is_remembered=False)
    sets = known.replica_sets.born(lambda each: is_owned(each, deployment))[:1]
    pods = [pod for each in sets for pod in known.pods.born(lambda pod, owner=each: is_owned(pod, owner.object))]  # type: ignore[misc]
    steps = (
        (_request(born),),
        (_let_in(born),),
        (_created(born, "deployment"),),
        tuple(_seen(uid, known, sets)),
        tuple(_created(each, "replicaset") for each in sets),
        tuple(_created(pod, "pod") for pod in pods),
        tuple(moment for pod in pods for moment in _bound(pod.object, known)),
        tuple(moment for pod in pods for moment in _taken_up(pod.object, known)),
        tuple(moment for pod in pods for moment in _containers(pod.object, known)),
        (*(moment for pod in pods for moment in _ready(pod.object, known)), *_available(uid, known)),
    )
    numbered = tuple(Step(n, title, moments) for n, (title, moments) in enumerate(zip(TITLES, steps, strict=True), 1))
    return Timeline(f"deployment/{deployment.metadata.name}", numbered, born.is_remembered)


def _request(born: Change[Deployment]) -> Moment:
    entry = next((e for e in born.object.metadata.managed_fields if not e.subresource), None)
    who = entry.manager if entry is not None and entry.manager else "a client"
    at = entry.time if entry is not None and born.is_remembered else born.object.metadata.creation_timestamp
    source = "managedFields: who asked, and when the API server wrote it"
    return Moment(who, f"asked for deployment/{born.object.metadata.name}", at, derived_from=source)


def _let_in(born: Change[Deployment]) -> Moment:
    return Moment(_API_SERVER, "knew who asked, let them, and filled in defaults", None,
                  derived_from="that it was stored; only an audit log has the time")  # fmt: skip


def _created(change: Change[Deployment] | Change[ReplicaSet] | Change[Pod], kind: str) -> Moment:
    metadata = change.object.metadata
    return Moment(_API_SERVER if kind == "deployment" else _CONTROLLERS, f"{kind}/{metadata.name} is in the store",
                  metadata.creation_timestamp, change.version if change.is_creation else "")  # fmt: skip


def _seen(uid: str, known: Histories, sets: list[Change[ReplicaSet]]) -> Iterator[Moment]:
    """The controller leaves no trace of looking; that it acted shows that it had looked."""
    if sets:
        at = sets[0].object.metadata.creation_timestamp
        yield Moment(_CONTROLLERS, "saw it, at the latest now", at, derived_from="the creation of its ReplicaSet")
    said = [e for e in known.events if e.involved_object.uid == uid and e.reason == "ScalingReplicaSet"]
    for event in said[:1]:
        yield Moment(_CONTROLLERS, f"said: {event.message}", first_seen_at(event), event.metadata.resource_version)


def _bound(pod: Pod, known: Histories) -> Iterator[Moment]:
    change = known.pods.first(pod.metadata.uid, lambda each: bool(each.spec.node_name))
    if change is None:
        return
    placed = find_condition(change.object.status.conditions, "PodScheduled")
    at = placed.last_transition_time if placed is not None else None
    yield Moment("scheduler", f"pod/{pod.metadata.name} goes to {change.object.spec.node_name}", at, change.version)


def _taken_up(pod: Pod, known: Histories) -> Iterator[Moment]:
    started = known.pods.first(pod.metadata.uid, lambda each: each.status.start_time is not None)
    if started is not None:
        node = started.object.spec.node_name
        yield Moment(f"kubelet of {node}", f"took up pod/{pod.metadata.name}", started.object.status.start_time,
                     started.version)  # fmt: skip
    addressed = known.pods.first(pod.metadata.uid, lambda each: bool(each.status.pod_ip))
    if addressed is not None:
        made = find_condition(addressed.object.status.conditions, "PodReadyToStartContainers")
        at = made.last_transition_time if made is not None else addressed.written_at
        address, node = addressed.object.status.pod_ip, addressed.object.spec.node_name
        yield Moment(f"kubelet of {node}", f"sandbox and network: {address}", at, addressed.version)


def _containers(pod: Pod, known: Histories) -> Iterator[Moment]:
    uid = pod.metadata.uid
    said = [e for e in known.events if e.involved_object.uid == uid and e.reason in _STEPS_OF_EVENTS]
    for event in sorted(said, key=lambda e: (str(first_seen_at(e) or ""), int(e.metadata.resource_version or 0))):
        sender = f"kubelet of {event.source.host}" if event.source.host else event.source.component or "kubelet"
        text = f"{event.reason}: {event.message}"
        yield Moment(sender, text, first_seen_at(event), event.metadata.resource_version)
    running = known.pods.first(uid, _all_run)
    if running is not None:
        starts = [s.state.running.started_at for s in running.object.status.container_statuses if s.state.running]
        at = max((start for start in starts if start is not None), default=None)
        node = running.object.spec.node_name
        yield Moment(f"kubelet of {node}", f"the containers of pod/{pod.metadata.name} run", at, running.version)


def _ready(pod: Pod, known: Histories) -> Iterator[Moment]:
    change = known.pods.first(pod.metadata.uid, is_ready)
    if change is not None:
        condition = find_condition(change.object.status.conditions, "Ready")
        at = condition.last_transition_time if condition is not None else None
        node = change.object.spec.node_name
        yield Moment(f"kubelet of {node}", f"pod/{pod.metadata.name} is ready", at, change.version)
    for listed in known.slices.changes:
        if _is_ready_endpoint(listed.object, pod):
            name = listed.object.metadata.labels.get("kubernetes.io/service-name", listed.object.metadata.name)
            yield Moment(_CONTROLLERS, f"pod/{pod.metadata.name} is an endpoint of service/{name}", listed.written_at,
                         listed.version)  # fmt: skip
            yield Moment("proxy of each node", f"writes the rules of service/{name}",
                         derived_from="its endpoints; the API server does not know a node's rules")  # fmt: skip
            return


def _available(uid: str, known: Histories) -> Iterator[Moment]:
    def is_available(each: Deployment) -> bool:
        condition = find_condition(each.status.conditions, "Available")
        return condition is not None and condition.status == "True" and each.status.ready_replicas > 0

    change = known.deployments.first(uid, is_available)
    if change is not None:
        condition = find_condition(change.object.status.conditions, "Available")
        at = condition.last_transition_time if condition is not None else None
        yield Moment(_CONTROLLERS, "the deployment is Available", at, change.version)


def _all_run(pod: Pod) -> bool:
    statuses = pod.status.container_statuses
    return bool(statuses) and all(status.state.running is not None for status in statuses)


def _is_ready_endpoint(piece: EndpointSlice, pod: Pod) -> bool:
    return any(
        endpoint.target_ref is not None
        and endpoint.target_ref.uid == pod.metadata.uid
        and endpoint.conditions.ready is not False
        for endpoint in piece.endpoints
    )
