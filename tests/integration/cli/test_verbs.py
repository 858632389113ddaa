"""The other verbs that read: describe, events, explain, api-resources, version, cluster-info."""

from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.api import ScriptedApi, pod, status
from tests.integration.cli.conftest import Run

NAMESPACE = "/api/v1/namespaces/default"
EVENT: dict[str, Any] = {
    "metadata": {"name": "e", "namespace": "default", "resourceVersion": "7"},
    "type": "Warning",
    "reason": "BackOff",
    "message": "restarting",
    "count": 3,
    "firstTimestamp": "2020-01-01T00:00:00Z",
    "lastTimestamp": "2020-01-01T00:00:00Z",
    "source": {"component": "kubelet"},
    "involvedObject": {"kind": "Pod", "name": "web"},
}
SCHEMAS = {
    "io.k8s.Pod": {
        "description": "A pod.",
        "x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "Pod"}],
        "properties": {
            "spec": {"allOf": [{"$ref": "#/components/schemas/io.k8s.PodSpec"}], "description": "What to run."}
        },
    },
    "io.k8s.PodSpec": {
        "description": "A pod's spec.",
        "type": "object",
        "required": ["restartPolicy"],
        "properties": {
            "restartPolicy": {"type": "string", "enum": ["Never", "Always"], "description": "When to start again."},
            "tags": {"type": "object", "additionalProperties": {"type": "string"}},
            "template": {"$ref": "#/components/schemas/io.k8s.Pod"},
        },
    },
}


def test_describe_shows_a_pod_with_its_containers_and_events(api: ScriptedApi, run: Run) -> None:
    spec = {"nodeName": "n1", "containers": [{"name": "c", "image": "nginx", "ports": [{"containerPort": 80}]}]}
    running = {
        "name": "c",
        "ready": True,
        "restartCount": 1,
        "state": {"running": {"startedAt": "2020-01-01T00:00:00Z"}},
    }
    state = {"phase": "Running", "hostIP": "10.0.0.1", "podIP": "10.1.0.1", "containerStatuses": [running]}
    api.answers[f"{NAMESPACE}/pods/web"] = (200, pod("web", 1, spec=spec, status=state))
    api.answers[f"{NAMESPACE}/events"] = (200, {"items": [EVENT]})
    lines = run("describe", "pod", "web").out.splitlines()
    assert [line.split() for line in lines if line.startswith("Node:")] == [["Node:", "n1/10.0.0.1"]]
    assert "    Port:           80/TCP" in lines
    assert "      Started:      Wed, 01 Jan 2020 00:00:00 +0000" in lines
    assert lines[-4] == "Events:"
    assert lines[-1].startswith("  Warning  BackOff")
    assert "(x3 over" in lines[-1]
    asked = [path for _, path in api.asked if "events" in path]
    assert "involvedObject.uid%3Duid-web" in asked[0]


def test_describe_finds_names_by_their_beginning(api: ScriptedApi, run: Run) -> None:
    api.answers[f"{NAMESPACE}/pods/we"] = (404, status(404, "NotFound", 'pods "we" not found'))
    api.answers[f"{NAMESPACE}/pods"] = (200, {"metadata": {}, "items": [pod("web", 1), pod("other", 1)]})
    outcome = run("describe", "pod", "we")
    assert outcome.out.count("Name:") == 1
    assert outcome.out.startswith("Name:         web\n")


def test_describe_shows_what_a_deployment_owns(api: ScriptedApi, run: Run) -> None:
    template = {"metadata": {"labels": {"app": "d"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    spec = {"replicas": 2, "selector": {"matchLabels": {"app": "d"}}, "template": template}
    owner = {"kind": "Deployment", "name": "d", "uid": "uid-d", "controller": True}
    hashed = {**template, "metadata": {"labels": {"app": "d", "pod-template-hash": "1"}}}
    current = {"metadata": {"name": "d-1", "ownerReferences": [owner]}, "spec": {"replicas": 2, "template": hashed}}
    foreign = {"metadata": {"name": "x-1"}, "spec": {"replicas": 9, "template": hashed}}
    apps = "/apis/apps/v1/namespaces/default"
    api.answers[f"{apps}/deployments/d"] = (200, {**pod("d", 1), "kind": "Deployment", "spec": spec})
    api.answers[f"{apps}/replicasets"] = (200, {"items": [current, foreign]})
    lines = run("describe", "deploy", "d").out.splitlines()
    assert "Replicas:           2 desired | 0 updated | 0 total | 0 available | 0 unavailable" in lines
    assert lines[-3].split() == ["OldReplicaSets:", "<none>"]
    assert lines[-2].split(maxsplit=1) == ["NewReplicaSet:", "d-1 (0/2 replicas created)"]


def test_describe_of_a_kind_without_describer_prints_its_fields(api: ScriptedApi, run: Run) -> None:
    core = api.answers["/api"][1]["items"][0]["versions"][0]["resources"]
    core.append({**core[0], "resource": "leases", "responseKind": {"kind": "Lease"}, "singularResource": "lease"})
    document = {**pod("l", 1), "kind": "Lease", "spec": {"holderIdentity": "me", "list": [1, {"a": None}]}}
    api.answers[f"{NAMESPACE}/leases/l"] = (200, document)
    text = run("describe", "lease", "l").out
    assert "Spec:\n  Holder Identity:  me\n  List:\n    1\n    A:  <nil>\n" in text


def test_events_are_listed_with_their_repetitions(api: ScriptedApi, run: Run) -> None:
    core = api.answers["/api"][1]["items"][0]["versions"][0]["resources"]
    core.append({**core[0], "resource": "events", "responseKind": {"kind": "Event"}, "singularResource": "event"})
    api.answers[f"{NAMESPACE}/events"] = (200, {"metadata": {}, "items": [EVENT]})
    lines = run("events").out.splitlines()
    assert lines[0].split() == ["LAST", "SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]
    assert lines[1].endswith("Warning   BackOff   Pod/web   restarting")
    assert run("events", "--types=Normal").err == "No events found in default namespace.\n"


def test_explain_shows_fields_with_type_enum_and_requirement(api: ScriptedApi, run: Run) -> None:
    api.answers["/openapi/v3"] = (200, {"paths": {"api/v1": {"serverRelativeURL": "/openapi/v3/api/v1"}}})
    api.answers["/openapi/v3/api/v1"] = (200, {"components": {"schemas": SCHEMAS}})
    assert run("explain", "pods.spec").out == (
        "KIND:       Pod\nVERSION:    v1\n\nFIELD: spec <PodSpec>\n\n\nDESCRIPTION:\n    What to run.\n"
        "    A pod's spec.\n    \nFIELDS:\n  restartPolicy\t<string> -required-\n  enum: Never, Always\n"
        "    When to start again.\n\n  tags\t<map[string]string>\n    <no description>\n\n"
        "  template\t<Pod>\n    <no description>\n\n\n"
    )
    recursive = run("explain", "pods", "--recursive").out
    assert "    restartPolicy\t<string> -required-\n    enum: Never, Always\n" in recursive
    missing = run("explain", "pods.nosuch")
    assert (missing.code, missing.err) == (1, 'error: field "nosuch" does not exist\n')


def test_served_types_are_listed_from_plain_discovery_as_well(api: ScriptedApi, run: Run) -> None:
    pods = {
        "name": "pods",
        "singularName": "pod",
        "kind": "Pod",
        "namespaced": True,
        "shortNames": ["po"],
        "verbs": ["get"],
    }
    listed = {"resources": [pods, {"name": "pods/log", "kind": "Pod", "namespaced": True}]}
    api.answers["/api"] = (200, {"kind": "APIVersions", "versions": ["v1"]})
    api.answers["/apis"] = (200, {"kind": "APIGroupList", "groups": []})
    api.answers["/api/v1"] = (200, listed)
    assert run("api-resources").out == (
        "NAME   SHORTNAMES   APIVERSION   NAMESPACED   KIND\npods   po           v1           true         Pod\n"
    )
    assert run("api-versions").out == "v1\n"


def test_versions_and_addresses_are_those_of_the_server(api: ScriptedApi, run: Run) -> None:
    api.answers["/version"] = (200, {"gitVersion": "v1.99.0"})
    api.answers["/api/v1/namespaces/kube-system/services"] = (200, {"items": []})
    assert run("version").out.splitlines()[-1] == "Server Version: v1.99.0"
    assert run("cluster-info").out.startswith(f"Kubernetes control plane is running at {api.url}\n")


def test_config_writes_and_reads_its_own_file(run: Run) -> None:
    run("config", "set-cluster", "lab", "--server=http://localhost:1", server=False)
    run("config", "set-context", "lab", "--cluster=lab", "--namespace=team", server=False)
    assert run("config", "use-context", "lab", server=False).out == 'Switched to context "lab".\n'
    assert run("config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}", server=False).out == (
        "http://localhost:1"
    )
    refused = run("get", "pods", server=False)
    assert refused.err.startswith("The connection to the server localhost:1 was refused")
    run("config", "set", "contexts.lab.user", "me", server=False)
    assert run("config", "get-contexts", "--no-headers", server=False).out.split() == ["*", "lab", "lab", "me", "team"]
    gone = run("config", "delete-context", "nosuch", server=False)
    assert (gone.code, gone.err.startswith("error: cannot delete context nosuch, not in ")) == (1, True)


@pytest.mark.parametrize("verb", ["apply", "create", "replace"])
def test_a_server_that_nobody_finds_is_said_once(run: Run, tmp_path: Path, verb: str) -> None:
    manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    (tmp_path / "two.yaml").write_text(f"{manifest}---\n{manifest}")
    told = run(verb, "-f", str(tmp_path / "two.yaml"), "--server=http://127.0.0.1:1", server=False)
    assert (
        told.err == "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?\n"
    )
