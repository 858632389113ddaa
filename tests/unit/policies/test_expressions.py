"""A policy's expressions: what they may name, which types they write, and what a variable that fails does."""

from __future__ import annotations

import pytest

from minikube_py.expressions.cel import CompileError, EvaluationError
from minikube_py.policies.expressions import Declared, Evaluation
from minikube_py.policies.objects import as_maps, plain

KNOWN = {"object": {"a": 1, "names": ["x", "y"]}, "oldObject": None, "request": {}, "namespaceObject": None}
OBJECTS = Declared(makes_objects=True)


def evaluated(source: str) -> object:
    return plain(Evaluation(KNOWN).value(OBJECTS.compile(source)), "Object")


@pytest.mark.parametrize(
    ("source", "document"),
    [
        ("Object{}", {}),
        ("Object{spec: Object.spec{replicas: object.a + 1}}", {"spec": {"replicas": 2}}),
        (
            "Object { spec :\n  Object . spec { a: 'b}', c: \"Object{d: 1}\" } }",
            {"spec": {"a": "b}", "c": "Object{d: 1}"}},
        ),
        (
            "Object{metadata: Object.metadata{labels: {'spec': 'x'}}} // Object{",
            {"metadata": {"labels": {"spec": "x"}}},
        ),
        ("Object{?spec: optional.none(), ?data: optional.of({'k': 'v'})}", {"data": {"k": "v"}}),
        ("Object{list: object.names.map(n, Object.list{name: n})}", {"list": [{"name": "x"}, {"name": "y"}]}),
        ("Object{a: object.a == 1 ? 'one' : 'two', b: [1, 2][0]}", {"a": "one", "b": 1}),
        (
            "Object{at: timestamp('2026-01-02T03:04:05Z'), wait: duration('90s'), raw: b'ab'}",
            {"at": "2026-01-02T03:04:05Z", "wait": "90s", "raw": "YWI="},
        ),
        ("Object{`a-b`: r'\\d', c: '''x\n\"y'''}", {"a-b": "\\d", "c": 'x\n"y'}),
    ],
)
def test_objects_are_written_field_by_field(source: str, document: object) -> None:
    assert evaluated(source) == document


def test_a_type_has_the_name_of_its_place() -> None:
    with pytest.raises(EvaluationError, match=r'unexpected type name "Object\.foo", expected "Object\.spec"'):
        evaluated("Object{spec: Object.foo{a: 1}}")


def test_what_is_no_json_cannot_stand_in_an_object() -> None:
    with pytest.raises(EvaluationError, match="keys are no strings"):
        evaluated("Object{labels: {1: 'a'}}")
    with pytest.raises(EvaluationError, match="cannot stand in an object"):
        evaluated("Object{kind: type(1)}")


@pytest.mark.parametrize(
    ("source", "place"),
    [
        (
            "Object{spec: foo}",
            "ERROR: <input>:1:14: undeclared reference to 'foo' (in container '')\n | Object{spec: foo}",
        ),
        ("Object{spec: Object.spec{\n  a: 1,\n  b: foo.bar}}", "<input>:3:6: undeclared reference to 'foo' (in"),
        ("[JSONPatch{op: 'add', nosuch: 1}]", "<input>:1:29: undefined field 'nosuch'"),
    ],
)
def test_a_mistake_is_shown_where_it_was_written(source: str, place: str) -> None:
    with pytest.raises(CompileError) as raised:
        OBJECTS.compile(source)
    assert place in str(raised.value)


def test_every_place_of_the_changed_text_stands_for_one_of_the_text() -> None:
    source = "Object{spec: Object.spec{name: 'x', other: [1, {'a': 2}]}}"
    made = as_maps(source)
    places = [made.origin(offset) for offset in range(len(made.text))]
    assert places == sorted(places)
    assert (places[0], places[-1]) == (0, len(source) - 1)
    assert source[made.origin(made.text.index("'x'"))] == "'"


@pytest.mark.parametrize(
    ("declared", "source", "problem"),
    [
        (Declared(), "params.x == 1", "undeclared reference to 'params'"),
        (Declared(), "variables.x == 1", "undeclared reference to 'variables'"),
        (Declared(variables=frozenset({"y"})), "variables.x == 1", "<input>:1:10: undefined field 'x'"),
        (Declared(), "request.nosuch == 'x'", "<input>:1:8: undefined field 'nosuch'"),
        (Declared(), "authorizer.path('/').check('get').allowed()", "undeclared reference to 'authorizer'"),
        (Declared(), "'x'", "must evaluate to bool but got string"),
        (Declared(), "object.a", "must evaluate to bool but got dyn"),
    ],
)
def test_what_is_not_known_is_refused(declared: Declared, source: str, problem: str) -> None:
    with pytest.raises(CompileError) as raised:
        declared.compile(source, "BOOL")
    assert problem in str(raised.value)


def test_a_text_that_looks_like_a_variable_is_a_text() -> None:
    assert Evaluation(KNOWN).value(Declared().compile("'request.nosuch' != 'variables.x'", "BOOL")) is True


def test_variables_build_on_each_other_and_fail_only_those_who_use_them() -> None:
    declared, variables = Declared(variables=frozenset()), {}
    for name, source in (
        ("a", "object.a + 1"),
        ("b", "variables.a * 2"),
        ("bad", "object.b"),
        ("worse", "variables.bad"),
    ):
        variables[name] = declared.compile(source)
        declared = declared.with_variable(name)
    evaluation = Evaluation(KNOWN, variables)
    assert evaluation.value(declared.compile("variables.b == 4 || variables.bad", "BOOL")) is True
    with pytest.raises(EvaluationError) as raised:
        evaluation.value(declared.compile("variables.worse == 1"))
    inner = 'composited variable "bad" fails to evaluate: no such key: b'
    assert str(raised.value) == f'composited variable "worse" fails to evaluate: {inner}'


@pytest.mark.parametrize("doubled", ["variables.v{0} + variables.v{0}", "[variables.v{0}, variables.v{0}]"])
def test_variables_that_double_each_other_come_to_an_end(doubled: str) -> None:
    declared = Declared(variables=frozenset({"v0"}))
    variables = {"v0": Declared().compile("'0123456789'")}
    for index in range(60):
        variables[f"v{index + 1}"] = declared.compile(doubled.format(index))
        declared = declared.with_variable(f"v{index + 1}")
    with pytest.raises(EvaluationError, match="actual cost limit exceeded"):
        Evaluation(KNOWN, variables).value(declared.compile("variables.v60 == ''"))
