"""rollout and run against a real API server; no controller runs there."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.both import Both
from tests.integration.cli.conftest import Run


def test_a_rollout_is_paused_resumed_and_restarted(kubectl: Run) -> None:
    kubectl("create", "deployment", "w", "--image=x")
    assert kubectl("rollout", "pause", "deploy/w").out == "deployment.apps/w paused\n"
    assert kubectl("rollout", "pause", "deploy/w").err == 'error: deployments.apps "w" is already paused\n'
    assert kubectl("rollout", "restart", "deploy/w").err == (
        'error: deployments.apps "w" can\'t restart paused deployment (run rollout resume first)\n'
    )
    assert kubectl("rollout", "resume", "deploy/w").out == "deployment.apps/w resumed\n"
    assert kubectl("rollout", "restart", "deploy/w").out == "deployment.apps/w restarted\n"
    annotations = kubectl("get", "deploy/w", "-o", "jsonpath={.spec.template.metadata.annotations}").out
    assert set(json.loads(annotations)) == {"kubectl.kubernetes.io/restartedAt"}
    late = kubectl("rollout", "status", "deploy/w", "--timeout=1ms")
    assert late.out == "Waiting for deployment spec update to be observed...\n"
    assert (late.code, late.err) == (1, "error: timed out waiting for the condition\n")


def test_undo_goes_back_to_the_template_of_an_earlier_replica_set(kubectl: Run) -> None:
    kubectl("create", "deployment", "u", "--image=x:2")
    document = json.loads(kubectl("get", "deploy/u", "-o", "json").out)
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "u", "uid": document["metadata"]["uid"]}
    for number in (1, 2):
        labels = {"app": "u", "pod-template-hash": str(number)}
        template = {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "x", "image": f"x:{number}"}]},
        }
        metadata = {
            "name": f"u-{number}",
            "labels": labels,
            "ownerReferences": [owner],
            "annotations": {"deployment.kubernetes.io/revision": str(number)},
        }
        spec = {"selector": {"matchLabels": labels}, "template": template}
        replica_set = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": metadata, "spec": spec}
        Path("rs.json").write_text(json.dumps(replica_set))
        assert kubectl("create", "-f", "rs.json").code == 0
    assert kubectl("rollout", "history", "deploy/u").out == (
        "deployment.apps/u \nREVISION  CHANGE-CAUSE\n1         <none>\n2         <none>\n\n"
    )
    assert kubectl("rollout", "undo", "deploy/u").out.startswith("deployment.apps/u rolled back")
    image = kubectl("get", "deploy/u", "-o", "jsonpath={.spec.template.spec.containers[0].image}").out
    assert image == "x:1"


def test_run_makes_the_pod_that_kubectl_makes(kubectl: Run) -> None:
    told = kubectl("run", "p1", "--image=busybox", "--restart=Never", "--dry-run=client", "-o", "json", "--", "sleep")
    assert json.loads(told.out) == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"labels": {"run": "p1"}, "name": "p1"},
        "spec": {
            "containers": [{"args": ["sleep"], "image": "busybox", "name": "p1", "resources": {}}],
            "dnsPolicy": "ClusterFirst",
            "restartPolicy": "Never",
        },
        "status": {},
    }
    assert kubectl("run", "p1").err == 'error: required flag(s) "image" not set\n'


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-t"], "-i/--stdin is required for containers with -t/--tty=true"),
        (["--rm"], "--rm should only be used for attached containers"),
        (["--expose"], "--port must be set when exposing a service"),
        (["--restart=Sometimes"], "invalid restart policy: Sometimes"),
        (
            ["-i", "--dry-run=client"],
            "--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)",
        ),
    ],
)
def test_run_refuses_what_does_not_fit_together(kubectl: Run, words: list[str], message: str) -> None:
    done = kubectl("run", "p1", "--image=x", *words)
    assert (done.code, done.out) == (1, "")
    assert done.err.removeprefix("error: ").startswith(message)


def test_run_exposes_the_pod_it_makes(kubectl: Run) -> None:
    # This server has no controllers and signs no tokens.
    kubectl("create", "serviceaccount", "default")
    kubectl("patch", "serviceaccount", "default", "-p", '{"automountServiceAccountToken": false}')
    done = kubectl("run", "p1", "--image=x", "--port=80", "--expose")
    assert (done.err, done.out) == ("", "service/p1 created\npod/p1 created\n")
    seen = kubectl("get", "service/p1", "-o", "jsonpath={.spec.ports[0].targetPort} {.spec.selector}").out
    assert seen == '80 {"run":"p1"}'


_STATUSES: dict[str, tuple[dict[str, int], ...]] = {
    "daemonset": (
        {},
        {"observedGeneration": 1, "desiredNumberScheduled": 3, "updatedNumberScheduled": 1},
        {"observedGeneration": 1, "desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberAvailable": 2},
        {"observedGeneration": 1, "desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberAvailable": 3},
    ),
    "statefulset": (
        {},
        {"observedGeneration": 1, "replicas": 3, "readyReplicas": 1},
        {"observedGeneration": 1, "replicas": 3, "readyReplicas": 3, "updatedReplicas": 1},
        {"observedGeneration": 1, "replicas": 3, "readyReplicas": 3, "updatedReplicas": 3},
    ),
}


@pytest.mark.parametrize("kind", _STATUSES)
def test_other_workloads_are_rolled_out_as_kubectl_does(both: Both, kind: str) -> None:
    full = {"daemonset": "DaemonSet", "statefulset": "StatefulSet"}[kind]

    def template(image: str) -> dict[str, Any]:
        return {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": image}]}}

    spec: dict[str, Any] = {"selector": {"matchLabels": {"a": "b"}}, "template": template("x:2")}
    spec |= {"replicas": 3, "serviceName": "s"} if kind == "statefulset" else {}
    document = {"apiVersion": "apps/v1", "kind": full, "metadata": {"name": "w"}, "spec": spec}
    Path("w.json").write_text(json.dumps(document))
    both("create", "-f", "w.json")
    for status in _STATUSES[kind]:
        both("patch", kind, "w", "--subresource=status", "--type=merge", "-p", json.dumps({"status": status}))
        both("rollout", "status", f"{kind}/w", "--watch=false")
    both.fails("rollout", "undo", f"{kind}/w")
    both("rollout", "history", f"{kind}/w")
    for number in (1, 2):
        data = {"spec": {"template": {"$patch": "replace", **template(f"x:{number}")}}}
        for run in (both.pykubectl, both.kubectl):
            uid = run("get", kind, "w", "-o", "jsonpath={.metadata.uid}").out
            owner = {"apiVersion": "apps/v1", "kind": full, "name": "w", "uid": uid, "controller": True}
            metadata = {"name": f"{kind}-{number}", "labels": {"a": "b"}, "ownerReferences": [owner]}
            revision = {"apiVersion": "apps/v1", "kind": "ControllerRevision", "metadata": metadata}
            Path("r.json").write_text(json.dumps(revision | {"data": data, "revision": number}))
            assert run("create", "-f", "r.json").code == 0
    both("rollout", "history", f"{kind}/w")
    both("rollout", "history", f"{kind}/w", "--revision=1")
    both.fails("rollout", "history", f"{kind}/w", "--revision=7")
    both("rollout", "undo", f"{kind}/w")
    both("get", kind, "w", "-o", "jsonpath={.spec.template.spec.containers[0].image}")
    both("rollout", "undo", f"{kind}/w", "--to-revision=2")
    both.fails("rollout", "undo", f"{kind}/w", "--to-revision=9")
    both("rollout", "restart", f"{kind}/w")
    both.fails("rollout", "pause", f"{kind}/w")
    both("patch", kind, "w", "-p", '{"spec": {"updateStrategy": {"$retainKeys": ["type"], "type": "OnDelete"}}}')
    both.fails("rollout", "status", f"{kind}/w", "--watch=false")
