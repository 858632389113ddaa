"""Which requests match resources mean."""

from __future__ import annotations

from typing import Any

import pytest

from minikube_py.api.kinds.admissionregistration.matching import MatchResources
from minikube_py.api.kinds.authentication.token_review import UserInfo
from minikube_py.api.kinds.autoscaling.horizontal_pod_autoscaler import HorizontalPodAutoscaler
from minikube_py.api.kinds.autoscaling.v2 import horizontal_pod_autoscaler as v2
from minikube_py.api.kinds.core.config_map import ConfigMap
from minikube_py.api.kinds.core.namespace import Namespace
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.resource import Resource
from minikube_py.policies.matching import Matcher
from minikube_py.policies.request import PolicyRequest

MAP = ConfigMap(metadata=ObjectMeta(name="m", namespace="n", labels={"app": "web"}))
SPACE = Namespace(metadata=ObjectMeta(name="n", labels={"env": "test"}))


def request(obj: Resource = MAP, operation: str = "CREATE", **changes: Any) -> PolicyRequest:
    namespace, name = obj.metadata.namespace, obj.metadata.name
    given: dict[str, Any] = {"obj": obj, "old": None, "in_namespace": SPACE if namespace else None} | changes
    return PolicyRequest(operation, type(obj), namespace, name, UserInfo(), **given)


def meant(rules: list[dict[str, Any]], asked: PolicyRequest, *same: type[Resource], **parts: Any) -> object:
    default = {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*"], "scope": "*"}
    document = {"resourceRules": [default | rule for rule in rules], **parts}
    return Matcher(MatchResources.from_dict(document)).kind_meant(asked, same)


@pytest.mark.parametrize(
    ("rule", "asked", "is_meant"),
    [
        ({}, request(), True),
        ({"operations": ["UPDATE"]}, request(), False),
        ({"apiGroups": ["apps"]}, request(), False),
        ({"apiVersions": ["v2"]}, request(), False),
        ({"scope": "Cluster"}, request(), False),
        ({"scope": "Cluster"}, request(SPACE), True),
        ({"resourceNames": ["other"]}, request(), False),
        ({"resources": ["configmaps"]}, request(), True),
        ({"resources": ["configmaps"]}, request(subresource="status"), False),
        ({"resources": ["configmaps/*"]}, request(subresource="status"), True),
        ({"resources": ["*/status"]}, request(subresource="status"), True),
        ({"resources": ["*"]}, request(subresource="status"), False),
        ({"resources": ["*/*"]}, request(subresource="status"), True),
    ],
)
def test_rules(rule: dict[str, Any], asked: PolicyRequest, is_meant: bool) -> None:
    assert (meant([rule], asked) is not None) is is_meant


def test_selectors_and_exclusions() -> None:
    def selected(labels: dict[str, str]) -> dict[str, Any]:
        return {"matchLabels": labels}

    assert meant([{}], request(), namespaceSelector=selected({"env": "test"}))
    assert not meant([{}], request(), namespaceSelector=selected({"env": "prod"}))
    assert meant([{}], request(SPACE), namespaceSelector=selected({"env": "test"}))
    assert not meant([{}], request(), objectSelector=selected({"app": "db"}))
    deletion = PolicyRequest("DELETE", ConfigMap, "n", "m", UserInfo(), None, MAP)
    assert meant([{}], deletion, objectSelector=selected({"app": "web"}))
    excluded = {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["configmaps"]}
    assert not meant([{}], request(), excludeResourceRules=[excluded | {"resourceNames": ["m"]}])
    assert meant([], request()) is ConfigMap


def test_the_same_objects_are_meant_in_another_version() -> None:
    scaler = v2.HorizontalPodAutoscaler(metadata=ObjectMeta(name="h", namespace="n"))
    rule = {"apiGroups": ["autoscaling"], "apiVersions": ["v1"], "resources": ["horizontalpodautoscalers"]}
    asked = request(scaler)
    assert meant([rule], asked, HorizontalPodAutoscaler) is HorizontalPodAutoscaler
    assert meant([rule], asked, HorizontalPodAutoscaler, matchPolicy="Exact") is None
    seen = asked.as_kind(HorizontalPodAutoscaler)
    assert seen.document["apiVersion"] == "autoscaling/v1"
    assert (seen.attributes["kind"]["version"], seen.attributes["requestKind"]["version"]) == ("v1", "v2")
