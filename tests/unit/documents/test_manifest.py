from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minikube_py.documents.manifest import (
    ManifestError,
    dump_yaml,
    load_all_yaml,
    load_yaml_strict,
    parse_json_strict,
)


def yaml_value(text: str) -> Any:
    return load_yaml_strict(f"v: {text}".encode())[0]["v"]


def test_json_is_read_and_fields_that_stand_twice_are_named_in_their_order() -> None:
    text = (
        b'{"metadata":{"labels":{"a":"1","a":"2"},"owners":[{"uid":"1","uid":"2"}],"name":"x","name":"y"},'
        b'"data":{"k":1},"data":{"q":{"z":1,"z":2}}}'
    )
    assert parse_json_strict(text) == (
        {"metadata": {"labels": {"a": "2"}, "owners": [{"uid": "2"}], "name": "y"}, "data": {"q": {"z": 2}}},
        ("metadata.labels.a", "metadata.owners[0].uid", "metadata.name", "data", "data.q.z"),
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b" \n{} ", {}),
        (b"[9223372036854775807,-9223372036854775808]", [9223372036854775807, -9223372036854775808]),
        (b"[9223372036854775808, 1e3]", [9.223372036854775808e18, 1000.0]),
        (b'["\\ud800", "\\ud83d\\ude00"]', ["\ufffd", "\U0001f600"]),
        (b'{"\\udc00":1}', {"\ufffd": 1}),
        (b'"\xff\xfe"', "\ufffd\ufffd"),
    ],
)
def test_what_is_read_can_be_written_again(text: bytes, value: object) -> None:
    document = parse_json_strict(text)[0]
    assert document == value
    assert json.dumps(orjson.loads(orjson.dumps(document))) == json.dumps(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "unexpected end of JSON input"),
        (b'{"a":', "unexpected end of JSON input"),
        (b'{"a":"x', "unexpected end of JSON input"),
        (b"nul", "invalid character ' ' in literal null (expecting 'l')"),
        (b'{"a":tru}', "invalid character '}' in literal true (expecting 'e')"),
        (b'{"a":}', "invalid character '}' looking for beginning of value"),
        (b"{a:1}", "invalid character 'a' looking for beginning of object key string"),
        (b'{"a":1,}', "invalid character '}' looking for beginning of object key string"),
        (b'{"a" 1}', "invalid character '1' after object key"),
        (b'{"a":1 "b"}', "invalid character '\"' after object key:value pair"),
        (b"[1 2]", "invalid character '2' after array element"),
        (b"[1,]", "invalid character ']' looking for beginning of value"),
        (b"{}}", "invalid character '}' after top-level value"),
        (b'"\\x"', "invalid character 'x' in string escape code"),
        (b'"\\u12"', "invalid character '\"' in \\u hexadecimal character escape"),
        (b'"\n"', "invalid character '\\n' in string literal"),
        (b'"\x00"', "invalid character '\\x00' in string literal"),
        (b"-", "invalid character ' ' in numeric literal"),
        (b"01", "invalid character '1' after top-level value"),
        (b"1.x", "invalid character 'x' after decimal point in numeric literal"),
        (b"1.5e-x", "invalid character 'x' in exponent of numeric literal"),
        (b"NaN", "invalid character 'N' looking for beginning of value"),
        (b"\xef\xbb\xbf{}", "invalid character 'ï' looking for beginning of value"),
        (b"[" * 201 + b"]" * 201, "invalid character '[' exceeded max depth"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "invalid character '{' exceeded max depth"),
        (b"1e400", "json: cannot unmarshal number 1e400 into Go value of type float64"),
        (b"1" * 5000, f"json: cannot unmarshal number {'1' * 40} into Go value of type float64"),
    ],
)  # fmt: skip
def test_bad_json_is_explained_in_the_words_of_go(text: bytes, message: str) -> None:
    with pytest.raises(ManifestError) as caught:
        parse_json_strict(text)
    assert str(caught.value) == message


def test_two_hundred_levels_are_fine_however_broad_the_document() -> None:
    text = b"[" * 199 + b"[[],[]]" + b"]" * 199
    with pytest.raises(ManifestError, match="exceeded max depth"):
        parse_json_strict(text)
    assert parse_json_strict(b"[" * 199 + b"[]" + b"]" * 199)[1] == ()
    assert len(parse_json_strict(b"[" + b",".join([b"{}"] * 1000) + b"]")[0]) == 1000


@given(st.text(alphabet='{}[]:,"\\ua1e.-+tn ', max_size=20))
def test_any_text_is_json_or_an_explained_error(text: str) -> None:
    try:
        expected: Any = json.loads(text)
    except ValueError:
        with pytest.raises(ManifestError, match=r"invalid character|unexpected end"):
            parse_json_strict(text.encode())
    else:
        assert parse_json_strict(text.encode())[0] == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((word, True) for word in ("yes", "on", "y", "TRUE", "On")),
        *((word, False) for word in ("no", "off", "n", "False", "N")),
        *((word, None) for word in ("", "~", "null", "Null")),
        *((word, word) for word in ("yEs", "nUll", "2001-01-01", "190:20:30", "1.2.3", "1e400", "0b2", "=", "a b")),
        ("014", 12),
        ("0o14", 12),
        ("-014", -12),
        ("0x1F", 31),
        ("0b11", 3),
        ("1_000", 1000),
        ("+1", 1),
        ("08", 8),
        ("9223372036854775808", 9.223372036854775808e18),
        ("1.0", 1),
        ("1e3", 1000),
        (".5", 0.5),
        ("5.", 5),
        ("1.5e-7", 1.5e-7),
        ("'1'", "1"),
        ("!!str 1", "1"),
        ("!!int '1'", 1),
        ("!!bool 'yes'", True),
        ("!!binary aGk=", "hi"),
        ("!foo 1", "1"),
        ("{1: a, true: b, 1.5: c, 0x10: d}", {"1": "a", "true": "b", "1.5": "c", "16": "d"}),
    ],
)
def test_yaml_scalars_mean_what_kubernetes_takes_them_for(text: str, value: object) -> None:
    result = yaml_value(text)
    assert result == value
    assert type(result) is type(value)


def test_aliases_and_merge_keys_are_resolved() -> None:
    text = "a: &a {x: 1, k: 2}\nb: *a\nc: {<<: *a, k: 3}\nd: {<<: [{x: 4}, *a], z: 5}\n"
    assert load_yaml_strict(text.encode())[0] == {
        "a": {"x": 1, "k": 2},
        "b": {"x": 1, "k": 2},
        "c": {"x": 1, "k": 3},
        "d": {"x": 4, "k": 2, "z": 5},
    }


def test_fields_that_stand_twice_in_yaml_are_named() -> None:
    text = b"a: {b: 1, b: 2}\nc:\n- d: 1\n  d: 2\na: 3\n"
    assert load_yaml_strict(text) == ({"a": 3, "c": [{"d": 2}]}, ("a.b", "c[0].d", "a"))


def test_a_stream_holds_several_documents_and_empty_ones_do_not_count() -> None:
    stream = "---\na: 1\n---\n---\n# nothing\n---\n- 2\n...\n"
    assert [document for document, _ in load_all_yaml(stream)] == [{"a": 1}, [2]]
    with pytest.raises(ManifestError, match="one document was expected, there are 2"):
        load_yaml_strict(stream.encode())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("k: 1\na: b: c", "yaml: line 2: mapping values are not allowed in this context"),
        ("a: b: c", "yaml: mapping values are not allowed in this context"),
        ("k: 1\na:\n\tb: c", "yaml: line 3: found character that cannot start any token"),
        ("k: 1\na: {b: c\n", "yaml: line 2: did not find expected ',' or '}'"),
        ("a: \x01", "yaml: control characters are not allowed"),
        ("a: *b", "yaml: unknown anchor 'b' referenced"),
        ("a: &a [*a]", "yaml: anchor 'a' value contains itself"),
        ("a: {<<: 1}", "yaml: map merge requires map or sequence of maps as the value"),
        ("a: {[1]: 1}", "yaml: the name of a field must be text, a number or a boolean"),
        ("a: {~: 1}", "yaml: the name of a field must be text, a number or a boolean"),
        ("a: .inf", "json: unsupported value: .inf"),
        ("a: !!binary '*'", "yaml: !!binary value contains invalid base64 data"),
        ("[" * 201 + "]" * 201, "exceeded max depth"),
    ],
)
def test_bad_yaml_is_explained(text: str, message: str) -> None:
    with pytest.raises(ManifestError) as caught:
        list(load_all_yaml(text))
    assert str(caught.value) == message


def test_aliases_cannot_make_much_out_of_little() -> None:
    laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
    )
    tower = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 300))
    for bomb in (laughs, tower):
        with pytest.raises(ManifestError, match="excessive aliasing"):
            list(load_all_yaml(bomb))


def test_yaml_is_written_as_kubectl_prints_it() -> None:
    document = {
        "kind": "ConfigMap",
        "apiVersion": "v1",
        "data": {
            "k10": "1",
            "k9": "yes",
            "k1": "a b",
            "": "",
            "t": "2026-11-23T16:50:55Z",
            "o": "0o8",
            "text": "a\nb\n",
        },
        "list": [1, {"b": [[1], []], "a": {}}, None, True, 1.5, 1e30, 2.0],
        "long": "x " * 60 + "x",
    }
    assert dump_yaml(document) == (
        "apiVersion: v1\n"
        "data:\n"
        '  "": ""\n'
        "  k1: a b\n"
        '  k9: "yes"\n'
        '  k10: "1"\n'
        "  o: 0o8\n"
        '  t: "2026-11-23T16:50:55Z"\n'
        "  text: |\n"
        "    a\n"
        "    b\n"
        "kind: ConfigMap\n"
        "list:\n"
        "- 1\n"
        "- a: {}\n"
        "  b:\n"
        "  - - 1\n"
        "  - []\n"
        "- null\n"
        "- true\n"
        "- 1.5\n"
        "- 1e+30\n"
        "- 2\n"
        f"long: {'x ' * 37}x\n"
        f"  {'x ' * 22}x\n"
    )


def test_names_are_sorted_with_numbers_by_value_and_letters_last() -> None:
    names = ["", "*", "~", "1", "K1", "a-b", "a_b", "a1", "a1b", "a01b", "aB", "apiVersion", "k9", "k10", "é"]
    assert list(load_yaml_strict(dump_yaml(dict.fromkeys(reversed(names), 1)).encode())[0]) == names


json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=30),
        st.from_regex(r"[-+]?(0[xob]?)?[0-9_.:eE+-]{0,8}", fullmatch=True),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=15,
)


@given(json_values.filter(lambda value: value is not None))
@example({"k": "\x85a\u2028 \u2029"})
@example({"multi\nline": {"y": "<<", "<<": "on"}})
@example(["x " * 100 + " y", "a  " * 100, "- " * 90, ": " * 90, "# " * 90])
def test_what_was_written_reads_back(value: Any) -> None:
    read, doubled = load_yaml_strict(dump_yaml(value).encode())
    assert read == value
    assert doubled == ()


@given(st.text(alphabet="ab:-[]{}&*!|>'\"%@`#,?~<\n 01.\t", max_size=40))
def test_any_text_is_yaml_or_a_manifest_error(text: str) -> None:
    try:
        documents = list(load_all_yaml(text))
    except ManifestError as error:
        assert str(error)  # noqa: PT017 - both ends are fine, a crash is not
    else:
        assert orjson.dumps([document for document, _ in documents])
