"""apply, create -f and delete against a real API server."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.conftest import Run

NAMES = ("one", "two")


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def write(name: str, *documents: dict[str, Any]) -> str:
    Path(name).write_text("\n---\n".join(json.dumps(document) for document in documents))
    return name


def deployment(*containers: dict[str, Any]) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": "api"}}, "spec": {"containers": list(containers)}}
    spec = {"selector": {"matchLabels": {"app": "api"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "api"}, "spec": spec}


def test_apply_creates_then_leaves_alone_then_changes(kubectl: Run) -> None:
    both = write("both.yaml", *(config_map(name, k="v") for name in NAMES))
    assert kubectl("apply", "-f", both).out == "configmap/one created\nconfigmap/two created\n"
    assert kubectl("apply", "-f", both).out == "configmap/one unchanged\nconfigmap/two unchanged\n"
    changed = write("changed.yaml", config_map("one", k="w"))
    dry = kubectl("apply", "-f", changed, "--dry-run=server")
    assert dry.out == "configmap/one configured (server dry run)\n"
    assert kubectl("apply", "-f", changed).out == "configmap/one configured\n"
    assert kubectl("get", "cm/one", "-o", "jsonpath={.data}").out == '{"k":"w"}'
    listed = kubectl("apply", "-f", both, "-o", "json")
    assert [item["metadata"]["name"] for item in json.loads(listed.out)["items"]] == list(NAMES)


def test_apply_removes_what_it_set_itself_and_keeps_what_others_set(kubectl: Run) -> None:
    first = {"name": "a", "image": "x:1", "env": [{"name": "GONE", "value": "1"}, {"name": "KEPT", "value": "1"}]}
    kubectl("apply", "-f", write("first.yaml", deployment(first, {"name": "b", "image": "y"})))
    kubectl("scale", "deployment/api", "--replicas=4")
    second = {"name": "a", "image": "x:2", "env": [{"name": "KEPT", "value": "1"}]}
    assert kubectl("apply", "-f", write("second.yaml", deployment(second))).out == "deployment.apps/api configured\n"
    spec = json.loads(kubectl("get", "deploy/api", "-o", "json").out)["spec"]
    containers = spec["template"]["spec"]["containers"]
    assert [(one["name"], one["image"], one["env"]) for one in containers] == [("a", "x:2", second["env"])]
    assert spec["replicas"] == 4


def test_apply_warns_when_the_object_was_made_by_other_means(kubectl: Run) -> None:
    path = write("foreign.yaml", config_map("foreign", k="v"))
    kubectl("create", "-f", path)
    told = kubectl("apply", "-f", path)
    assert told.err.startswith("Warning: resource configmaps/foreign is missing the kubectl.kubernetes.io/last-applied")
    assert told.out == "configmap/foreign configured\n"


def test_a_manifest_that_fails_does_not_stop_the_others(kubectl: Run) -> None:
    bad = {**config_map("bad"), "datas": {}}
    path = write("some.yaml", bad, config_map("good", k="v"))
    told = kubectl("create", "-f", path)
    assert told.code == 1
    assert told.out == "configmap/good created\n"
    assert told.err == (
        'Error from server (BadRequest): error when creating "some.yaml": ConfigMap in version "v1" cannot be handled '
        'as a ConfigMap: strict decoding error: unknown field "datas"\n'
    )
    assert kubectl("create", "-f", "nosuch.yaml").err == 'error: the path "nosuch.yaml" does not exist\n'


@pytest.mark.parametrize(("verb", "done"), [("create", "created"), ("apply", "created"), ("replace", "replaced")])
def test_a_kind_that_is_not_served_does_not_stop_the_others(kubectl: Run, verb: str, done: str) -> None:
    name = f"beside-{verb}"
    if verb == "replace":
        kubectl("create", "configmap", name)
    path = write("both.yaml", {"apiVersion": "x.io/v1", "kind": "Foo", "metadata": {"name": "x"}}, config_map(name))
    told = kubectl(verb, "-f", path)
    assert (told.code, told.out) == (1, f"configmap/{name} {done}\n")
    assert told.err == (
        'error: resource mapping not found for name: "x" namespace: "" from "both.yaml": no matches for kind "Foo" in '
        'version "x.io/v1"\nensure CRDs are installed first\n'
    )


def test_delete_tells_each_object_and_misses_each_absent_one(kubectl: Run) -> None:
    kubectl("create", "configmap", "here", "--from-literal=a=b")
    assert kubectl("delete", "cm", "here", "--dry-run=server").out == (
        'configmap "here" deleted from default namespace (server dry run)\n'
    )
    told = kubectl("delete", "cm", "here", "gone")
    assert told.out == 'configmap "here" deleted from default namespace\n'
    assert (told.code, told.err) == (1, 'Error from server (NotFound): configmaps "gone" not found\n')
    assert kubectl("delete", "cm", "gone", "--ignore-not-found").code == 0
    assert kubectl("delete", "cm", "-l", "no=such").out == "No resources found\n"


def test_delete_waits_for_finalizers(kubectl: Run) -> None:
    held = config_map("held")
    held["metadata"]["finalizers"] = ["example.com/hold"]
    kubectl("create", "-f", write("held.yaml", held))
    slow = kubectl("delete", "cm/held", "--timeout=1ms")
    assert slow.out == 'configmap "held" deleted from default namespace\n'
    assert slow.err == "error: timed out waiting for the condition on configmaps/held\n"
    assert kubectl("delete", "cm/held", "--wait=false").code == 0
    assert kubectl("get", "cm/held").code == 0


def test_delete_refuses_flags_that_contradict_each_other(kubectl: Run) -> None:
    refused = kubectl("delete", "cm", "x", "--now", "--grace-period=4")
    assert refused.err == "error: --now and --grace-period cannot be specified together\n"
    assert kubectl("delete", "cm", "x", "--cascade=no").err == (
        'error: invalid cascade value (no). Must be "background", "foreground", or "orphan"\n'
    )
