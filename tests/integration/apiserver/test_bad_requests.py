"""Requests made to do harm: each gets a Status of the 400s, and the server goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.support.api_server import api_server

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
JSON, YAML, PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"
MERGE, STRATEGIC = "application/merge-patch+json", "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
UNREADABLE = "the object provided is unrecognized (must be of type ConfigMap): "
NO_KIND = f"{UNREADABLE}couldn't get version/kind; json parse error: "


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with api_server() as client:
        (await client.post(CONFIG_MAPS, json={"metadata": {"name": "e1"}, "data": {"a": "b"}})).raise_for_status()
        yield client


def _nested(levels: int) -> bytes:
    return b'{"data":{"x":' + b'{"a":' * levels + b"1" + b"}" * levels + b"}}"


_LEVELS = [f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)]
ALIAS_BOMB = ("a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(_LEVELS)).encode()

NASTY: list[tuple[str, bytes]] = [
    *(
        (JSON, text)
        for text in (b"null", b"5", b'"x"', b"true", b"  ", b"[null]", b"{} {}", b"\xff\xfe", b"\x1f\x8b\x08")
    ),
    (JSON, b'{"metadata":5}'),
    (JSON, b'{"metadata":null}'),
    (JSON, b'{"kind":5}'),
    (JSON, b'{"apiVersion":["v1"]}'),
    (JSON, b'{"metadata":{"name":"e1","generation":123456789012345678901234567890}}'),
    (JSON, b'{"metadata":{"name":"e1","generation":1e400}}'),
    (JSON, b'{"metadata":{"name":"\xff"}}'),
    (JSON, b'{"metadata":{"name":"e1"},"data":{"a":NaN}}'),
    *((JSON, _nested(levels)) for levels in (190, 300, 1000, 100_000)),
    *(
        (YAML, text)
        for text in (b"", b"null", b"- 1", b"a: b: c", b"\ta: b", b"a: &a [*a]", b"a: *b", b"\xff\xfe", b"{")
    ),
    (YAML, ALIAS_BOMB),
    (YAML, b"[" * 100_000),
    (YAML, b"data: !!binary 5x"),
    (YAML, b"? [a]\n: b"),
    (YAML, b"metadata: {name: e1}\ndata: {a: .nan}"),
    (YAML, b'metadata: {name: "\\ud800"}'),
    *(
        (PROTOBUF, text)
        for text in (b"", b"k8s", b"k8s\0", b"{}", b"k8s\0\x0a\x05abc", b"k8s\0\x12\xff\xff\xff\xff\x0f")
    ),
]


def _shown(value: object) -> str:
    return repr(value)[:40]


def _is_refusal(answer: httpx.Response) -> bool:
    return 400 <= answer.status_code < 500 and answer.json()["kind"] == "Status" and bool(answer.json()["message"])


async def test_no_body_crashes_a_create_or_an_update(client: httpx.AsyncClient) -> None:
    for content_type, body in NASTY:
        headers = {"Content-Type": content_type}
        for method, path in (("POST", CONFIG_MAPS), ("PUT", f"{CONFIG_MAPS}/e1")):
            answer = await client.request(method, path, content=body, headers=headers)
            assert _is_refusal(answer), (method, content_type, body[:60], answer.text[:300])


NASTY_PATCHES = [
    *(b"", b"{", b"5", b'"x"', b"[1]", b"{} {}", b"\xff", b'{"a":nope}', b'{"metadata":null}', b'{"data":5}'),
    *(b'{"metadata":{"generation":1e400}}', b'[{"op":5}]', b'[{"op":"add","path":5}]', b'[{"op":"add"}]'),
    *(_nested(levels) for levels in (190, 300, 1000, 100_000)),
]


@pytest.mark.parametrize("content_type", [MERGE, STRATEGIC, JSON_PATCH])
async def test_no_body_crashes_a_patch(client: httpx.AsyncClient, content_type: str) -> None:
    for body in NASTY_PATCHES:
        answer = await client.patch(f"{CONFIG_MAPS}/e1", content=body, headers={"Content-Type": content_type})
        assert _is_refusal(answer), (body[:60], answer.text[:300])


@pytest.mark.parametrize("content_type", [STRATEGIC, JSON_PATCH])
async def test_the_patch_null_changes_nothing(client: httpx.AsyncClient, content_type: str) -> None:
    answer = await client.patch(f"{CONFIG_MAPS}/e1", content=b"null", headers={"Content-Type": content_type})
    assert (answer.status_code, answer.json()["data"]) == (200, {"a": "b"})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"5", "couldn't get version/kind; json parse error: json: cannot unmarshal number into Go value of type "),
        (b"{", "couldn't get version/kind; json parse error: unexpected end of JSON input"),
        (b'{"gracePeriodSeconds":"x"}', "json: cannot unmarshal string into Go struct field "),
        (b'{"gracePeriodSeconds":99999999999999999999}', "json: cannot unmarshal number "),
        (b'{"preconditions":5}', "json: cannot unmarshal number into Go struct field DeleteOptions.preconditions"),
        (b'{"kind":"Pod","apiVersion":"v1"}', 'no kind "Pod" is registered for version "v1" '),
        (b'{"dryRun":["Some"]}', 'DeleteOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]'),
        (_nested(1000), "couldn't get version/kind; json parse error: "),
    ],
    ids=_shown,
)
async def test_bad_delete_options_delete_nothing(client: httpx.AsyncClient, body: bytes, message: str) -> None:
    for path in (f"{CONFIG_MAPS}/e1", CONFIG_MAPS):
        answer = await client.request("DELETE", path, content=body, headers={"Content-Type": JSON})
        assert _is_refusal(answer)
        assert answer.json()["message"].startswith(message)
    assert (await client.get(f"{CONFIG_MAPS}/e1")).status_code == 200


@pytest.mark.parametrize(
    ("method", "query", "message"),
    [
        ("DELETE", "gracePeriodSeconds=abc", 'strconv.ParseInt: parsing "abc": invalid syntax'),
        ("DELETE", "gracePeriodSeconds=", 'strconv.ParseInt: parsing "": invalid syntax'),
        ("DELETE", "gracePeriodSeconds=1_0", 'strconv.ParseInt: parsing "1_0": invalid syntax'),
        ("DELETE", f"gracePeriodSeconds={'9' * 5000}", f'strconv.ParseInt: parsing "{"9" * 5000}": value out of range'),
        ("GET", "timeoutSeconds=abc", 'strconv.ParseInt: parsing "abc": invalid syntax'),
        ("GET", "watch=true&timeoutSeconds=abc", 'strconv.ParseInt: parsing "abc": invalid syntax'),
        ("GET", "limit=abc", 'strconv.ParseInt: parsing "abc": invalid syntax'),
        ("GET", "limit=%205", 'strconv.ParseInt: parsing " 5": invalid syntax'),
        ("GET", "continue=%ff", "invalid continue token: "),
        ("GET", f"resourceVersion={'9' * 20}", "invalid resource version: "),
        ("GET", "resourceVersion=9223372036854775807&resourceVersionMatch=Exact", "Timeout: Too large"),
    ],
    ids=_shown,
)
async def test_a_bad_option_of_a_query_is_named(
    client: httpx.AsyncClient, method: str, query: str, message: str
) -> None:
    answer = await client.request(method, f"{CONFIG_MAPS}?{query}")
    assert answer.status_code in (400, 504)
    assert answer.json()["message"].startswith(message)


async def test_a_compressed_body_is_read_as_it_stands(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": JSON, "Content-Encoding": "gzip"}
    answer = await client.post(CONFIG_MAPS, content=b'{"metadata":{"name":"x"}}', headers=headers)
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("content_type", "body", "message"),
    [
        (JSON, b'{"metadata":{"name":"abcdefghijklmnopqrstuvwxyz"',
         NO_KIND + 'unexpected end of JSON input ({"metadata":{"name":"abcdefghi ...)'),
        (JSON, b"abcdefghij", NO_KIND + "invalid character 'a' looking for beginning of value (6162636465666768696a)"),
        (YAML, b"a: b: c\n", UNREADABLE + "yaml: mapping values are not allowed in this context (613a20623a20630a)"),
        (PROTOBUF, b"k8s\0\x0a\x05abc", UNREADABLE + "unexpected EOF (6b3873000a05616263)"),
    ],
    ids=["json", "no json", "yaml", "protobuf"],
)  # fmt: skip
async def test_an_unreadable_body_is_shown_by_its_first_bytes(
    client: httpx.AsyncClient, content_type: str, body: bytes, message: str
) -> None:
    answer = await client.post(CONFIG_MAPS, content=body, headers={"Content-Type": content_type})
    assert (answer.status_code, answer.json()["message"]) == (400, message)
