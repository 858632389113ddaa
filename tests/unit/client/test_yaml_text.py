"""YAML as kubectl writes it, and nothing but JSON read from it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikube_py.client.yaml_text import dump, load_documents
from minikube_py.errors import ConfigError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1", '"1"\n'),
        ("true", '"true"\n'),
        ("y", '"y"\n'),
        ("null", '"null"\n'),
        ("2026-11-23T16:50:55Z", '"2026-11-23T16:50:55Z"\n'),
        ("25%", "25%\n"),
        ("a: b", "'a: b'\n"),
        ("one\ntwo\n", "|\n  one\n  two\n"),
        ("", '""\n'),
        ({"b": [1, {"c": None}], "a": {}}, "a: {}\nb:\n- 1\n- c: null\n"),
        ({"k10": 1, "k9": 2}, "k9: 2\nk10: 1\n"),
        ({"long": "word " * 20 + "end"}, "long: " + " ".join(["word"] * 16) + "\n  " + "word " * 4 + "end\n"),
    ],
)
def test_values_are_written_as_kubectl_writes_them(value: Any, text: str) -> None:
    assert dump(value) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 014", {"a": 12}),
        ("a: 12:30:45", {"a": "12:30:45"}),
        ("a: 2026-11-23", {"a": "2026-11-23"}),
        ("a: 0x10", {"a": 16}),
        ("a: 1.5", {"a": 1.5}),
        ("a: yes", {"a": True}),
        ("a: ~", {"a": None}),
        ("{}", {}),
    ],
)
def test_only_what_json_can_say_is_read(text: str, value: Any) -> None:
    assert list(load_documents(text)) == [value]


@given(JSON)
def test_what_is_written_is_read_back(value: Any) -> None:
    assert list(load_documents(dump({"value": value}))) == [{"value": value}]


def test_several_documents_are_read_and_empty_ones_left_out() -> None:
    assert list(load_documents("a: 1\n---\n---\nb: 2\n")) == [{"a": 1}, {"b": 2}]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a:\n\tb: 1", "line 2: found character that cannot start any token"),
        ("[" * 5000 + "]" * 5000, "exceeded max depth"),
        ("a: &a [*a]", "anchor 'a' value contains itself"),
        (
            "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
            + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)),
            "excessive aliasing",
        ),
    ],
)
def test_what_would_hurt_is_refused_with_a_reason(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        list(load_documents(text, "x.yaml"))
