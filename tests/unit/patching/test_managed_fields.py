"""Who owns what after writes and applies; the laws of apply; the words of its conflicts.

The real server's answers to a whole story are compared by `make replay`; the sets here are those that it gave.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikube_py.api.kinds.apps.deployment import Deployment, DeploymentSpec
from minikube_py.api.kinds.core.config_map import ConfigMap
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Time
from minikube_py.api.shapes import shape_of
from minikube_py.patching.field_sets import EMPTY, difference
from minikube_py.patching.managed_fields import (
    LAST_APPLIED,
    ApplyConflict,
    Entries,
    Manager,
    Write,
    applied,
    created,
    created_object,
    empty_document,
    owns,
    updated,
)
from minikube_py.patching.structured_merge import StructureError, field_set, merge

Json = Any

LATER = Time("2026-11-23T08:00:01Z")


def write(kind: type[Resource], name: str, operation: str = "Update", subresource: str = "", at: int = 0) -> Write:
    manager = Manager(name, operation, kind.definition.api_version, subresource)
    return Write(kind, manager, Time(f"2026-11-23T08:00:{at:02d}Z"))


def config_map(data: Json, **metadata: Json) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", **metadata}, "data": data}


def deployment(*containers: Json, **spec: Json) -> Json:
    template = {"spec": {"containers": list(containers)}} if containers else {}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "x"},
        "spec": {**spec, **({"template": template} if template else {})},
    }


def apply(
    kind: type[Resource], live: Json, entries: Entries, config: Json, name: str, *, force: bool = False
) -> tuple[Json, Entries]:
    return applied(entries, live, config, write(kind, name, "Apply"), force=force)


def owned(entries: Entries) -> dict[str, Json]:
    return {entry.manager: entry.fields_v1 for entry in entries}


def test_a_creator_owns_all_but_what_the_server_gives() -> None:
    document = config_map({"a": "1"}, labels={"l": "v"}, uid="u", creationTimestamp="2026-11-23T08:00:00Z")
    (entry,) = created(document, write(ConfigMap, "kubectl-create"))
    assert (entry.manager, entry.operation, entry.api_version, entry.fields_type) == (
        "kubectl-create", "Update", "v1", "FieldsV1",
    )  # fmt: skip
    assert entry.fields_v1 == {
        "f:data": {".": {}, "f:a": {}},
        "f:metadata": {"f:labels": {".": {}, "f:l": {}}},
    }


def test_a_list_of_structs_is_owned_element_by_element() -> None:
    ports = [{"containerPort": 80}]
    document = Deployment.from_dict(deployment({"name": "c", "ports": ports}, replicas=1)).to_dict()
    (entry,) = created(document, write(Deployment, "m"))
    assert entry.fields_v1 is not None
    assert entry.fields_v1["f:spec"]["f:template"] == {
        "f:spec": {
            "f:containers": {
                'k:{"name":"c"}': {
                    ".": {},
                    "f:name": {},
                    "f:resources": {},
                    "f:ports": {
                        ".": {},
                        'k:{"containerPort":80,"protocol":"TCP"}': {".": {}, "f:containerPort": {}},
                    },
                }
            }
        }
    }


def test_object_gets_the_entries_of_its_document_the_first_time_and_the_second() -> None:
    for name in ("one", "two"):
        metadata = {"labels": {name: "yes"}, "annotations": {}}
        document = deployment({"name": "web", "image": "nginx"}, replicas=2) | {"metadata": metadata}
        expected = created(Deployment.from_dict(document).to_dict(), write(Deployment, "m"))
        assert created_object(Deployment.from_dict(document), write(Deployment, "m")) == expected


def test_equal_entries_are_equal_texts() -> None:
    """Clients that read entries as text or as a map, and write them, get the same."""
    first = deployment({"name": "b", "image": "v1"}, replicas=1, paused=True)
    then = deployment({"name": "b", "image": "v2", "command": ["x"]}, replicas=1, minReadySeconds=2)
    entries = created(first, write(Deployment, "m"))
    for each in (*entries, *updated(entries, first, then, write(Deployment, "m", at=1))):
        assert json.dumps(each.fields_v1) == json.dumps(each.fields_v1, sort_keys=True)


def test_an_update_takes_what_it_changes_from_its_owner() -> None:
    entries = created(config_map({"a": "1", "b": "1"}), write(ConfigMap, "first"))
    entries = updated(
        entries, config_map({"a": "1", "b": "1"}), config_map({"a": "2", "c": "3"}), write(ConfigMap, "second", at=1)
    )
    assert owned(entries) == {"first": {"f:data": {}}, "second": {"f:data": {"f:a": {}, "f:c": {}}}}


def test_an_update_that_changes_nothing_leaves_the_entries_alone() -> None:
    entries = created(config_map({"a": "1"}), write(ConfigMap, "first"))
    again = updated(entries, config_map({"a": "1"}), config_map({"a": "1"}), write(ConfigMap, "second"))
    assert again is entries


def test_an_object_without_entries_is_not_tracked_before_its_first_apply() -> None:
    assert updated((), config_map({"a": "1"}), config_map({"a": "2"}), write(ConfigMap, "m")) == ()
    _, entries = apply(ConfigMap, config_map({"a": "1"}), (), config_map({"b": "2"}), "m")
    assert owned(entries) == {"m": {"f:data": {"f:b": {}}}, "before-first-apply": {"f:data": {".": {}, "f:a": {}}}}


def test_status_has_managers_of_its_own() -> None:
    old = deployment(replicas=1) | {"status": {}}
    new = deployment(replicas=2) | {"status": {"replicas": 1}}
    entries = created(old, write(Deployment, "author"))
    after = updated(entries, old, new, write(Deployment, "controller", subresource="status"))
    assert owned(after)["controller"] == {"f:status": {"f:replicas": {}}}
    assert owned(after)["author"] == {"f:spec": {"f:replicas": {}}}
    assert owned(updated(entries, old, new, write(Deployment, "author"))) == owned(entries)


def test_of_many_managers_the_oldest_become_one() -> None:
    data = {"k0": "0"}
    entries = created(config_map(data), write(ConfigMap, "m0"))
    for index in range(1, 30):
        more = data | {f"k{index}": "0"}
        entries = updated(entries, config_map(data), config_map(more), write(ConfigMap, f"m{index}", at=index))
        data = more
    assert len(entries) == 10
    ancient = owned(entries)["ancient-changes"]
    assert {f"f:k{index}" for index in range(21)} <= ancient["f:data"].keys()
    assert owned(entries)["m29"] == {"f:data": {"f:k29": {}}}


def test_a_conflict_names_owner_and_field() -> None:
    document, entries = apply(ConfigMap, empty_document(ConfigMap), (), config_map({"x": "1", "y": "1"}), "a")
    with pytest.raises(ApplyConflict) as one:
        apply(ConfigMap, document, entries, config_map({"x": "2"}), "b")
    assert str(one.value) == 'Apply failed with 1 conflict: conflict with "a": .data.x'
    with pytest.raises(ApplyConflict) as two:
        apply(ConfigMap, document, entries, config_map({"x": "2", "y": "2"}), "b")
    assert str(two.value) == 'Apply failed with 2 conflicts: conflicts with "a":\n- .data.x\n- .data.y'
    assert two.value.causes == [('conflict with "a"', ".data.x"), ('conflict with "a"', ".data.y")]


def test_who_updates_is_named_with_the_version_and_the_way() -> None:
    entries = created(deployment(replicas=1), write(Deployment, "s", subresource="scale"))
    with pytest.raises(ApplyConflict, match=r'"s" with subresource "scale" using apps/v1: \.spec\.replicas$'):
        apply(Deployment, deployment(replicas=1), entries, deployment(replicas=2), "a")


def test_force_takes_the_field() -> None:
    document, entries = apply(ConfigMap, empty_document(ConfigMap), (), config_map({"x": "1", "y": "1"}), "a")
    document, entries = apply(ConfigMap, document, entries, config_map({"x": "2"}), "b", force=True)
    assert document["data"] == {"x": "2", "y": "1"}
    assert owned(entries) == {"a": {"f:data": {"f:y": {}}}, "b": {"f:data": {"f:x": {}}}}


def test_the_same_value_is_shared_and_stays_until_the_last_owner_lets_go() -> None:
    live = empty_document(Deployment)
    one, two = {"name": "one", "image": "i"}, {"name": "two", "image": "i"}
    live, entries = apply(Deployment, live, (), deployment(one, two), "a")
    live, entries = apply(Deployment, live, entries, deployment(two), "b")
    live, entries = apply(Deployment, live, entries, deployment(one), "a")
    assert [c["name"] for c in live["spec"]["template"]["spec"]["containers"]] == ["one", "two"]
    live, entries = apply(Deployment, live, entries, deployment(), "b")
    assert [c["name"] for c in live["spec"]["template"]["spec"]["containers"]] == ["one"]


def test_a_field_of_the_same_struct_that_somebody_else_set_stays() -> None:
    live, entries = apply(Deployment, empty_document(Deployment), (), deployment(replicas=1, paused=True), "a")
    changed = json.loads(json.dumps(live))
    changed["spec"]["minReadySeconds"] = 5
    entries = updated(entries, live, changed, write(Deployment, "u"))
    after, _ = apply(Deployment, changed, entries, deployment(paused=True), "a")
    assert after["spec"] == {key: value for key, value in changed["spec"].items() if key != "replicas"}


def test_an_unknown_field_and_a_doubled_element_are_named_by_their_place() -> None:
    with pytest.raises(StructureError, match=r"^\.spec\.replica: field not declared in schema$"):
        apply(Deployment, empty_document(Deployment), (), deployment(replica=1), "a")
    twice = deployment({"name": "one"}, {"name": "one"})
    with pytest.raises(StructureError, match=r'containers: duplicate entries for key \[name="one"\]$'):
        apply(Deployment, empty_document(Deployment), (), twice, "a")


def test_kubectl_takes_over_from_its_own_client_side_apply() -> None:
    config = config_map({"x": "1", "y": "1"})
    live = config_map({"x": "1", "y": "1"}, annotations={LAST_APPLIED: json.dumps(config)})
    entries = created(live, write(ConfigMap, "kubectl-client-side-apply"))
    with pytest.raises(ApplyConflict):
        apply(ConfigMap, live, entries, config_map({"x": "2"}), "somebody")
    document, entries = apply(ConfigMap, live, entries, config_map({"x": "2"}), "kubectl")
    assert document["data"] == {"x": "2", "y": "1"}
    assert json.loads(document["metadata"]["annotations"][LAST_APPLIED])["data"] == {"x": "2"}
    assert owned(entries)["kubectl"] == {"f:data": {"f:x": {}}}


def test_what_was_changed_since_the_client_side_apply_stays_a_conflict() -> None:
    config = config_map({"x": "1"})
    live = config_map({"x": "3"}, annotations={LAST_APPLIED: json.dumps(config)})
    entries = created(live, write(ConfigMap, "other"))
    with pytest.raises(ApplyConflict, match=r"\.data\.x"):
        apply(ConfigMap, live, entries, config_map({"x": "2"}), "kubectl")


def test_fields_of_another_version_are_left_alone() -> None:
    other = created(config_map({"a": "1"}), Write(ConfigMap, Manager("m", "Update", "v2"), LATER))
    after = updated(other, config_map({"a": "1"}), config_map({"a": "2"}), write(ConfigMap, "n"))
    assert owned(after) == {"m": owned(other)["m"], "n": {"f:data": {"f:a": {}}}}


def test_a_field_is_owned_or_not() -> None:
    entries = created(deployment(replicas=1), write(Deployment, "m"))
    assert owns(entries, ("spec", "replicas"))
    assert not owns(entries, ("spec", "paused"))


_NAMES = st.sampled_from("abc")
_CONTAINERS = st.dictionaries(
    _NAMES, st.fixed_dictionaries({}, optional={"image": st.sampled_from("12"), "tty": st.booleans()}), max_size=3
).map(lambda found: [{"name": name, **rest} for name, rest in found.items()])
_CONFIGS = st.builds(
    lambda containers, spec: deployment(*containers, **spec),
    _CONTAINERS,
    st.fixed_dictionaries({}, optional={"replicas": st.integers(0, 2), "paused": st.booleans()}),
)
SHAPE, SPEC = shape_of(Deployment), shape_of(DeploymentSpec)


@given(_CONFIGS, _CONFIGS, _CONFIGS)
def test_applying_twice_is_applying_once(first: Json, second: Json, config: Json) -> None:
    live, entries = apply(Deployment, empty_document(Deployment), (), first, "a")
    live, entries = apply(Deployment, live, entries, second, "b", force=True)
    once = apply(Deployment, live, entries, config, "a", force=True)
    assert apply(Deployment, *once, config, "a") == once


@given(_CONFIGS, _CONFIGS)
def test_an_applied_config_is_what_the_object_says(first: Json, second: Json) -> None:
    live, entries = apply(Deployment, empty_document(Deployment), (), first, "a")
    live, entries = apply(Deployment, live, entries, second, "b", force=True)
    assert merge(live, second, SHAPE) == live
    assert difference(field_set(second["spec"], SPEC), field_set(live["spec"], SPEC)) == EMPTY


@given(_CONFIGS, _CONFIGS)
def test_who_lets_go_of_everything_leaves_what_others_own(first: Json, second: Json) -> None:
    live, entries = apply(Deployment, empty_document(Deployment), (), first, "a")
    live, entries = apply(Deployment, live, entries, second, "b", force=True)
    live, entries = apply(Deployment, live, entries, first, "a", force=True)
    live, entries = apply(Deployment, live, entries, deployment(), "b")
    assert merge(live, first, SHAPE) == live
    assert "b" not in owned(entries) or owned(entries)["b"] == {"f:spec": {}}
