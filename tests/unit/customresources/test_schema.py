"""What a schema keeps of a document, adds to it, and finds wrong with it; the sentences are the real API server's."""

from __future__ import annotations

from typing import Any

import pytest

from minikube_py.api.decoding import DecodeError
from minikube_py.api.kinds.apiextensions.json_schema import JSONSchemaProps
from minikube_py.customresources.structure import Pruner, defaulted
from minikube_py.customresources.validation import structural_errors, value_errors

SPEC = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z]+$", "minLength": 2, "maxLength": 5},
        "size": {"type": "string", "enum": ["small", "large"], "default": "small"},
        "replicas": {"type": "integer", "minimum": 1, "maximum": 10},
        "ratio": {"type": "number", "exclusiveMinimum": True, "minimum": 0},
        "port": {"x-kubernetes-int-or-string": True},
        "when": {"type": "string", "format": "date-time"},
        "maybe": {"type": "string", "nullable": True, "default": "x"},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "pod": {"type": "object", "x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True},
        "ports": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["port", "protocol"],
            "items": {
                "type": "object",
                "required": ["port"],
                "properties": {"port": {"type": "integer"}, "protocol": {"type": "string", "default": "TCP"}},
            },
        },
        "tags": {"type": "array", "x-kubernetes-list-type": "set", "maxItems": 3, "items": {"type": "string"}},
        "plain": {"type": "array", "minItems": 1, "items": {"type": "integer"}},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": 2},
        "choice": {
            "type": "object",
            "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
            "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
        },
        "any": {"type": "integer", "anyOf": [{"minimum": 100}, {"maximum": 5}]},
        "notZero": {"type": "integer", "not": {"enum": [0]}},
        "even": {"type": "integer", "multipleOf": 2},
        "deep": {"type": "object", "default": {}, "properties": {"level": {"type": "integer", "default": 3}}},
    },
}
SCHEMA = JSONSchemaProps.from_dict({"type": "object", "properties": {"spec": SPEC}})


def errors(spec: Any, old: Any = None) -> list[str]:
    value = {"spec": spec}
    before = {} if old is None else {"old": {"spec": old}}
    return [str(each) for each in (*value_errors(value, SCHEMA, "", **before), *structural_errors(value, SCHEMA, ""))]


@pytest.mark.parametrize(
    ("spec", "problems"),
    [
        ({"name": "abc", "port": "http", "replicas": 3, "ratio": 1, "maybe": None, "choice": {"a": "x"}}, []),
        ({"name": "abc", "size": "huge"}, ['spec.size: Unsupported value: "huge": supported values: "small", "large"']),
        (
            {"name": "abc", "replicas": 0},
            ["spec.replicas: Invalid value: 0: spec.replicas in body should be greater than or equal to 1"],
        ),
        (
            {"name": "abc", "replicas": "x"},
            ['spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string"'],
        ),
        ({"name": "abc", "ratio": 0}, ["spec.ratio: Invalid value: 0: spec.ratio in body should be greater than 0"]),
        (
            {"name": "abc", "port": 1.5},
            ['spec.port: Invalid value: "number": spec.port in body must be of type integer,string: "number"'],
        ),
        ({"name": "ABC"}, ["spec.name: Invalid value: \"ABC\": spec.name in body should match '^[a-z]+$'"]),
        ({"name": "a"}, ['spec.name: Invalid value: "a": spec.name in body should be at least 2 chars long']),
        ({"name": "abcdef"}, ["spec.name: Too long: may not be more than 5 bytes"]),
        ({}, ["spec.name: Required value"]),
        (
            {"name": "abc", "when": "yesterday"},
            ['spec.when: Invalid value: "yesterday": spec.when in body must be of type date-time: "yesterday"'],
        ),
        (
            {"name": "abc", "pod": {}},
            ["spec.pod.apiVersion: Required value", "spec.pod.kind: Required value"],
        ),
        (
            {"name": "abc", "ports": [{"port": 1, "protocol": "TCP"}, {"port": 1, "protocol": "TCP"}]},
            ['spec.ports[1]: Duplicate value: {"port":1,"protocol":"TCP"}'],
        ),
        ({"name": "abc", "tags": ["a", "a"]}, ['spec.tags[1]: Duplicate value: "a"']),
        ({"name": "abc", "tags": ["a", "b", "c", "d"]}, ["spec.tags: Too many: 4: must have at most 3 items"]),
        (
            {"name": "abc", "plain": []},
            ["spec.plain: Invalid value: 0: spec.plain in body should have at least 1 items"],
        ),
        (
            {"name": "abc", "plain": ["x"]},
            ['spec.plain[0]: Invalid value: "string": spec.plain[0] in body must be of type integer: "string"'],
        ),
        (
            {"name": "abc", "labels": {"a": "1", "b": "2", "c": "3"}},
            ["spec.labels: Too many: 3: must have at most 2 items"],
        ),
        (
            {"name": "abc", "choice": {}},
            [
                '<nil>: Invalid value: "": "spec.choice" must validate one and only one schema (oneOf). '
                "Found none valid",
                "spec.choice.a: Required value",
            ],
        ),
        (
            {"name": "abc", "choice": {"a": "1", "b": "2"}},
            [
                '<nil>: Invalid value: "": "spec.choice" must validate one and only one schema (oneOf). '
                "Found 2 valid alternatives"
            ],
        ),
        (
            {"name": "abc", "any": 50},
            [
                '<nil>: Invalid value: "": "spec.any" must validate at least one schema (anyOf)',
                "spec.any: Invalid value: 50: spec.any in body should be greater than or equal to 100",
            ],
        ),
        (
            {"name": "abc", "notZero": 0},
            ['<nil>: Invalid value: "": "spec.notZero" must not validate the schema (not)'],
        ),
        ({"name": "abc", "even": 3}, ["spec.even: Invalid value: 3: spec.even in body should be a multiple of 2"]),
        ([1], ['spec: Invalid value: "array": spec in body must be of type object: "array"']),
    ],
)
def test_a_schema_says_what_is_wrong(spec: Any, problems: list[str]) -> None:
    assert errors(spec) == problems


def test_what_an_update_leaves_alone_is_not_judged_again() -> None:
    old = {"name": "TOO LONG", "ports": [{"port": "x", "protocol": "TCP"}]}
    assert errors(old | {"replicas": 2}, old) == []
    assert len(errors(old | {"name": "STILL TOO LONG"}, old)) == 2


def test_what_the_schema_does_not_have_goes_and_is_told() -> None:
    pruner = Pruner()
    given = {
        "kind": "Widget",
        "metadata": {"any": 1},
        "more": 1,
        "spec": {
            "name": "abc",
            "zz": 1,
            "replicas": 2.0,
            "free": {"q": {"r": 1}},
            "ports": [{"port": 1, "oops": 2}],
            "labels": {"k": "v"},
            "pod": {"kind": "Pod", "metadata": {"name": "x", "unknown": 1}, "spec": {"any": 1}},
        },
    }
    kept = pruner.pruned(given, SCHEMA, is_object=True)
    assert kept == {
        "kind": "Widget",
        "metadata": {"any": 1},
        "spec": {
            "name": "abc",
            "replicas": 2,
            "free": {"q": {"r": 1}},
            "ports": [{"port": 1}],
            "labels": {"k": "v"},
            "pod": {"kind": "Pod", "metadata": {"name": "x"}, "spec": {"any": 1}},
        },
    }
    assert pruner.found == ("more", "spec.ports[0].oops", "spec.zz", "spec.pod.metadata.unknown")


def test_defaults_come_where_nothing_is_and_nulls_go_where_they_may_not_be() -> None:
    made = defaulted({"spec": {"size": None, "maybe": None, "even": None, "ports": [{"port": 1}]}}, SCHEMA)
    assert made == {
        "spec": {"size": "small", "maybe": None, "ports": [{"port": 1, "protocol": "TCP"}], "deep": {"level": 3}}
    }
    assert defaulted(made, SCHEMA) is made
    assert defaulted({}, SCHEMA) == {}


def test_what_was_stored_before_a_schema_said_what_it_is_can_still_be_read() -> None:
    stored = {"spec": {"pod": {"kind": "Pod", "metadata": {"labels": 5}}}}
    assert Pruner(is_lenient=True).pruned(stored, SCHEMA)["spec"]["pod"] == {"kind": "Pod", "metadata": {}}
    with pytest.raises(DecodeError):
        Pruner().pruned(stored, SCHEMA)
