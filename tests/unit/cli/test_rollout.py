"""What rollout says and sends, as functions of the objects."""

from typing import Any

import pytest

from minikube_py.cli.errors import CommandError
from minikube_py.cli.verbs.rollout_history import earlier_revision, undo_patch
from minikube_py.cli.verbs.rollout_status import deployment_text

WAITING = 'Waiting for deployment "web" rollout to finish: '


def deployment(generation: int = 1, **status: Any) -> dict[str, Any]:
    metadata = {"name": "web", "generation": generation}
    return {
        "kind": "Deployment",
        "metadata": metadata,
        "spec": {"replicas": 3},
        "status": {"observedGeneration": 1, **status},
    }


@pytest.mark.parametrize(
    ("document", "text", "is_done"),
    [
        (deployment(generation=2), "Waiting for deployment spec update to be observed...", False),
        (deployment(updatedReplicas=1), f"{WAITING}1 out of 3 new replicas have been updated...", False),
        (
            deployment(replicas=4, updatedReplicas=3),
            f"{WAITING}1 old replicas are pending termination...",
            False,
        ),
        (
            deployment(replicas=3, updatedReplicas=3, availableReplicas=2),
            f"{WAITING}2 of 3 updated replicas are available...",
            False,
        ),
        (
            deployment(replicas=3, updatedReplicas=3, availableReplicas=3),
            'deployment "web" successfully rolled out',
            True,
        ),
    ],
)
def test_status_says_what_the_rollout_waits_for(document: dict[str, Any], text: str, is_done: bool) -> None:
    assert deployment_text(document) == (text, is_done)


def test_status_fails_when_the_rollout_is_stuck() -> None:
    stuck = {"type": "Progressing", "reason": "ProgressDeadlineExceeded"}
    with pytest.raises(CommandError, match='deployment "web" exceeded its progress deadline'):
        deployment_text(deployment(conditions=[stuck]))


def test_undo_takes_the_last_revision_but_one_unless_told_otherwise() -> None:
    revisions: dict[int, dict[str, Any]] = {1: {"a": 1}, 4: {"a": 4}, 3: {"a": 3}}
    assert earlier_revision(deployment(), revisions, 0) == (3, {"a": 3})
    assert earlier_revision(deployment(), revisions, 1) == (1, {"a": 1})
    with pytest.raises(CommandError, match="unable to find specified revision 2 in history"):
        earlier_revision(deployment(), revisions, 2)
    with pytest.raises(CommandError, match='no rollout history found for deployment "web"'):
        earlier_revision(deployment(), {1: {}}, 0)


def test_undo_keeps_the_deployments_own_annotations_and_drops_the_hash() -> None:
    revision = "deployment.kubernetes.io/revision"
    document = {"kind": "Deployment", "metadata": {"annotations": {revision: "2", "note": "new"}}}
    template = {"metadata": {"labels": {"app": "web", "pod-template-hash": "1"}}, "spec": {"containers": []}}
    earlier = {"metadata": {"annotations": {revision: "1", "note": "old"}}, "spec": {"template": template}}
    bare = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}}
    assert undo_patch(document, earlier) == [
        {"op": "replace", "path": "/spec/template", "value": bare},
        {"op": "replace", "path": "/metadata/annotations", "value": {revision: "2", "note": "old"}},
    ]
