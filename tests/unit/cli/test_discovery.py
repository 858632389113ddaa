"""Which type a word means."""

import pytest

from minikube_py.cli.discovery import ResourceType, match

PODS = ResourceType("", "v1", "pods", "Pod", True, "pod", ("po",), ("all",))
EVENTS = ResourceType("", "v1", "events", "Event", True, "event", ("ev",))
DEPLOYMENTS = ResourceType("apps", "v1", "deployments", "Deployment", True, "deployment", ("deploy",), ("all",))
NEW_EVENTS = ResourceType("events.k8s.io", "v1", "events", "Event", True, "event", ("ev",))
OLD_SCALERS = ResourceType(
    "autoscaling", "v1", "horizontalpodautoscalers", "X", True, "x", ("hpa",), is_preferred=False
)
SCALERS = ResourceType("autoscaling", "v2", "horizontalpodautoscalers", "X", True, "x", ("hpa",))
SERVED = (PODS, EVENTS, DEPLOYMENTS, SCALERS, OLD_SCALERS, NEW_EVENTS)


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("pods", PODS),
        ("pod", PODS),
        ("Pod", PODS),
        ("po", PODS),
        ("PO", None),
        ("pods.", PODS),
        ("deployments.apps", DEPLOYMENTS),
        ("deploy.apps", DEPLOYMENTS),
        ("deployments.v1.apps", DEPLOYMENTS),
        ("deployments.v2.apps", None),
        ("events", EVENTS),
        ("events.events.k8s.io", NEW_EVENTS),
        ("events.v1.events.k8s.io", NEW_EVENTS),
        ("events.events", NEW_EVENTS),
        ("hpa", SCALERS),
        ("hpa.v1.autoscaling", OLD_SCALERS),
        ("nosuch", None),
        ("pods.v1", None),
    ],
)
def test_words_mean_the_types_that_kubectl_finds(word: str, found: ResourceType | None) -> None:
    assert match(word, SERVED) is found


def test_paths_follow_group_namespace_name_and_subresource() -> None:
    assert PODS.path("default", "web", "log") == "/api/v1/namespaces/default/pods/web/log"
    assert DEPLOYMENTS.path() == "/apis/apps/v1/deployments"
    assert DEPLOYMENTS.singular_name == "deployment.apps"
