"""Why is my pod pending, crashing, not ready? The true cause, who acts next, and what shows it."""

from typing import Any

import pytest

from minikube_py.diagnosis.explanation import Explanation
from minikube_py.diagnosis.facts import Facts
from minikube_py.diagnosis.pods import explain_pod
from tests.unit.diagnosis.a_cluster import ago, event, facts, node, pod


def shown(explanation: Explanation) -> str:
    return " | ".join(f"{each.source}: {each.text}" for each in explanation.evidence)


def test_without_a_scheduler_it_is_the_scheduler_that_is_missing_and_its_lease_that_shows_it() -> None:
    found = explain_pod(facts(node(), alive=("node1",)), pod())
    assert found.cause == "no node has been chosen for it: the scheduler does not run."
    assert found.next_actor == "scheduler, which is not there"
    assert "lease kube-system/kube-scheduler: not there" in shown(found)
    assert "would take node1" in shown(found)


def test_a_scheduler_whose_lease_has_expired_does_not_run_any_more() -> None:
    found = explain_pod(facts(node(), alive=("-scheduler", "node1")), pod())
    assert "does not run any more" in found.cause
    assert found.since is not None
    assert found.since.at == ago(30)


def test_what_may_not_be_read_is_not_taken_for_absent() -> None:
    found = explain_pod(Facts(now_s=0, nodes=(node(),), gaps={"leases": "leases is forbidden"}), pod())
    assert "does not run" not in found.cause
    assert "leases is forbidden" in shown(found)


def test_without_nodes_a_kubelet_has_to_act_first() -> None:
    found = explain_pod(facts(), pod())
    assert found.next_actor == "a kubelet, which registers its node; then the scheduler"


def test_each_node_is_named_with_each_plugin_that_refuses_it_and_its_figures() -> None:
    taint = {"key": "gpu", "value": "yes", "effect": "NoSchedule"}
    nodes = node("node1", cpu="1"), node("node2", unschedulable=True), node("node3", taints=[taint])
    wants = {"resources": {"requests": {"cpu": "2"}}}
    found = explain_pod(facts(*nodes), pod(container=wants, nodeSelector={"disk": "ssd"}))
    text = shown(found)
    assert "node node1: NodeAffinity: node(s) didn't match Pod's node affinity/selector disk=ssd" in text
    assert "NodeResourcesFit: Insufficient cpu (asks for 2000m, 1000m of 1000m are free)" in text
    assert "node node2: NodeUnschedulable" in text
    assert "TaintToleration: node(s) had untolerated taint(s) gpu=yes:NoSchedule" in text
    assert "Let pods onto it again: pykubectl uncordon node2" in found.next_steps


def test_what_other_pods_take_of_a_node_counts() -> None:
    wants = {"resources": {"requests": {"cpu": "3"}}}
    found = explain_pod(facts(node(), pod("other", on="node1", container=wants)), pod(container=wants))
    assert "(asks for 3000m, 1000m of 4000m are free)" in shown(found)


def test_a_node_that_suits_now_is_told_apart_from_none_that_suits() -> None:
    assert "node1 would suit now" in explain_pod(facts(node()), pod()).cause


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"schedulingGates": [{"name": "later"}]}, "held back by the scheduling gate later"),
        ({"schedulerName": "mine"}, 'it asks for the scheduler "mine"'),
    ],
)
def test_pods_that_the_scheduler_leaves_alone(spec: dict[str, Any], said: str) -> None:
    assert said in explain_pod(facts(node()), pod(**spec)).cause


def test_a_bound_pod_whose_kubelet_is_silent_waits_for_that_kubelet() -> None:
    found = explain_pod(facts(node(), alive=("scheduler", "-node1")), pod(on="node1", state={"running": {}}))
    assert "the kubelet of node1 does not speak any more" in found.cause
    assert found.next_actor == "kubelet of node1, which is not there"
    assert found.because is not None
    assert found.because.subject == "node/node1"


def test_a_pod_on_a_node_that_never_was_says_so() -> None:
    assert "there is no such node" in explain_pod(facts(node()), pod(on="node9")).cause


@pytest.mark.parametrize(
    ("state", "last", "cause", "step"),
    [
        (
            {"waiting": {"reason": "ImagePullBackOff", "message": "not found"}}, {},
            "the image nginx:no of container c could not be pulled to node1",
            "pykubectl set image deployment/web c=IMAGE",
        ),
        ({"waiting": {"reason": "ErrImageNeverPull"}}, {}, "imagePullPolicy Never forbids", "minikube-py image load"),
        (
            {"waiting": {"reason": "CrashLoopBackOff"}}, {"terminated": {"exitCode": 3, "reason": "Error"}},
            "ends again and again, the last time with exit code 3", "pykubectl logs web-1 -c c --previous",
        ),
        (
            {"waiting": {"reason": "CrashLoopBackOff"}}, {"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
            "more memory than its limit", "limits.memory",
        ),
        (
            {"waiting": {"reason": "CrashLoopBackOff"}}, {"terminated": {"exitCode": 0, "reason": "Completed"}},
            "does its work and ends", "Job",
        ),
        (
            {"waiting": {"reason": "CreateContainerConfigError", "message": 'secret "x" not found'}}, {},
            'cannot be configured: secret "x" not found', "Create what is missing",
        ),
    ],
)  # fmt: skip
def test_what_the_kubelet_says_of_a_container(
    state: dict[str, Any], last: dict[str, Any], cause: str, step: str
) -> None:
    found = explain_pod(facts(node()), pod(on="node1", state=state, last=last))
    assert cause in found.cause
    assert step in " ".join(found.next_steps)


def test_a_failing_readiness_probe_is_the_containers_affair_and_its_event_shows_it() -> None:
    probe = {"readinessProbe": {"httpGet": {"path": "/", "port": 80}}}
    one = pod(on="node1", state={"running": {"startedAt": ago(9)}}, container=probe)
    said = event(one, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 500")
    found = explain_pod(facts(node(), said), one)
    assert "runs, but its readiness probe does not succeed" in found.cause
    assert "statuscode: 500" in shown(found)
    assert found.since is not None
    assert found.since.at == ago(9)


def test_a_pod_that_waits_for_its_volumes_shows_the_event() -> None:
    one = pod(on="node1")
    found = explain_pod(facts(node(), event(one, "FailedMount", 'configmap "x" not found')), one)
    assert 'configmap "x" not found' in found.cause


def test_a_ready_pod_and_one_that_has_done_its_work_are_fine() -> None:
    assert explain_pod(facts(node()), pod(on="node1", state={"running": {}}, ready=True)).is_fine
    assert explain_pod(facts(node()), pod(on="node1", phase="Succeeded", state={})).is_fine


def test_a_finalizer_that_holds_a_pod_is_named() -> None:
    going = {"deletionTimestamp": ago(3), "deletionGracePeriodSeconds": 0, "finalizers": ["example.com/hold"]}
    assert (
        "the finalizer example.com/hold holds it" in explain_pod(facts(node()), pod(on="node1", metadata=going)).cause
    )


def test_no_time_is_made_up() -> None:
    document: Any = pod().to_dict()
    document["metadata"].pop("creationTimestamp")
    document["status"] = {}
    assert explain_pod(facts(node()), type(pod()).from_dict(document)).since is None
