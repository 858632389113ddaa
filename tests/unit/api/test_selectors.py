from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikube_py.api.selectors import (
    EVERYTHING,
    NOTHING,
    FieldRequirement,
    FieldSelector,
    Operator,
    Requirement,
    Selector,
    SelectorError,
    label_selector_from_document,
    parse_field_selector,
    parse_label_selector,
    requirement,
    selector_from_labels,
)

INVALID = "unable to parse requirement: "
WEB = {"app": "web", "tier": "front", "size": "12"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        (" ", True),
        ("app", True),
        ("!app", False),
        ("!canary", True),
        ("app=web", True),
        ("app==web", True),
        ("app = web , tier=front", True),
        ("app=web,tier=back", False),
        ("app!=web", False),
        ("canary!=yes", True),
        ("app in (web,api)", True),
        ("app in(api)", False),
        ("canary in ()", False),
        ("app notin (api)", True),
        ("canary notin (a)", True),
        ("size>11", True),
        ("size>12", False),
        ("size<13", True),
        ("app<13", False),
        ("canary<13", False),
        ("in in (in)", False),
    ],
)
def test_a_label_selector_decides(text: str, expected: bool) -> None:
    assert parse_label_selector(text).matches(WEB) is expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("a gt 1", "unable to parse requirement: found 'gt', expected: in, notin, =, ==, !=, gt, lt"),
        ("a in", "unable to parse requirement: found '' expected: '('"),
        ("a in b", "unable to parse requirement: found 'b' expected: '('"),
        ("a in (", "unable to parse requirement: found '', expected: ',', ')' or identifier"),
        ("a in (!)", "unable to parse requirement: found '!', expected: ',', ')' or identifier"),
        ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
        ("a in (b c)", "unable to parse requirement: found 'c', expected: ',' or ')'"),
        ("a,", "found '', expected: identifier after ','"),
        ("a,,b", "found ',', expected: identifier after ','"),
        (",a", "found ',', expected: !, identifier, or 'end of string'"),
        ("!a=b", "found '=', expected: ',' or 'end of string'"),
        ("!", "unable to parse requirement: found '', expected: identifier"),
        ("a=!b", "unable to parse requirement: found '!', expected: identifier"),
        ("a>x", f"{INVALID}values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer"),
        ("/a", 'unable to parse requirement: <nil>: Invalid value: "/a": prefix part must be non-empty'),
        ("a=" + "b" * 64, f'{INVALID}values[0][a]: Invalid value: "{"b" * 64}": must be no more than 63 bytes'),
    ],
)  # fmt: skip
def test_a_bad_label_selector_is_explained_in_kubectl_s_words(text: str, message: str) -> None:
    with pytest.raises(SelectorError) as caught:
        parse_label_selector(text)
    assert str(caught.value) == message


def test_several_bad_values_are_all_named() -> None:
    with pytest.raises(SelectorError, match=r"^unable to parse requirement: \[values\[0\].*, values\[1\].*\]$"):
        parse_label_selector("a in (-b,-c)")


def test_requirements_are_ordered_by_key_and_values_sorted() -> None:
    assert str(parse_label_selector("z=1,a in (c,b,c),!q,k==2,n>3")) == "a in (b,c),k==2,n>3,!q,z=1"


def test_a_gap_in_a_value_list_is_the_empty_value() -> None:
    for text in ("a in (b,)", "a in (,b)", "a in (,,b)"):
        assert parse_label_selector(text) == Selector((Requirement("a", Operator.IN, ("", "b")),))


def test_document_and_text_give_the_same_selector() -> None:
    document = {
        "matchLabels": {"app": "web"},
        "matchExpressions": [
            {"key": "tier", "operator": "In", "values": ["front", "back"]},
            {"key": "old", "operator": "DoesNotExist"},
            {"key": "size", "operator": "Exists"},
            {"key": "zone", "operator": "NotIn", "values": ["a"]},
        ],
    }
    assert label_selector_from_document(document) == parse_label_selector(
        "app=web,tier in (back,front),!old,size,zone notin (a)"
    )


def test_an_absent_document_selects_nothing_and_an_empty_one_everything() -> None:
    assert label_selector_from_document(None) is NOTHING
    assert not NOTHING.matches(WEB)
    assert not NOTHING.is_everything
    assert label_selector_from_document({}) == EVERYTHING
    assert EVERYTHING.matches({})
    assert EVERYTHING.is_everything


def test_a_document_with_an_unknown_operator_is_refused() -> None:
    with pytest.raises(SelectorError, match=r'^"Gt" is not a valid label selector operator$'):
        label_selector_from_document({"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["1"]}]})


def test_values_are_refused_where_an_operator_takes_none_and_missed_where_it_needs_some() -> None:
    with pytest.raises(SelectorError, match="values set must be empty for exists and does not exist"):
        requirement("a", Operator.EXISTS, ["x"])
    with pytest.raises(SelectorError, match="values set can't be empty"):
        requirement("a", Operator.IN)


def test_a_plain_map_of_labels_is_a_selector() -> None:
    selector = selector_from_labels({"tier": "front", "app": "web"})
    assert selector.matches(WEB)
    assert not selector.matches({"app": "web"})
    assert str(selector) == "app=web,tier=front"


keys = st.from_regex(r"[a-z]([-a-z.]{0,8}[a-z])?(/[A-Za-z0-9]{1,5})?", fullmatch=True).filter(
    lambda key: ".-" not in key and "-." not in key and ".." not in key
)
values = st.from_regex(r"([A-Za-z0-9]([-_.A-Za-z0-9]{0,5}[A-Za-z0-9])?)?", fullmatch=True)
requirements = st.one_of(
    st.builds(requirement, keys, st.sampled_from([Operator.EXISTS, Operator.DOES_NOT_EXIST])),
    st.builds(requirement, keys, st.sampled_from([Operator.IN, Operator.NOT_IN]), st.lists(values, min_size=1)),
    st.builds(
        requirement,
        keys,
        st.sampled_from([Operator.EQUALS, Operator.DOUBLE_EQUALS, Operator.NOT_EQUALS]),
        st.lists(values, min_size=1, max_size=1),
    ),
)


@given(st.lists(requirements, max_size=4))
def test_a_selector_s_text_reads_back_as_itself(parts: list[Requirement]) -> None:
    selector = parse_label_selector(",".join(str(part) for part in parts))
    assert parse_label_selector(str(selector)) == selector
    assert sorted(selector, key=str) == sorted(parts, key=str)


@given(st.lists(requirements, max_size=3), st.dictionaries(keys, values, max_size=3), st.data())
def test_a_selector_chooses_what_each_of_its_parts_chooses(
    parts: list[Requirement], labels: dict[str, str], data: st.DataObject
) -> None:
    for part in parts:
        if data.draw(st.booleans()):
            labels = labels | {part.key: data.draw(st.sampled_from([*part.values, "other"]))}
    wanted = {
        Operator.IN: lambda part: labels.get(part.key) in part.values,
        Operator.NOT_IN: lambda part: labels.get(part.key) not in part.values,
        Operator.EXISTS: lambda part: part.key in labels,
        Operator.DOES_NOT_EXIST: lambda part: part.key not in labels,
    }
    wanted[Operator.EQUALS] = wanted[Operator.DOUBLE_EQUALS] = wanted[Operator.IN]
    wanted[Operator.NOT_EQUALS] = wanted[Operator.NOT_IN]
    selector = parse_label_selector(",".join(map(str, parts)))
    assert selector.matches(labels) == all(wanted[part.operator](part) for part in parts)


@given(st.text(alphabet="ab,=!<>() in\\\n/-é"))
def test_any_text_is_a_selector_or_a_selector_error(text: str) -> None:
    for parse in (parse_label_selector, parse_field_selector):
        with contextlib.suppress(SelectorError):
            assert parse(text).matches({"a": "b"}) in (True, False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("metadata.name=web", True),
        ("metadata.name==web,", True),
        ("metadata.name!=web", False),
        ("metadata.name=web,spec.nodeName=", True),
        ("spec.nodeName!=", False),
        ("metadata.name=api,,spec.nodeName=", False),
    ],
)
def test_a_field_selector_decides(text: str, expected: bool) -> None:
    assert parse_field_selector(text).matches({"metadata.name": "web"}) is expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a", "invalid selector: 'a'; can't understand 'a'"),
        ("a=b,c", "invalid selector: 'a=b,c'; can't understand 'c'"),
        ("a=b=c", "invalid field selector: unescaped character in value: 61"),
        ("a=b\\", "invalid field selector: invalid escape sequence: \\"),
        ("a=b\\x", "invalid field selector: invalid escape sequence: \\x"),
    ],
)
def test_a_bad_field_selector_is_explained(text: str, message: str) -> None:
    with pytest.raises(SelectorError) as caught:
        parse_field_selector(text)
    assert str(caught.value) == message


@given(st.lists(st.builds(FieldRequirement, st.text("ab."), st.text("a,=\\!"), st.booleans())))
def test_a_field_selector_s_text_reads_back_as_itself(parts: list[FieldRequirement]) -> None:
    selector = parse_field_selector(str(FieldSelector(tuple(parts))))
    assert sorted(selector, key=str) == sorted(parts, key=str)
    assert parse_field_selector(str(selector)) == selector


def test_an_index_learns_the_value_that_a_field_must_have() -> None:
    selector = parse_field_selector("spec.nodeName=n1,status.phase!=Failed")
    assert selector.required_value("spec.nodeName") == "n1"
    assert selector.required_value("status.phase") is None
