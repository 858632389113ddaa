"""Pods, and the pod templates inside workloads.

Kubernetes: kubectl pkg/describe (describePod, DescribePodTemplate).
"""

from collections.abc import Sequence

from minikube_py.cli.ages import age, long_date
from minikube_py.cli.describers.containers import add_containers
from minikube_py.cli.describers.text import (
    Description,
    add_annotations,
    add_column,
    add_controller,
    add_events,
    add_identity,
    add_labels,
)
from minikube_py.cli.describers.volumes import add_volumes
from minikube_py.client.yaml_text import Document


def describe_pod(out: Description) -> None:
    """Describe a pod."""
    spec, status = out.spec, out.status
    _add_placement(out)
    add_labels(out)
    add_annotations(out)
    _add_phase(out)
    out.add("IP:", status.get("podIP", ""))
    addresses = status.get("podIPs") or []
    out.add("IPs:", *([] if addresses else ["<none>"]))
    for address in addresses:
        out.add("  IP:", address.get("ip", ""))
    add_controller(out)
    if status.get("nominatedNodeName"):
        out.add("NominatedNodeName:", status["nominatedNodeName"])
    if spec.get("initContainers"):
        add_containers(out, "Init Containers", spec["initContainers"], status.get("initContainerStatuses") or [])
    add_containers(out, "Containers", spec.get("containers") or [], status.get("containerStatuses") or [])
    if spec.get("ephemeralContainers"):
        statuses = status.get("ephemeralContainerStatuses") or []
        add_containers(out, "Ephemeral Containers", spec["ephemeralContainers"], statuses)
    _add_readiness_gates(out)
    _add_conditions(out)
    add_volumes(out, spec.get("volumes") or [])
    if status.get("qosClass"):
        out.add("QoS Class:", status["qosClass"])
    add_scheduling(out, spec)
    add_events(out)


def add_template(out: Description, template: Document) -> None:
    """Add the section Pod Template of a workload."""
    metadata, spec = template.get("metadata") or {}, template.get("spec") or {}
    out.add("Pod Template:")
    add_labels(out, "  Labels:", metadata.get("labels") or {})
    if metadata.get("annotations"):
        add_annotations(out, "  Annotations:", metadata["annotations"])
    if spec.get("serviceAccountName"):
        out.add("  Service Account:", spec["serviceAccountName"])
    if spec.get("initContainers"):
        add_containers(out, "Init Containers", spec["initContainers"], [], margin=" ")
    add_containers(out, "Containers", spec.get("containers") or [], [], margin=" ")
    add_volumes(out, spec.get("volumes") or [], margin=" ")
    if spec.get("priorityClassName"):
        out.add("  Priority Class Name:", spec["priorityClassName"])
    add_scheduling(out, spec, margin="  ")


def add_scheduling(out: Description, spec: Document, margin: str = "") -> None:
    """Add node selector and tolerations."""
    add_labels(out, f"{margin}Node-Selectors:", spec.get("nodeSelector") or {})
    texts = sorted(toleration_text(toleration) for toleration in spec.get("tolerations") or [])
    add_column(out, f"{margin}Tolerations:", texts or ["<none>"])


def toleration_text(toleration: Document) -> str:
    """Write a toleration on one line."""
    text = str(toleration.get("key", ""))
    if toleration.get("value"):
        text += f"={toleration['value']}"
    if toleration.get("effect"):
        text += f":{toleration['effect']}"
    if toleration.get("operator") == "Exists" and not toleration.get("value"):
        text += " op=Exists" if text else "op=Exists"
    if toleration.get("tolerationSeconds") is not None:
        text += f" for {toleration['tolerationSeconds']}s"
    return text


def _add_placement(out: Description) -> None:
    spec, status = out.spec, out.status
    add_identity(out)
    if spec.get("priority") is not None:
        out.add("Priority:", spec["priority"])
    if spec.get("priorityClassName"):
        out.add("Priority Class Name:", spec["priorityClassName"])
    if spec.get("runtimeClassName"):
        out.add("Runtime Class Name:", spec["runtimeClassName"])
    if spec.get("serviceAccountName"):
        out.add("Service Account:", spec["serviceAccountName"])
    node = spec.get("nodeName")
    out.add("Node:", f"{node}/{status.get('hostIP', '')}" if node else "<none>")
    if status.get("startTime"):
        out.add("Start Time:", long_date(status["startTime"]))


def _add_phase(out: Description) -> None:
    status, metadata = out.status, out.metadata
    if metadata.get("deletionTimestamp"):
        out.add("Status:", f"Terminating (lasts {age(metadata['deletionTimestamp'])})")
        out.add("Termination Grace Period:", f"{metadata.get('deletionGracePeriodSeconds', 0)}s")
    else:
        out.add("Status:", status.get("phase", ""))
    for title, key in (("Reason:", "reason"), ("Message:", "message")):
        if status.get(key):
            out.add(title, status[key])


def _add_readiness_gates(out: Description) -> None:
    gates = out.spec.get("readinessGates") or []
    if not gates:
        return
    statuses = {condition["type"]: condition["status"] for condition in out.status.get("conditions") or []}
    out.add("Readiness Gates:")
    out.add("  Type", "Status")
    for gate in gates:
        name = gate["conditionType"]
        out.add(f"  {name}", f"{statuses.get(name, '<none>')} ")


def _add_conditions(out: Description) -> None:
    conditions: Sequence[Document] = out.status.get("conditions") or []
    if not conditions:
        return
    out.add("Conditions:")
    out.add("  Type", "Status")
    for condition in conditions:
        out.add(f"  {condition['type']}", f"{condition['status']} ")
