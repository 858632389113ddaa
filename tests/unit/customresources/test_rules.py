"""Rules in CEL: where they stand, what they see, and what is said when they do not hold."""

from __future__ import annotations

from typing import Any

import pytest

from minikube_py.api.kinds.apiextensions.json_schema import JSONSchemaProps
from minikube_py.customresources.rules import Rules, cel_name, rule_errors

_FIELDS = {
    "limit": {"type": "integer"},
    "replicas": {"type": "integer"},
    "ratio": {"type": "number"},
    "since": {"type": "string", "format": "date-time"},
    "wait": {"type": "string", "format": "duration"},
    "a-b.c": {"type": "string"},
    "namespace": {"type": "string"},
    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
}


def found(new: Any, old: Any = None, *rules: dict[str, Any], fields: Any = _FIELDS) -> list[str]:
    spec = {"type": "object", "properties": fields, "x-kubernetes-validations": list(rules)}
    schema = JSONSchemaProps.from_dict({"type": "object", "properties": {"spec": spec}})
    before = None if old is None else {"spec": old}
    return [str(error) for error in Rules(schema).errors({"spec": new}, before)]


@pytest.mark.parametrize(
    "rule",
    [
        "self.replicas <= self.limit",
        "self.ratio == 1.0",
        'self.since < timestamp("2030-01-01T00:00:00Z")',
        'self.wait == duration("1m30s")',
        'self.a__dash__b__dot__c == "x" && self.__namespace__ == "y"',
        'self.labels["a-b"] == "c"',
        "!has(self.missing)",
    ],
)
def test_a_rule_sees_values_as_its_schema_says_they_are(rule: str) -> None:
    value = {
        "limit": 5,
        "replicas": 2,
        "ratio": 1,
        "since": "2026-01-01T00:00:00Z",
        "wait": "90s",
        "a-b.c": "x",
        "namespace": "y",
        "labels": {"a-b": "c"},
    }
    assert found(value, None, {"rule": rule}) == []


def test_a_rule_that_does_not_hold_says_so_in_its_own_words() -> None:
    rule = "self.replicas <= self.limit"
    value = {"replicas": 3, "limit": 2}
    assert found(value, None, {"rule": rule}) == [f"spec: Invalid value: failed rule: {rule}"]
    assert found(value, None, {"rule": rule, "message": "too many"}) == ["spec: Invalid value: too many"]
    expression = {"rule": rule, "messageExpression": "'at most ' + string(self.limit)"}
    placed = {"fieldPath": ".replicas", "reason": "FieldValueForbidden"}
    assert found(value, None, expression | placed) == ["spec.replicas: Forbidden: at most 2"]
    assert found({"replicas": 1}, None, {"rule": rule}) == [
        'spec: Invalid value: "object": rule evaluation error: no such key: limit'
    ]


def test_a_rule_of_a_change_is_asked_only_when_there_was_something() -> None:
    rule = {"rule": "self.limit >= oldSelf.limit", "message": "may only grow"}
    assert found({"limit": 1}, None, rule) == []
    assert found({"limit": 2}, {"limit": 1}, rule) == []
    assert found({"limit": 1}, {"limit": 2}, rule) == ["spec: Invalid value: may only grow"]
    first = {"rule": "oldSelf.hasValue() || self.limit == 1", "optionalOldSelf": True, "message": "starts at 1"}
    assert found({"limit": 2}, None, first) == ["spec: Invalid value: starts at 1"]
    assert found({"limit": 2}, {"limit": 1}, first) == []


def test_rules_of_list_elements_find_their_old_state_by_its_keys() -> None:
    item = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "size": {"type": "integer"}},
        "x-kubernetes-validations": [{"rule": "self.size >= oldSelf.size", "message": "shrinks"}],
    }
    disks = {"type": "array", "items": item, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
    old = {"disks": [{"name": "a", "size": 5}, {"name": "b", "size": 1}]}
    new = {"disks": [{"name": "b", "size": 2}, {"name": "a", "size": 4}]}
    assert found(new, old, fields={"disks": disks}) == ["spec.disks[1]: Invalid value: shrinks"]


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ({"rule": ""}, "x.x-kubernetes-validations[0].rule: Required value: rule is not specified"),
        ({"rule": "other == 1"}, "undeclared reference to 'other'"),
        ({"rule": "1 + 1"}, "cel expression must evaluate to a bool"),
        ({"rule": "true", "messageExpression": "1"}, "messageExpression must evaluate to a string"),
        ({"rule": "true", "reason": "Bad"}, 'reason: Unsupported value: "Bad"'),
        ({"rule": "true", "fieldPath": ".zz"}, 'fieldPath: Invalid value: ".zz": must be a valid path'),
    ],
)
def test_a_rule_that_cannot_work_is_found_before_it_is_asked(rule: dict[str, Any], problem: str) -> None:
    schema = JSONSchemaProps.from_dict(
        {"type": "object", "properties": {"a": {"type": "integer"}}, "x-kubernetes-validations": [rule]}
    )
    assert [problem in str(error) for error in rule_errors(schema, "x")] == [True]


def test_names_that_cel_cannot_write_have_a_spelling() -> None:
    assert [cel_name(name) for name in ("a-b", "a.b/c", "a__b", "if", "plain")] == [
        "a__dash__b",
        "a__dot__b__slash__c",
        "a__underscores__b",
        "__if__",
        "plain",
    ]


def test_an_old_value_that_is_no_time_does_not_stop_a_rule() -> None:
    rule = {"rule": "self.limit > 0 || self.since == oldSelf.since"}
    assert found({"limit": 1, "since": "2026-01-01T00:00:00Z"}, {"since": "yesterday"}, rule) == []
