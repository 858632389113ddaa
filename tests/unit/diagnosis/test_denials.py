"""Who refused, and by which rule?"""

from dataclasses import replace

import pytest

from minikube_py.access.authorization.authorizer import Action
from minikube_py.api.kinds.rbac.cluster_role import ClusterRole
from minikube_py.api.kinds.rbac.role_binding import RoleBinding
from minikube_py.diagnosis.denials import Asked, explain_denial, refusal_in

DELETE = Action("delete", resource="pods", namespace="default", name="web")
READS = ClusterRole.from_dict(
    {"metadata": {"name": "view"}, "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]}
)
EDITS = ClusterRole.from_dict(
    {"metadata": {"name": "edit"}, "rules": [{"verbs": ["*"], "apiGroups": [""], "resources": ["pods"]}]}
)
BOUND = RoleBinding.from_dict(
    {
        "metadata": {"name": "ann-reads", "namespace": "default"},
        "subjects": [{"kind": "User", "name": "ann"}],
        "roleRef": {"kind": "ClusterRole", "name": "view"},
    }
)
ANN = Asked(
    DELETE, username="ann", groups=("system:authenticated",), is_allowed=False, roles=(READS, EDITS), bindings=(BOUND,)
)


def test_who_is_unknown_was_refused_by_authentication() -> None:
    found = explain_denial(Asked(DELETE, unknown="Unauthorized"))
    assert found.cause.startswith("authentication refused")


def test_authorization_shows_the_roles_that_one_has_and_those_that_would_do() -> None:
    found = explain_denial(ANN)
    texts = {each.source: each.text for each in found.evidence}
    assert found.cause.startswith('authorization refused: "ann" is known')
    assert texts["roles that are bound"] == "clusterrole/view"
    assert texts["roles that would allow it"] == "clusterrole/edit"
    assert found.next_steps[1].endswith("--role=may-delete --user=ann --namespace=default")


def test_a_service_account_is_bound_as_one() -> None:
    found = explain_denial(replace(ANN, username="system:serviceaccount:default:robot"))
    assert "--serviceaccount=default:robot" in found.next_steps[1]


def test_admission_refuses_what_authorization_allows() -> None:
    words = 'pods "web" is forbidden: violates PodSecurity "restricted:latest": privileged'
    found = explain_denial(replace(ANN, is_allowed=True, reason="RBAC: allowed by x", was_tried=True, refused=words))
    assert found.cause == "admission refused, by the plugin PodSecurity at level restricted:latest."
    assert found.evidence[1].text == "passed: RBAC: allowed by x"


def test_what_was_not_tried_is_not_said_to_pass() -> None:
    found = explain_denial(replace(ANN, is_allowed=True))
    assert "not asked" in found.evidence[2].text


@pytest.mark.parametrize(
    ("message", "stage", "rule"),
    [
        ("Unauthorized", "authentication", "no credential"),
        ('admission webhook "w.example.com" denied the request: no', "admission", "the webhook w.example.com"),
        (
            "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no",
            "admission",
            "ValidatingAdmissionPolicy p",
        ),
        ('namespaces "x" not found', "admission", "NamespaceLifecycle"),
        ('Pod "web" is invalid: spec.containers[0].image: Required value', "validation", "spec.containers[0].image"),
        (
            'no API token found for service account "default", retry',
            "admission",
            "ServiceAccount: default has no token",
        ),
    ],
)
def test_each_stage_refuses_in_words_of_its_own(message: str, stage: str, rule: str) -> None:
    found = refusal_in(message)
    assert found.stage == stage
    assert rule in found.rule
