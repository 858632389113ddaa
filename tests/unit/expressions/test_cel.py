"""CEL: what expressions say of documents, and what is told when they cannot."""

from __future__ import annotations

import re

import pytest

from minikube_py.expressions.cel import CompileError, Environment, EvaluationError, duration, pattern, timestamp

_ENVIRONMENT = Environment({"self": "ANY", "oldSelf": "ANY", "count": "INT"})
_SELF = {"replicas": 3, "ports": [80, 443], "labels": {"app": "web"}, "size": 2.0}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("self.replicas > oldSelf.replicas", True),
        ("has(self.missing)", False),
        ("self.?missing.orValue(7)", 7),
        ("self.ports.all(port, port < 1000)", True),
        ("self.ports.sum() + self.ports.max() + self.ports.min()", 1046),
        ("self.ports.isSorted() && self.ports.indexOf(443) == 1", True),
        ("self.size == 2", True),
        ('sets.contains(["a", "b"], ["b"])', True),
        ('quantity("1500m") == quantity("1.5")', True),
        ('quantity("1Gi").isGreaterThan(quantity("1G"))', True),
        ('quantity("1").add(quantity("500m")).asApproximateFloat()', 1.5),
        ('url("https://example.com:8080/a?b=c").getPort()', "8080"),
        ('cidr("10.0.0.0/8").containsIP(ip("10.1.2.3"))', True),
        ('isQuantity("much") || isIP("300.1.1.1") || isCIDR("10.0.0.0")', False),
        ('"%s has %d".format([self.labels.app, count])', "web has 5"),
        ('self.since + duration("1h") == timestamp("2026-01-01T01:00:00Z")', True),
        ("self.wait == duration('90s')", True),
    ],
)
def test_an_expression_has_a_value(expression: str, value: object) -> None:
    document = {**_SELF, "since": timestamp("2026-01-01T00:00:00Z"), "wait": duration("1m30s")}
    variables = {"self": document, "oldSelf": {"replicas": 1}, "count": 5}
    assert _ENVIRONMENT.compile(expression).evaluate(variables) == value


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("self.replicas >", "Syntax error"),
        ("other == 1", "undeclared reference to 'other'"),
        ('count + "x" == 1', "found no matching overload for '_+_'"),
        ("count + 1", "must evaluate to a bool"),
    ],
)
def test_a_mistake_is_found_before_anything_is_judged(expression: str, problem: str) -> None:
    with pytest.raises(CompileError, match=re.escape(problem)):
        _ENVIRONMENT.compile(expression, "BOOL")


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("self.missing == 1", "no such key: missing"),
        ("self.replicas.deeper == 1", "no such overload"),
        ("self.ports[2] == 1", "index out of bounds: 2"),
        ("self.replicas / 0 == 1", "division by zero"),
        ('quantity("much") == quantity("1")', "quantities must match"),
        ("quantity('1').isLessThan(self.labels)", "no such overload"),
    ],
)
def test_an_expression_without_a_value_says_why(expression: str, problem: str) -> None:
    with pytest.raises(EvaluationError, match=re.escape(problem)):
        _ENVIRONMENT.compile(expression).evaluate({"self": {**_SELF, "labels": {}}, "oldSelf": {}, "count": 0})


def test_an_expression_that_goes_on_for_long_is_ended() -> None:
    program = _ENVIRONMENT.compile("self.all(x, self.all(y, x + y >= 0))")
    with pytest.raises(EvaluationError, match="cost limit exceeded"):
        program.evaluate({"self": list(range(1000)), "oldSelf": {}, "count": 0})


def test_patterns_are_go_s() -> None:
    assert pattern("^a+$").evaluate({"text": "aaa"}) is True
    assert pattern("b").evaluate({"text": "abc"}) is True
    with pytest.raises(CompileError, match="missing \\)"):
        pattern("(")
