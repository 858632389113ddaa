"""Field sets behave as sets of paths do, whatever their shape."""

from __future__ import annotations

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from minikube_py.patching.field_sets import EMPTY, FieldSet, difference, has, intersection, paths, union

_STEPS = st.sampled_from(["f:a", "f:b", 'k:{"name":"x"}', "v:1"])
_PATHS = st.lists(_STEPS, min_size=1, max_size=3).map(tuple)


def _single(path: tuple[str, ...]) -> FieldSet:
    return {path[0]: _single(path[1:]) if path[1:] else {}}


def _set(members: list[tuple[str, ...]]) -> FieldSet:
    return reduce(union, map(_single, members), EMPTY)


SETS = st.lists(_PATHS, max_size=6).map(_set)


@given(SETS, SETS)
def test_a_union_has_the_members_of_both(one: FieldSet, other: FieldSet) -> None:
    assert set(paths(union(one, other))) == set(paths(one)) | set(paths(other))


@given(SETS, SETS)
def test_a_difference_has_the_members_of_the_first_alone(one: FieldSet, other: FieldSet) -> None:
    assert set(paths(difference(one, other))) == set(paths(one)) - set(paths(other))


@given(SETS, SETS)
def test_an_intersection_has_what_both_have(one: FieldSet, other: FieldSet) -> None:
    assert set(paths(intersection(one, other))) == set(paths(one)) & set(paths(other))


@given(SETS)
def test_a_set_has_one_form(found: FieldSet) -> None:
    assert union(found, found) == found
    assert intersection(found, found) == found
    assert difference(found, found) == EMPTY


def test_a_path_is_written_as_errors_have_it() -> None:
    port: FieldSet = {".": {}, "f:name": {}}
    ports = {'k:{"port":80,"protocol":"TCP"}': port}
    fields = {"f:spec": {"f:ports": ports, "f:finalizers": {'v:"a"': {}}}}
    assert list(paths(fields)) == [
        '.spec.finalizers[="a"]',
        '.spec.ports[port=80,protocol="TCP"]',
        '.spec.ports[port=80,protocol="TCP"].name',
    ]  # fmt: skip


def test_a_field_is_a_member_only_if_it_is_meant_itself() -> None:
    assert has({"f:spec": {"f:replicas": {}}}, ("spec", "replicas"))
    assert not has({"f:spec": {"f:replicas": {}}}, ("spec",))
    assert not has({"f:spec": {"f:replicas": {}}}, ("spec", "paused"))
