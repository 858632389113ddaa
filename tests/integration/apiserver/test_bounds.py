"""How large a request, a patch and an object may be, each with upstream's bound and words."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.api_server import api_server

Json = Any
NAMESPACE = "/api/v1/namespaces/default"
MAPS = f"{NAMESPACE}/configmaps"
MIB = 1 << 20
JSON_PATCH = {"Content-Type": "application/json-patch+json"}
MERGE = {"Content-Type": "application/merge-patch+json"}


def config_map(size: int, **metadata: Json) -> bytes:
    return json.dumps({"metadata": {"name": "c", **metadata}, "data": {"a": "x" * size}}).encode()


async def in_chunks(body: bytes) -> AsyncIterator[bytes]:
    """A body whose length nobody has told beforehand."""
    for start in range(0, len(body), 65536):
        yield body[start : start + 65536]


async def test_a_body_of_more_than_three_mebibytes_is_refused_also_without_a_length() -> None:
    large = config_map(3 * MIB)
    async with api_server() as client:
        await client.post(MAPS, content=config_map(1))
        for answer in (
            await client.post(MAPS, content=large),
            await client.post(MAPS, content=in_chunks(large)),
            await client.patch(f"{MAPS}/c", content=in_chunks(large), headers=MERGE),
            await client.request("DELETE", f"{MAPS}/c", content=large),
        ):
            assert (answer.status_code, answer.json()["reason"]) == (413, "RequestEntityTooLarge")
        small = await client.put(f"{MAPS}/c", content=in_chunks(config_map(1000)))
        assert (small.status_code, len(small.json()["data"]["a"])) == (200, 1000)


@pytest.mark.parametrize(
    ("operations", "code", "said"),
    [
        ([{"op": "add", "path": "/data/a", "value": "1"}] * 10_000, 200, ""),
        (
            [{"op": "add", "path": "/data/a", "value": "1"}] * 10_001,
            413,
            "Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001",
        ),
        ([{"op": "copy", "from": "/data", "path": f"/data/{n}"} for n in range(30)], 413, "3145728 bytes"),
    ],
    ids=["as many operations as may be", "one more", "copies that double"],
)
async def test_a_json_patch_has_bounds(operations: Json, code: int, said: str) -> None:
    async with api_server() as client:
        await client.post(MAPS, content=config_map(1))
        answer = await client.patch(f"{MAPS}/c", json=operations, headers=JSON_PATCH)
        assert answer.status_code == code
        assert said in answer.text


async def test_data_and_annotations_have_bounds() -> None:
    secret = {"metadata": {"name": "s"}, "stringData": {"a": "x" * (MIB + 1)}}
    async with api_server() as client:
        for body, field in (
            (config_map(MIB + 1), "[]"),
            (config_map(1, annotations={"a": "x" * (256 * 1024)}), "metadata.annotations"),
        ):
            refused = await client.post(MAPS, content=body)
            assert (refused.status_code, refused.json()["details"]["causes"][0]["field"]) == (422, field)
        refused = await client.post(f"{NAMESPACE}/secrets", json=secret)
        assert (refused.status_code, refused.json()["details"]["causes"][0]["field"]) == (422, "data")
        for body in (config_map(MIB - 1), config_map(1, annotations={"a": "x" * (256 * 1024 - 1)})):
            assert (await client.post(f"{MAPS}?dryRun=All", content=body)).status_code == 201
