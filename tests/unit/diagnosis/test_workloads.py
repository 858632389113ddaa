"""Why has my deployment no pods? Down to the one who would have to act."""

import pytest

from minikube_py.diagnosis.workloads import explain_deployment, explain_replica_set
from tests.unit.diagnosis.a_cluster import deployment, event, facts, node, pod, replica_set

PULLS = {"waiting": {"reason": "ImagePullBackOff"}}


def test_a_deployment_that_nobody_looks_at_lacks_the_controller_manager() -> None:
    found = explain_deployment(facts(alive=()), deployment(seen=False))
    assert found.cause == "its ReplicaSet is missing, and the controller manager does not run."
    assert found.next_steps == ("Start it: pykube-controller-manager --master=http://localhost:8080",)


def test_behind_tls_the_command_to_start_it_is_another() -> None:
    found = explain_deployment(facts(alive=(), server="https://127.0.0.1:6443"), deployment(seen=False))
    assert "minikube-py start" in found.next_steps[0]


def test_a_deployment_leads_to_its_replica_set_to_its_pod_to_the_cause() -> None:
    pods = [pod(f"web-{number}", on="node1", state=PULLS) for number in range(2)]
    found = explain_deployment(facts(node(), replica_set(), *pods), deployment())
    chain = [found.subject, found.because and found.because.subject, found.root.subject]
    assert chain == ["deployment/web", "replicaset/web-abc", "pod/web-0"]
    assert found.because is not None
    assert "2 of 2 pods are not ready, all for the same reason" in found.because.cause
    assert "could not be pulled" in found.root.cause


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ('pods "web-" is forbidden: error looking up service account default/default: serviceaccount not found',
         "admission refused, by the plugin ServiceAccount: default/default is not there"),
        ('pods "web-x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1',
         "admission refused, by the plugin ResourceQuota with the quota small"),
        ('pods is forbidden: User "system:serviceaccount:kube-system:rs" cannot create resource "pods" in API group ""',
         'authorization refused, by no role that is bound to "system:serviceaccount:kube-system:rs"'),
    ],
)  # fmt: skip
def test_pods_that_are_refused_name_who_refuses_and_the_rule(message: str, cause: str) -> None:
    owner = replica_set()
    found = explain_replica_set(facts(owner, event(owner, "FailedCreate", f"Error creating: {message}")), owner)
    assert cause in found.cause


def test_a_refusal_before_the_last_success_is_old_news() -> None:
    owner = replica_set()
    old = event(owner, "FailedCreate", "exceeded quota: small, ...", 20)
    found = explain_replica_set(facts(owner, old, event(owner, "SuccessfulCreate", "Created pod", 2)), owner)
    assert "still to be created" in found.cause


def test_a_pod_that_is_lost_while_the_controller_manager_is_away_is_not_replaced() -> None:
    ready = pod(on="node1", state={"running": {}}, ready=True)
    found = explain_deployment(facts(node(), replica_set(2, 1), ready, alive=("node1",)), deployment())
    assert "1 pod is missing, and the controller manager does not run" in found.root.cause


def test_a_paused_rollout_is_yours_to_resume() -> None:
    assert explain_deployment(facts(replica_set()), deployment(paused=True)).next_actor == "you"


def test_ready_pods_are_fine_and_an_absent_controller_manager_is_said_nevertheless() -> None:
    pods = [pod(f"web-{number}", on="node1", state={"running": {}}, ready=True) for number in range(2)]
    found = explain_deployment(facts(node(), replica_set(2, 2), *pods, alive=("node1",)), deployment())
    assert found.is_fine
    assert "lost pods would not be replaced" in found.evidence[0].text
