"""How classes and verbs become URLs."""

import pytest

from minikube_py.api.kinds.apps.deployment import Deployment
from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.client.request import Request, query, resource_path


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (resource_path(Pod.definition), "/api/v1/pods"),
        (resource_path(Pod.definition, "default"), "/api/v1/namespaces/default/pods"),
        (resource_path(Pod.definition, "default", "web"), "/api/v1/namespaces/default/pods/web"),
        (resource_path(Pod.definition, "default", "web", "status"), "/api/v1/namespaces/default/pods/web/status"),
        (resource_path(Deployment.definition, "a", "b"), "/apis/apps/v1/namespaces/a/deployments/b"),
        (resource_path(Node.definition, "ignored", "n1"), "/api/v1/nodes/n1"),
        (resource_path(Node.definition, "", "a b?c"), "/api/v1/nodes/a%20b%3Fc"),
    ],
)
def test_paths_follow_the_grammar_of_the_api(path: str, expected: str) -> None:
    assert path == expected


def test_single_object_of_a_namespaced_kind_needs_its_namespace() -> None:
    with pytest.raises(ValueError, match='Pod "web" was asked for without its namespace'):
        resource_path(Pod.definition, "", "web")


def test_empty_query_parameters_are_left_out_and_reserved_words_lose_their_underscore() -> None:
    parameters = query(watch=True, limit=None, labelSelector="", continue_="abc", timeoutSeconds=5)
    assert Request("GET", "/x", parameters).target == "/x?watch=true&continue=abc&timeoutSeconds=5"
