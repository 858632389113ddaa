"""A cluster as facts, in few words: what is not said is as it should be."""

from collections.abc import Mapping
from typing import Any

from minikube_py.api.kinds.apps.deployment import Deployment
from minikube_py.api.kinds.apps.replica_set import ReplicaSet
from minikube_py.api.kinds.coordination.lease import Lease
from minikube_py.api.kinds.core.event import Event
from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.service import Service
from minikube_py.api.kinds.discovery.endpoint_slice import EndpointSlice
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import MicroTime, Time
from minikube_py.diagnosis.facts import Facts

NOW_S = 1_800_000_000.0
LABELS = {"app": "web"}


def ago(seconds: float) -> str:
    return str(Time.at(NOW_S - seconds))


def facts(
    *objects: Resource, alive: tuple[str, ...] = ("scheduler", "controller-manager", "node1"), **rest: Any
) -> Facts:
    """The facts of these objects; `alive` are the components whose leases are fresh, "-name": expired long ago."""

    def of(kind: type[Resource]) -> tuple[Any, ...]:
        return tuple(each for each in objects if isinstance(each, kind))

    leases = tuple(_lease(name.lstrip("-"), 100 if name.startswith("-") else 1) for name in alive)
    return Facts(
        now_s=NOW_S,
        pods=of(Pod),
        nodes=of(Node),
        leases=leases,
        events=of(Event),
        deployments=of(Deployment),
        replica_sets=of(ReplicaSet),
        services=of(Service),
        slices=of(EndpointSlice),
        **{"rules_gap": "nobody asked", **rest},
    )


def _lease(name: str, silent_s: float) -> Lease:
    namespace, full = ("kube-node-lease", name) if name.startswith("node") else ("kube-system", f"kube-{name}")
    spec = {"holderIdentity": "host_1", "leaseDurationSeconds": 15, "renewTime": str(MicroTime.at(NOW_S - silent_s))}
    return Lease.from_dict({"metadata": {"name": full, "namespace": namespace}, "spec": spec})


def node(name: str = "node1", *, ready: bool = True, cpu: str = "4", **spec: Any) -> Node:
    status = {
        "conditions": [{"type": "Ready", "status": str(ready), "message": "as it is", "lastTransitionTime": ago(60)}],
        "allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "110"},
    }
    return Node.from_dict({"metadata": {"name": name, "uid": name}, "spec": spec, "status": status})


def pod(name: str = "web-1", *, on: str = "", state: Mapping[str, Any] | None = None, **more: Any) -> Pod:
    """A pod of replica set `web`; `state` is its container's, `ready` its readiness."""
    ready = more.pop("ready", False)
    status: dict[str, Any] = {"phase": more.pop("phase", "Running" if state and "running" in state else "Pending")}
    status["conditions"] = [{"type": "Ready", "status": str(ready), "lastTransitionTime": ago(10)}]
    if on:
        status |= {"startTime": ago(20), "podIP": more.pop("address", "10.244.0.2")}
    if state is not None:
        last = more.pop("last", {})
        shown = {"name": "c", "image": "nginx:no", "imageID": "", "ready": ready, "state": state, "lastState": last}
        status["containerStatuses"] = [{**shown, "restartCount": 3 if last else 0}]
    container = {"name": "c", "image": "nginx:no", **more.pop("container", {})}
    metadata = {"name": name, "namespace": "default", "uid": name, "labels": more.pop("labels", LABELS),
                "creationTimestamp": ago(30), "ownerReferences": [_owner("ReplicaSet", "web-abc")]}  # fmt: skip
    metadata |= more.pop("metadata", {})
    document = {"metadata": metadata, "spec": {"nodeName": on, "containers": [container], **more}, "status": status}
    return Pod.from_dict(document)


def _owner(kind: str, name: str) -> dict[str, Any]:
    return {"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": name, "controller": True}


def deployment(replicas: int = 2, *, seen: bool = True, **spec: Any) -> Deployment:
    template = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "c", "image": "nginx:no"}]}}
    return Deployment.from_dict(
        {
            "metadata": {
                "name": "web",
                "namespace": "default",
                "uid": "web",
                "generation": 1,
                "creationTimestamp": ago(30),
            },
            "spec": {"replicas": replicas, "selector": {"matchLabels": LABELS}, "template": template, **spec},
            "status": {"observedGeneration": int(seen)},
        }
    )


def replica_set(replicas: int = 2, ready: int = 0) -> ReplicaSet:
    template = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "c", "image": "nginx:no"}]}}
    return ReplicaSet.from_dict(
        {
            "metadata": {"name": "web-abc", "namespace": "default", "uid": "web-abc", "creationTimestamp": ago(29),
                         "ownerReferences": [_owner("Deployment", "web")]},
            "spec": {"replicas": replicas, "selector": {"matchLabels": LABELS}, "template": template},
            "status": {"replicas": replicas, "readyReplicas": ready},
        }
    )  # fmt: skip


def event(about: Resource, reason: str, message: str, seconds_ago: float = 5) -> Event:
    return Event.from_dict(
        {
            "metadata": {"name": f"{about.metadata.name}.{reason}", "namespace": "default"},
            "involvedObject": {"uid": about.metadata.uid},
            "reason": reason,
            "message": message,
            "source": {"component": "tester"},
            "firstTimestamp": ago(seconds_ago),
            "lastTimestamp": ago(seconds_ago),
            "count": 1,
        }
    )
