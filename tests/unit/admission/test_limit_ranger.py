"""LimitRanger's decisions: what is filled in, and what is refused in upstream's words."""

from __future__ import annotations

from typing import Any

import pytest

from minikube_py.admission.limit_ranger import problems, with_defaults
from minikube_py.api.kinds.core.limit_range import LimitRange
from minikube_py.api.kinds.core.persistent_volume_claim import PersistentVolumeClaim
from minikube_py.api.kinds.core.pod import Pod


def limit_range(type_: str, **bounds: Any) -> LimitRange:
    return LimitRange.from_dict({"metadata": {"name": "lr"}, "spec": {"limits": [{"type": type_, **bounds}]}})


def pod(*resources: dict[str, Any], init: tuple[dict[str, Any], ...] = ()) -> Pod:
    def named(prefix: str, all_: tuple[dict[str, Any], ...]) -> list[dict[str, Any]]:
        return [{"name": f"{prefix}{n}", "image": "i", "resources": each} for n, each in enumerate(all_)]

    spec = {"containers": named("c", resources), "initContainers": named("i", init)}
    return Pod.from_dict({"metadata": {"name": "p"}, "spec": spec})


def test_a_container_gets_the_defaults_it_lacks_and_an_annotation_says_which() -> None:
    defaults = limit_range("Container", default={"cpu": "1", "memory": "1Gi"}, defaultRequest={"cpu": "100m"})
    filled = with_defaults(pod({"requests": {"cpu": "50m"}}, init=({},)), defaults)
    assert filled.spec.containers[0].resources.requests == {"cpu": "50m"}
    assert filled.spec.containers[0].resources.limits == {"cpu": "1", "memory": "1Gi"}
    assert filled.spec.init_containers[0].resources.requests == {"cpu": "100m"}
    assert filled.metadata.annotations["kubernetes.io/limit-ranger"] == (
        "LimitRanger plugin set: cpu, memory limit for container c0; cpu request for init container i0; "
        "cpu, memory limit for init container i0"
    )


def test_a_pod_that_says_everything_stays_as_it_is() -> None:
    given = pod({"limits": {"cpu": "1"}, "requests": {"cpu": "1"}})
    assert with_defaults(given, limit_range("Container", default={"cpu": "2"}, defaultRequest={"cpu": "2"})) is given


@pytest.mark.parametrize(
    ("bounds", "asked", "said"),
    [
        ({"min": {"cpu": "100m"}}, {"requests": {"cpu": "50m"}},
         "minimum cpu usage per Container is 100m, but request is 50m"),
        ({"min": {"cpu": "100m"}}, {"limits": {"cpu": "1"}},
         "minimum cpu usage per Container is 100m. No request is specified"),
        ({"min": {"cpu": "2"}}, {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}},
         "minimum cpu usage per Container is 2, but limit is 1"),
        ({"max": {"memory": "1Gi"}}, {"requests": {"memory": "1Mi"}},
         "maximum memory usage per Container is 1Gi. No limit is specified"),
        ({"max": {"memory": "1Gi"}}, {"limits": {"memory": "2Gi"}},
         "maximum memory usage per Container is 1Gi, but limit is 2Gi"),
        ({"maxLimitRequestRatio": {"memory": "2"}}, {"requests": {"memory": "10Mi"}, "limits": {"memory": "30Mi"}},
         "memory max limit to request ratio per Container is 2, but provided ratio is 3.000000"),
        ({"maxLimitRequestRatio": {"cpu": "2"}}, {"limits": {"cpu": "1"}},
         "cpu max limit to request ratio per Container is 2, but no request is specified or request is 0"),
    ],
)  # fmt: skip
def test_a_container_beyond_its_bounds(bounds: dict[str, Any], asked: dict[str, Any], said: str) -> None:
    assert list(problems(pod(asked), limit_range("Container", **bounds))) == [said]


def test_what_is_within_the_bounds_is_taken() -> None:
    bounds = limit_range("Container", min={"cpu": "1"}, max={"cpu": "2"}, maxLimitRequestRatio={"cpu": "2"})
    assert list(problems(pod({"requests": {"cpu": "1"}, "limits": {"cpu": "2"}}), bounds)) == []


def test_a_pod_counts_as_the_sum_of_its_containers() -> None:
    each = {"limits": {"cpu": "2", "memory": "512Mi"}, "requests": {"memory": "512Mi"}}
    found = list(problems(pod(each, each), limit_range("Pod", max={"cpu": "3", "memory": "1Gi"})))
    assert found == ["maximum cpu usage per Pod is 3, but limit is 4"]


@pytest.mark.parametrize(("size", "said"), [
    ("500Mi", "minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 500Mi"),
    ("3Gi", "maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi"),
])  # fmt: skip
def test_a_claim_beyond_its_bounds(size: str, said: str) -> None:
    claim = PersistentVolumeClaim.from_dict({"spec": {"resources": {"requests": {"storage": size}}}})
    bounds = limit_range("PersistentVolumeClaim", min={"storage": "1Gi"}, max={"storage": "2Gi"})
    assert list(problems(claim, bounds)) == [said]
    assert list(problems(claim, limit_range("Pod", max={"storage": "1"}))) == []
