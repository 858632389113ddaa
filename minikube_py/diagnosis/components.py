"""Who is alive: the components that leave a lease, and what to type to have them.

A lease whose holder has not renewed it for its duration belongs to nobody: whoever held it does not run any more, or
cannot reach the API server.

Kubernetes: client-go tools/leaderelection; KEP-589 (node leases)
Simplified: a component that runs with --leader-elect=false leaves no lease and looks absent. Clocks of the machine that
asks and of the holder are taken to agree.
"""

from __future__ import annotations

from dataclasses import dataclass

from minikube_py.api.kinds.coordination.lease import Lease
from minikube_py.api.kinds.core.node import Node
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Time
from minikube_py.diagnosis.explanation import Evidence, Explanation, Since, since
from minikube_py.diagnosis.facts import Facts
from minikube_py.machinery.conditions import find_condition

LEASES = "leases.coordination.k8s.io"
NODE_LEASES = "kube-node-lease"
CONTROLLER_MANAGER, SCHEDULER, KUBELET, PROXY = "controller manager", "scheduler", "kubelet", "proxy"
_LEASE_NAMES = {CONTROLLER_MANAGER: "kube-controller-manager", SCHEDULER: "kube-scheduler"}
_STARTS = {
    CONTROLLER_MANAGER: "pykube-controller-manager --master={server}",
    SCHEDULER: "pykube-scheduler --master={server}",
    KUBELET: "pykubelet --kubeconfig=FILE",
    PROXY: "pykube-proxy --master={server}",
}
_GRACE_S = 2.0
"""A renewal may be under way."""


@dataclass(frozen=True, slots=True)
class Life:
    """Whether a component is alive; None: could not be found out."""

    is_alive: bool | None
    evidence: Evidence
    silent_since: Since | None = None


def life_of(facts: Facts, component: str) -> Life:
    """Of the controller manager or the scheduler, by its leader election."""
    name = _LEASE_NAMES[component]
    return _judge(facts, component, f"lease kube-system/{name}", facts.lease("kube-system", name))


def kubelet_life(facts: Facts, node: Node) -> Life:
    """Of a node's kubelet, by the node's lease."""
    name = node.metadata.name
    return _judge(facts, f"kubelet of {name}", f"lease {NODE_LEASES}/{name}", facts.lease(NODE_LEASES, name))


def _judge(facts: Facts, who: str, source: str, lease: Lease | None) -> Life:
    if "leases" in facts.gaps:
        return Life(None, Evidence(source, f"could not be read: {facts.gaps['leases']}"))
    if lease is None:
        return Life(False, Evidence(source, f"not there: no {who} has ever led here"))
    renewed, duration_s = lease.spec.renew_time, lease.spec.lease_duration_seconds or 0
    holder = lease.spec.holder_identity or ""
    if renewed is None or not holder:
        given_up = lease.spec.renew_time
        text = "nobody holds it: the last holder gave it up"
        return Life(False, Evidence(source, text, given_up), _silence(given_up, source))
    silent_s = facts.now_s - renewed.epoch_s
    text = f"held by {_short(holder)}, valid for {duration_s}s after each renewal"
    if silent_s > duration_s + _GRACE_S:
        return Life(False, Evidence(source, f"{text}, and expired: last renewed", renewed), _silence(renewed, source))
    return Life(True, Evidence(source, f"{text}: last renewed", renewed))


def _short(holder: str) -> str:
    """Without the random part behind host and process."""
    return "_".join(holder.split("_")[:2])


def _silence(at: Time | None, source: str) -> Since | None:
    return Since(at, f"{source}, its last renewal") if at is not None else None


def start_command(facts: Facts, component: str) -> str:
    """What to type to start a component."""
    if facts.server.startswith("https://"):
        return f"minikube-py start    # starts what of the cluster does not run; by hand: {_by_hand(component)}"
    return _STARTS[component].format(server=facts.server or "http://localhost:8080")


def _by_hand(component: str) -> str:
    return _STARTS[component].split(" ", maxsplit=1)[0] + " --kubeconfig=FILE"


def missing(facts: Facts, component: str, life: Life, subject: Resource, waits_for: str) -> Explanation:
    """The explanation for what stands still because a component is not there."""
    has_been = life.silent_since is not None
    cause = f"the {component} {'does not run any more' if has_been else 'does not run'}"
    return Explanation(
        f"{subject.definition.singular}/{subject.metadata.name}",
        f"{waits_for} is missing, and {cause}.",
        waits_for=waits_for,
        next_actor=f"{component}, which is not there",
        since=life.silent_since or since((subject.metadata.creation_timestamp, "its creationTimestamp")),
        evidence=(life.evidence,),
        next_steps=(f"Start it: {start_command(facts, component)}",),
    )


def explain_no_server(subject: str, server: str, said: str) -> Explanation:
    """The explanation of anything while nobody listens where the API server should."""
    by_hand = "by hand: pykube-apiserver --etcd-servers=http://localhost:2379"
    return Explanation(
        subject,
        f"nobody listens at {server}: the API server does not run, or not there.",
        waits_for="an API server",
        next_actor="API server, which is not there",
        evidence=(Evidence("connection", said),),
        next_steps=(f"Start it: minikube-py start; {by_hand}", "Or name the right one: pykubectl config view"),
    )


def is_node_ready(node: Node) -> bool:
    ready = find_condition(node.status.conditions, "Ready")
    return ready is not None and ready.status == "True"
