"""Nodes with what runs on them.

Kubernetes: kubectl pkg/describe (describeNode).
"""

from collections.abc import Sequence
from fractions import Fraction

from minikube_py.cli.ages import age, long_date
from minikube_py.cli.describers.text import (
    Description,
    add_annotations,
    add_column,
    add_events,
    add_identity,
    add_labels,
    add_table,
    date_or,
)
from minikube_py.cli.errors import ServerError
from minikube_py.cli.quantities import quantity_text, quantity_value
from minikube_py.client.yaml_text import Document

_ROLE_PREFIX = "node-role.kubernetes.io/"
_RESOURCES = ("cpu", "memory", "ephemeral-storage")
_SYSTEM_INFO = (
    ("Machine ID:", "machineID"),
    ("System UUID:", "systemUUID"),
    ("Boot ID:", "bootID"),
    ("Kernel Version:", "kernelVersion"),
    ("OS Image:", "osImage"),
    ("Operating System:", "operatingSystem"),
    ("Architecture:", "architecture"),
    ("Container Runtime Version:", "containerRuntimeVersion"),
    ("Kubelet Version:", "kubeletVersion"),
)


def describe_node(out: Description) -> None:
    """Describe a node."""
    spec, status = out.spec, out.status
    add_identity(out, namespaced=False)
    out.add("Roles:", _roles(out.metadata.get("labels") or {}))
    add_labels(out)
    add_annotations(out)
    out.add("CreationTimestamp:", long_date(out.metadata.get("creationTimestamp")))
    add_column(out, "Taints:", sorted(_taint_text(taint) for taint in spec.get("taints") or []) or ["<none>"])
    out.add("Unschedulable:", str(bool(spec.get("unschedulable"))).lower())
    _add_lease(out)
    _add_conditions(out)
    out.add("Addresses:")
    for address in status.get("addresses") or []:
        out.add(f"  {address['type']}:", address["address"])
    for title, key in (("Capacity:", "capacity"), ("Allocatable:", "allocatable")):
        if status.get(key):
            out.add(title)
            for name, quantity in sorted(status[key].items()):
                out.add(f"  {name}:", quantity)
    out.add("System Info:")
    for title, key in _SYSTEM_INFO:
        out.add(f"  {title}", (status.get("nodeInfo") or {}).get(key, ""))
    if spec.get("podCIDR"):
        out.add("PodCIDR:", spec["podCIDR"])
        out.add("PodCIDRs:", ",".join(spec.get("podCIDRs") or [spec["podCIDR"]]))
    if spec.get("providerID"):
        out.add("ProviderID:", spec["providerID"])
    _add_pods(out)
    add_events(out)


def _roles(labels: Document) -> str:
    roles = [name.removeprefix(_ROLE_PREFIX) for name in labels if name.startswith(_ROLE_PREFIX)]
    older = [labels["kubernetes.io/role"]] if labels.get("kubernetes.io/role") else []
    return ",".join(sorted({role for role in (*roles, *older) if role})) or "<none>"


def _taint_text(taint: Document) -> str:
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"{taint['key']}{value}:{taint['effect']}"


def _add_lease(out: Description) -> None:
    name = out.metadata["name"]
    try:
        lease = out.session.connection.get(f"/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{name}")
    except ServerError:
        out.add("Lease:", f'Failed to get lease: leases.coordination.k8s.io "{name}" not found')
        return
    spec = lease.get("spec") or {}
    out.add("Lease:")
    out.add("  HolderIdentity:", spec.get("holderIdentity") or "<unset>")
    out.add("  AcquireTime:", date_or(spec.get("acquireTime"), "<unset>"))
    out.add("  RenewTime:", date_or(spec.get("renewTime"), "<unset>"))


def _add_conditions(out: Description) -> None:
    conditions = out.status.get("conditions") or []
    if not conditions:
        return
    out.add("Conditions:")
    headers = ("Type", "Status", "LastHeartbeatTime", "LastTransitionTime", "Reason", "Message")
    out.add(f"  {headers[0]}", *headers[1:])
    out.add("  ----", *("-" * len(header) for header in headers[1:]))
    for condition in conditions:
        cells = (
            condition["type"],
            condition["status"],
            long_date(condition.get("lastHeartbeatTime")),
            long_date(condition.get("lastTransitionTime")),
            condition.get("reason", ""),
        )
        out.add("  " + "\t".join(f"{cell} " for cell in cells) + f"\t{condition.get('message', '')}")


def _add_pods(out: Description) -> None:
    selector = f"spec.nodeName={out.metadata['name']},status.phase!=Failed,status.phase!=Succeeded"
    pods = out.session.connection.get("/api/v1/pods", {"fieldSelector": selector, "limit": 500}).get("items") or []
    allocatable = out.status.get("allocatable") or out.status.get("capacity") or {}
    out.add("Non-terminated Pods:", f"({len(pods)} in total)")
    rows = []
    totals: dict[tuple[str, str], Fraction] = {}
    for pod in pods:
        asked = _asked_for(pod)
        for key, value in asked.items():
            totals[key] = totals.get(key, Fraction(0)) + value
        cells = [
            _share(asked.get((section, name), Fraction(0)), name, allocatable)
            for name in ("cpu", "memory")
            for section in ("requests", "limits")
        ]
        metadata = pod["metadata"]
        rows.append((metadata.get("namespace", ""), metadata["name"], *cells, age(metadata.get("creationTimestamp"))))
    headers = ("Namespace", "Name", "CPU Requests", "CPU Limits", "Memory Requests", "Memory Limits", "Age")
    out.add(f"  {headers[0]}", *headers[1:])
    out.add(f"  {'-' * len(headers[0])}", *("-" * len(header) for header in headers[1:]))
    for row in rows:
        out.add(f"  {row[0]}", *row[1:])
    _add_totals(out, totals, allocatable)


def _add_totals(out: Description, totals: dict[tuple[str, str], Fraction], allocatable: Document) -> None:
    out.add("Allocated resources:")
    out.add("  (Total limits may be over 100 percent, i.e., overcommitted.)")
    others = sorted(
        {name for _, name in totals} - set(_RESOURCES) | {n for n in allocatable if n.startswith("hugepages")}
    )
    rows = []
    for name in (*_RESOURCES, *others):
        values = [totals.get((section, name), Fraction(0)) for section in ("requests", "limits")]
        if name in _RESOURCES:
            rows.append((name, *(_share(value, name, allocatable) for value in values)))
        else:
            rows.append((name, *(quantity_text(value, name) for value in values)))
    add_table(out, ("Resource", "Requests", "Limits"), rows)


def _asked_for(pod: Document) -> dict[tuple[str, str], Fraction]:
    """Sum what a pod's containers ask for; init containers run alone, so only their largest counts."""
    spec = pod.get("spec") or {}
    totals: dict[tuple[str, str], Fraction] = {}
    for container in spec.get("containers") or []:
        for key, value in _of_container(container).items():
            totals[key] = totals.get(key, Fraction(0)) + value
    for container in spec.get("initContainers") or []:
        for key, value in _of_container(container).items():
            totals[key] = max(totals.get(key, Fraction(0)), value)
    return totals


def _of_container(container: Document) -> dict[tuple[str, str], Fraction]:
    resources = container.get("resources") or {}
    sections: Sequence[str] = ("requests", "limits")
    return {
        (section, name): quantity_value(quantity)
        for section in sections
        for name, quantity in (resources.get(section) or {}).items()
    }


def _share(value: Fraction, name: str, allocatable: Document) -> str:
    whole = quantity_value(str(allocatable.get(name, "0")))
    percent = int(value * 100 / whole) if whole else 0
    return f"{quantity_text(value, name)} ({percent}%)"
