"""Pods in trouble, played with real containers: statuses and events are those that the real Kubernetes (1.36) gave.

recorded/pod-statuses.jsonl and recorded/events.tsv were taken from a cluster with a containerd node: a rollout, a
missing image, a crashing container, a pod that fits nowhere, a container out of memory, a missing config map for the
environment and for a volume, and failing probes. The pods are made from the recorded container specs.
"""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Shell
from tests.support.eventually import eventually
from tests.support.processes import free_port

Json = Any
RECORDED = Path(__file__).with_name("recorded")
NAMESPACE = "rec"
SPECS: dict[str, Json] = {
    "oom": {"restartPolicy": "Never"},
    "novol": {"volumes": [{"name": "v", "configMap": {"name": "none"}}]},
    "probe": {"terminationGracePeriodSeconds": 1},
}
"""What the recorded pods had beside their container."""
MOUNTS = {"novol": [{"name": "v", "mountPath": "/v"}]}

_VARIES = {"containerID", "imageID", "hostIP", "podIP", "ip", "startTime", "startedAt", "finishedAt", "restartCount"}
_VARIES |= {"lastTransitionTime", "observedGeneration"}
_TEXTS = (
    # In the words of each registry client, and of the scheduler's preemption, which there is none of here.
    (r"(ErrImagePull: |Failed to pull image \S+: ).*", r"\1*"),
    (r" no new claims to deallocate, preemption:.*", ""),
    (r"[^\s\"]*/(nginx|busybox):[^\"]*", r"\1"),
    (r"\(?[0-9a-f]{8}-[0-9a-f-]{27}\)?|(?<=flow)-\S+|(?<=kube-api-access)-\w+|\b10\.244\.\d+\.\d+\b", "*"),
    (r"back-off \w+ restarting", "back-off * restarting"),
    (r"(Successfully assigned \S+ to) \S+", r"\1 *"),
)


def masked(value: Json, key: str = "") -> Json:
    """The value without what differs from run to run and from machine to machine."""
    if key in _VARIES and value not in ("", None, []):
        return "*"
    if isinstance(value, dict):
        return {name: masked(each, name) for name, each in value.items() if name not in ("user", "allocatedResources")}
    if isinstance(value, list):
        return [masked(each) for each in value]
    if not isinstance(value, str):
        return value
    for pattern, replacement in _TEXTS:
        value = re.sub(pattern, replacement, value)
    return value


def status_of(status: Json) -> Json:
    """A pod's status, masked; a container between two lives may be seen ended or waiting."""
    found: Json = masked(status)
    found.pop("resources", None)
    for container in found.get("containerStatuses", []):
        container.get("resources", {}).pop("limits", None)
        if container["restartCount"] == "*" and container["lastState"]:
            container["state"] = "between two lives"
    return found


def recorded_cases() -> dict[str, Json]:
    cases = [json.loads(line) for line in (RECORDED / "pod-statuses.jsonl").read_text().splitlines()]
    return {case["case"]: case for case in cases}


def pod_spec(name: str, container: Json) -> Json:
    image = re.sub(r"\S*/(nginx|busybox):.*", r"\1", container["image"])
    container = {**container, "image": image, "volumeMounts": MOUNTS.get(name, [])}
    return {"containers": [container], **SPECS.get(name, {})}


def manifests(cases: dict[str, Json]) -> list[Json]:
    labels = {"app": "flow"}
    template = {"metadata": {"labels": labels}, "spec": pod_spec("flow", cases["flow"]["container"])}
    rollout = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
    made: list[Json] = [{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "flow"}, "spec": rollout}]
    for name, case in cases.items():
        if name != "flow":
            spec = pod_spec(name, case["container"])
            made.append({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec})
    return made


def events_of(rows: list[Json]) -> set[tuple[str, ...]]:
    return {tuple(str(masked(row[name] or "")).strip() for name in sorted(row)) for row in rows}


def recorded_events() -> set[tuple[str, ...]]:
    with (RECORDED / "events.tsv").open() as file:
        return events_of(list(csv.DictReader(file, delimiter="\t")))


def seen_events(shell: Shell) -> set[tuple[str, ...]]:
    items = json.loads(shell.run("kubectl", "--namespace", NAMESPACE, "get", "events", "-o", "json"))["items"]
    rows = []
    for event in items:
        about = event["involvedObject"]
        name = re.sub(r"^flow-.*", "flow", about["name"])
        row = {"kind": about["kind"], "object": name, "fieldPath": about.get("fieldPath", "")}
        rows.append({**row, "component": event["source"]["component"], **{k: event[k] for k in _EVENT_FIELDS}})
    return events_of(rows)


_EVENT_FIELDS = ("type", "reason", "message")


@pytest.mark.oci
@pytest.mark.timeout(400)
async def test_pods_in_trouble_look_as_on_the_real_kubernetes(shell: Shell, tmp_path: Path) -> None:
    cases = recorded_cases()
    shell.run("minikube-py", "start", "--name", "e2e", f"--port={free_port()}")
    for recipe in ("nginx", "busybox"):
        shell.run("minikube-py", "image", "build", recipe, "--name", "e2e")
    shell.run("kubectl", "create", "namespace", NAMESPACE)
    file = tmp_path / "pods.json"
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests(cases)}))
    shell.run("kubectl", "--namespace", NAMESPACE, "apply", "-f", str(file))
    expected = {name: status_of(case["status"]) for name, case in cases.items()}

    def differences() -> dict[str, Json]:
        items = json.loads(shell.run("kubectl", "--namespace", NAMESPACE, "get", "pods", "-o", "json"))["items"]
        seen = {pod["metadata"]["name"].partition("-")[0]: status_of(pod["status"]) for pod in items}
        return {
            name: {"seen": seen.get(name), "recorded": want} for name, want in expected.items() if seen[name] != want
        }

    def all_alike() -> bool:
        different = differences()
        assert not different, json.dumps(different, indent=1)
        return True

    await eventually(all_alike, timeout_s=120)

    def all_told() -> bool:
        missing = recorded_events() - seen_events(shell)
        assert not missing, missing
        return True

    await eventually(all_told, timeout_s=60)
