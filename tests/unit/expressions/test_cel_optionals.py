"""Optional values: the engine ends the process when one gets into Python, so what could bring one there is refused."""

from __future__ import annotations

import pytest

from minikube_py.expressions.cel import CompileError, Environment, EvaluationError

_ENVIRONMENT = Environment({"o": "ANY"})


@pytest.mark.parametrize(
    "expression",
    [
        "[optional.of(1)].max()",
        "[1].indexOf(optional.of(1))",
        '[1].indexOf({"a": optional.of(1)})',
        "optional.of(1).sign()",
        '{"a": optional.none()}.family()',
        "sets.contains([optional.none()], [1])",
        "o.map(x, optional.of(x))",
        "dyn(optional.of(1)).sign()",
        "[dyn(o.?a)]",
        "(true ? optional.of(1) : dyn(2)).sign()",
        "o.?a.orValue(optional.of(1))",
        "optional.of(optional.of(1)).value()",
        "cel.bind(v, o.?a, [v])",
        "o.?a.optMap(v, optional.of(v))",
        '{"x": {"y": o.?z.a}}',
        '[o[?"a"], 1]',
        'o[?"a"].b',
        'o[?"a"].sign()',
        'cel.bind(v, o[?"a"], [v])',
        '[1].map(x, o[?"a"])',
    ],
)
def test_an_optional_value_that_would_lose_its_type_is_refused(expression: str) -> None:
    with pytest.raises(CompileError, match="an optional value can be an element"):
        _ENVIRONMENT.compile(expression)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("o.?a.orValue(1)", 1),
        ('{?"a": o.?b, ?"c": o.?l}', {"c": [5]}),
        ("[?o.?b, 1]", [1]),
        ("o.?a.?b.hasValue()", False),
        ('o[?"l"].orValue([])', [5]),
        ('o[?"x"][?"y"].orValue(3)', 3),
        ('o[?"x"].?y.hasValue()', False),
        ("cel.bind(v, o.?l, v.orValue([]))", [5]),
        ("o.?a.optMap(v, v + 1).orValue(0)", 0),
        ("o.?a.optFlatMap(v, v.?b).orValue(2)", 2),
        ("o.?a.or(o.?l).orValue([])", [5]),
        ("o.?a == optional.none()", True),
        ("(true ? o.?l : o.?a).hasValue()", True),
        ("o.?l[0].orValue(1)", 5),
        ('o.?l.orValue([]).map(x, {"v": x})', [{"v": 5}]),
    ],
)
def test_optional_values_do_what_they_are_for(expression: str, value: object) -> None:
    assert _ENVIRONMENT.compile(expression).evaluate({"o": {"l": [5]}}) == value


def test_an_optional_value_is_no_result() -> None:
    with pytest.raises(EvaluationError, match="an optional value is no result"):
        _ENVIRONMENT.compile("o.?l").evaluate({"o": {}})


def test_a_complaint_of_the_engine_without_a_place_is_told() -> None:
    with pytest.raises(CompileError, match="expression size exceeds codepoint limit"):
        _ENVIRONMENT.compile("1" + " " * 200_000)
    with pytest.raises(CompileError, match="Syntax error"):
        _ENVIRONMENT.compile("\n")
