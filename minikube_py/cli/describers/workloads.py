"""Deployments and ReplicaSets.

Kubernetes: kubectl pkg/describe (describeDeployment, describeReplicaSet).
"""

from collections import Counter
from collections.abc import Iterable

from minikube_py.cli.ages import long_date
from minikube_py.cli.describers.pods import add_template
from minikube_py.cli.describers.text import (
    Description,
    add_annotations,
    add_controller,
    add_events,
    add_identity,
    add_labels,
    selector_query,
    selector_text,
)
from minikube_py.client.yaml_text import Document

_HASH_LABEL = "pod-template-hash"


def describe_deployment(out: Description) -> None:
    """Describe a deployment with the replica sets it owns."""
    spec, status = out.spec, out.status
    add_identity(out)
    out.add("CreationTimestamp:", long_date(out.metadata.get("creationTimestamp")))
    add_labels(out)
    add_annotations(out)
    out.add("Selector:", selector_text(spec.get("selector")))
    counts = (
        f"{spec.get('replicas', 1)} desired",
        f"{status.get('updatedReplicas', 0)} updated",
        f"{status.get('replicas', 0)} total",
        f"{status.get('availableReplicas', 0)} available",
        f"{status.get('unavailableReplicas', 0)} unavailable",
    )
    out.add("Replicas:", " | ".join(counts))
    strategy = spec.get("strategy") or {}
    out.add("StrategyType:", strategy.get("type", ""))
    out.add("MinReadySeconds:", spec.get("minReadySeconds", 0))
    rolling = strategy.get("rollingUpdate")
    if rolling:
        limits = f"{rolling.get('maxUnavailable', '25%')} max unavailable, {rolling.get('maxSurge', '25%')} max surge"
        out.add("RollingUpdateStrategy:", limits)
    add_template(out, spec.get("template") or {})
    _add_conditions(out)
    _add_replica_sets(out)
    add_events(out)


def describe_replica_set(out: Description) -> None:
    """Describe a replica set with the phases of its pods."""
    spec, status = out.spec, out.status
    add_identity(out)
    out.add("Selector:", selector_text(spec.get("selector")))
    add_labels(out)
    add_annotations(out)
    add_controller(out)
    out.add("Replicas:", f"{status.get('replicas', 0)} current / {spec.get('replicas', 1)} desired")
    phases = Counter(pod.get("status", {}).get("phase", "") for pod in _owned(out, "/api/v1", "pods"))
    counts = (
        f"{phases['Running']} Running",
        f"{phases['Pending']} Waiting",
        f"{phases['Succeeded']} Succeeded",
        f"{phases['Failed']} Failed",
    )
    out.add("Pods Status:", " / ".join(counts))
    add_template(out, spec.get("template") or {})
    _add_conditions(out)
    add_events(out)


def _add_conditions(out: Description) -> None:
    conditions = out.status.get("conditions") or []
    if not conditions:
        return
    out.add("Conditions:")
    headers = ("Type", "Status", "Reason")
    out.add(f"  {headers[0]}", *headers[1:])
    out.add("  ----", *("-" * len(header) for header in headers[1:]))
    for condition in conditions:
        out.add(f"  {condition['type']} ", condition["status"], condition.get("reason", ""))


def _add_replica_sets(out: Description) -> None:
    owned = _owned(out, "/apis/apps/v1", "replicasets")
    if not owned:
        return
    wanted = _bare_template(out.spec.get("template") or {})
    current = [found for found in owned if _bare_template(found["spec"].get("template") or {}) == wanted][:1]
    out.add("OldReplicaSets:", _replica_sets_text(found for found in owned if found not in current))
    out.add("NewReplicaSet:", _replica_sets_text(current))


def _replica_sets_text(found: Iterable[Document]) -> str:
    texts = [
        f"{one['metadata']['name']} ({(one.get('status') or {}).get('replicas', 0)}/{one['spec'].get('replicas', 1)} "
        "replicas created)"
        for one in found
    ]
    return ", ".join(texts) or "<none>"


def _bare_template(template: Document) -> Document:
    metadata = dict(template.get("metadata") or {})
    labels = {name: value for name, value in (metadata.get("labels") or {}).items() if name != _HASH_LABEL}
    return {**template, "metadata": {**metadata, "labels": labels}}


def _owned(out: Description, root: str, plural: str) -> list[Document]:
    path = f"{root}/namespaces/{out.metadata['namespace']}/{plural}"
    query: dict[str, str | int] = {"labelSelector": selector_query(out.spec.get("selector")), "limit": 500}
    found = out.session.connection.get(path, query).get("items") or []
    uid = out.metadata.get("uid")
    return [
        item
        for item in found
        if any(
            owner.get("controller") and owner.get("uid") == uid
            for owner in item["metadata"].get("ownerReferences") or []
        )
    ]
