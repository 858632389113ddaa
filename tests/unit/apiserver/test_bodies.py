"""Bodies that are alike but for their metadata: read once, and yet each is itself."""

import orjson
import pytest

from minikube_py.access import remarks
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.status import BadRequest
from minikube_py.apiserver.bodies import parse, to_object

SPEC = {"containers": [{"name": "web", "image": "nginx"}]}


def read(metadata: object, validation: str = "Warn", **more: object) -> tuple[Pod, tuple[str, ...]]:
    document = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": SPEC, **more}
    remarks.begin()
    return to_object(parse(orjson.dumps(document), "application/json", "Pod"), Pod, validation), remarks.warnings()


def test_second_pod_of_a_template_shares_the_spec_and_nothing_else() -> None:
    first, _ = read({"name": "one", "labels": {"app": "one"}})
    second, _ = read({"name": "two", "creationTimestamp": None})
    assert second.spec is first.spec
    assert second.spec.restart_policy == "Always"
    assert (second.metadata.name, second.metadata.labels) == ("two", {})


def test_what_is_wrong_in_the_metadata_is_said_also_of_the_second_pod() -> None:
    read({"name": "one"})
    assert read({"name": "two", "nam": "x"})[1] == ('unknown field "metadata.nam"',)
    with pytest.raises(BadRequest, match="labels"):
        read({"name": "two", "labels": "x"})


def test_unknown_field_is_said_each_time() -> None:
    for name in ("one", "two"):
        assert read({"name": name}, stat="x")[1] == ('unknown field "stat"',)
