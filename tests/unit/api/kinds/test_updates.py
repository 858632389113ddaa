"""What may change of an object, what is kept for its author, and what is refused, as by the real API server.

data/updates.jsonl holds a stored object, a patch of it, and the causes of the refusal or the object that came out.
Messages are compared by their first line: a pod's shows a difference, which is of another form here.
"""

from __future__ import annotations

import pytest

from minikube_py.api.kinds.core.config_map import ConfigMap
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.model import Json
from minikube_py.api.resource import Resource
from minikube_py.patching.json_patch import apply_json_patch
from minikube_py.patching.patch_schema import patch_schema
from minikube_py.patching.strategic_merge import apply_strategic_merge_patch
from tests.unit.api.kinds.recordings import kind_of, recorded

ROWS = recorded("updates.jsonl")


def _case(row: dict[str, Json]) -> str:
    return str(row["case"])


def _updated(row: dict[str, Json]) -> tuple[Resource, Resource]:
    kind = kind_of(row["old"])
    old = kind.from_dict(row["old"])
    if isinstance(row["patch"], list):
        document = apply_json_patch(row["old"], row["patch"])
    else:
        document = apply_strategic_merge_patch(row["old"], row["patch"], patch_schema(kind))
    return kind.from_dict(document).defaulted().prepare_for_update(old), old


@pytest.mark.parametrize("row", ROWS, ids=_case)
def test_a_change_is_refused_as_by_the_real_server(row: dict[str, Json]) -> None:
    new, old = _updated(row)
    errors = [[error.path, error.message.split("\n")[0], error.reason] for error in new.field_errors(old)]
    assert errors == (_each_once(row["causes"]) if row["old"]["kind"] == "Node" else row["causes"])


@pytest.mark.parametrize("row", [row for row in ROWS if row["new"] is not None], ids=_case)
def test_a_change_keeps_and_drops_what_the_real_server_does(row: dict[str, Json]) -> None:
    new, _old = _updated(row)
    assert new.to_dict() == row["new"]


def _each_once(causes: list[list[str]]) -> list[list[str]]:
    """The causes of node updates come twice: those of the object are looked for again with those of the change."""
    return causes[: len(causes) // 2] if causes[: len(causes) // 2] == causes[len(causes) // 2 :] else causes


def test_a_pod_that_changes_too_much_is_shown_what() -> None:
    old = Pod.from_dict({"spec": {"containers": [{"name": "c", "image": "a:1"}]}}).defaulted()
    new = Pod.from_dict({"spec": {"containers": [{"name": "c", "image": "a:1"}], "hostname": "h"}}).defaulted()
    (error,) = new.field_errors(old)
    assert '+  "hostname": "h",' in error.message.splitlines()


@pytest.mark.parametrize(("keys", "is_fine"), [(["a"], True), (["a", "b"], True), (["b"], False), (["b", "a"], False)])
def test_a_pod_that_waits_at_a_gate_may_only_be_steered_to_fewer_nodes(keys: list[str], is_fine: bool) -> None:
    def gated(keys: list[str]) -> Pod:
        term = {"matchExpressions": [{"key": key, "operator": "Exists"} for key in keys]}
        wanted = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
        spec = {"containers": [{"name": "c", "image": "a"}], "schedulingGates": [{"name": "a.io/g"}]}
        return Pod.from_dict({"spec": spec | {"affinity": {"nodeAffinity": wanted}}}).defaulted()

    errors = [error.path.rpartition(".")[2] for error in gated(keys).field_errors(gated(["a"]))]
    assert errors == ([] if is_fine else ["nodeSelectorTerms[0]"])


def test_data_of_a_megabyte_is_the_limit() -> None:
    assert not list(ConfigMap(data={"a": "x" * 1024 * 1024}).field_errors(None))
    (error,) = ConfigMap(data={"a": "x" * 1024 * 1024}, binary_data={"b": "eA=="}).field_errors(None)
    assert str(error) == "[]: Too long: may not be more than 1048576 bytes"
