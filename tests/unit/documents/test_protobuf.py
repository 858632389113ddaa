from __future__ import annotations

import base64
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikube_py.documents.protobuf import MAGIC, ProtobufError, decode_protobuf

CONFIG_MAP = (
    "azhzAAoPCgJ2MRIJQ29uZmlnTWFwEp0BCpIBCgFwEgAaB2RlZmF1bHQiACokZjNhOGU4NDgtYjYyMC00ODA4LWJhODMtNDZkOTdlMGEwZTkzMgA4"
    "AEIICN3hkdgGEACKAUsKB3Vua25vd24SBlVwZGF0ZRoCdjEiCAjd4ZHYBhAAMghGaWVsZHNWMToeChx7ImY6ZGF0YSI6eyIuIjp7fSwiZjphIjp7"
    "fX19QgASBgoBYRIBYhoAIgA="
)
"""A ConfigMap as the real API server sent it."""


def varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    encoded = b""
    while number > 127:
        encoded += bytes([number & 127 | 128])
        number >>= 7
    return encoded + bytes([number])


def message(*fields: tuple[int, int | str | bytes | float]) -> bytes:
    """Encode fields by number: numbers as varints, floats in 8 bytes, texts and bytes with their length."""
    encoded = b""
    for number, value in fields:
        if isinstance(value, float):
            encoded += varint(number << 3 | 1) + struct.pack("<d", value)
        elif isinstance(value, int):
            encoded += varint(number << 3) + varint(value)
        else:
            content = value.encode() if isinstance(value, str) else value
            encoded += varint(number << 3 | 2) + varint(len(content)) + content
    return encoded


def body(api_version: str, kind: str, *fields: tuple[int, int | str | bytes | float]) -> bytes:
    return MAGIC + message((1, message((1, api_version), (2, kind))), (2, message(*fields)), (3, ""), (4, ""))


def pod_spec(*fields: tuple[int, int | str | bytes | float]) -> Any:
    return decode_protobuf(body("v1", "Pod", (2, message(*fields))))["spec"]


def test_a_body_of_the_real_server_is_read() -> None:
    document = decode_protobuf(base64.b64decode(CONFIG_MAP))
    assert document["apiVersion"] == "v1"
    assert document["kind"] == "ConfigMap"
    assert document["data"] == {"a": "b"}
    assert document["metadata"]["name"] == "p"
    assert document["metadata"]["creationTimestamp"] == "2026-11-23T16:59:09Z"
    assert document["metadata"]["managedFields"][0]["fieldsV1"] == {"f:data": {".": {}, "f:a": {}}}


def test_members_that_json_has_in_the_parent_move_there() -> None:
    empty_dir = message((1, "v"), (2, message((2, message((1, "Memory"))))))
    key_ref = message((1, message((1, "name"))), (2, "key"), (3, 1))
    probe = message((1, message((2, message((2, message((1, 1), (3, "http"))))))), (4, 10))
    container = message((1, "c"), (7, message((1, "A"), (3, message((3, key_ref))))), (10, probe))
    spec = pod_spec((1, empty_dir), (2, container))
    assert spec["volumes"] == [{"name": "v", "emptyDir": {"medium": "Memory"}}]
    assert spec["containers"][0]["env"] == [
        {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "name", "key": "key", "optional": True}}}
    ]
    assert spec["containers"][0]["livenessProbe"] == {"httpGet": {"port": "http"}, "periodSeconds": 10}


def test_quantities_are_text_and_maps_are_objects() -> None:
    limits = message((1, "cpu"), (2, message((1, "100m"))))
    container = message((8, message((1, limits), (1, message((1, "memory"))))))
    assert pod_spec((2, container))["containers"][0]["resources"] == {"limits": {"cpu": "100m", "memory": "0"}}


def test_numbers_may_be_negative_and_stand_packed() -> None:
    assert pod_spec((4, -1))["terminationGracePeriodSeconds"] == -1
    groups = message((4, 1), (4, varint(2) + varint(300_000)))
    assert pod_spec((14, groups))["securityContext"]["supplementalGroups"] == [1, 2, 300_000]


def test_bytes_are_base64_and_false_stays() -> None:
    document = decode_protobuf(body("v1", "Secret", (2, message((1, "k"), (2, b"\xff\x00"))), (5, 0)))
    assert document == {"apiVersion": "v1", "kind": "Secret", "data": {"k": "/wA="}, "immutable": False}


@pytest.mark.parametrize(
    ("timestamp", "text"),
    [
        (message((1, 1_600_000_000), (2, 5000)), "2020-09-13T12:26:40.000005Z"),
        (message((1, -631_065_600)), "1950-01-02T00:00:00.000000Z"),
        (message((1, -62_135_596_799)), "0001-01-01T00:00:01.000000Z"),
    ],
)
def test_a_time_to_the_microsecond_is_text(timestamp: bytes, text: str) -> None:
    document = decode_protobuf(body("coordination.k8s.io/v1", "Lease", (2, message((3, timestamp)))))
    assert document["spec"] == {"acquireTime": text}


def test_the_zero_time_is_absent() -> None:
    assert decode_protobuf(body("v1", "Pod", (1, message((8, b"")))))["metadata"] == {}


def test_values_that_stand_for_a_message_are_unwrapped() -> None:
    extra = message((1, "scopes"), (2, message((1, "a"), (1, "b"))))
    document = decode_protobuf(body("authorization.k8s.io/v1", "SubjectAccessReview", (2, message((5, extra)))))
    assert document["spec"] == {"extra": {"scopes": ["a", "b"]}}


def test_schemas_of_custom_resources_are_read() -> None:
    schema = message(
        (5, "object"),
        (8, message((1, b'{"a":[1]}'))),
        (9, 1.5),
        (24, message((1, message((5, "string"))))),
        (29, message((1, "p"), (2, message((40, 1))))),
        (30, message((1, 1))),
    )
    version = message((1, "v1"), (4, message((1, schema))))
    document = decode_protobuf(
        body("apiextensions.k8s.io/v1", "CustomResourceDefinition", (2, message((1, "g"), (7, version))))
    )
    assert document["spec"]["versions"][0]["schema"]["openAPIV3Schema"] == {
        "type": "object",
        "default": {"a": [1]},
        "maximum": 1.5,
        "items": {"type": "string"},
        "properties": {"p": {"x-kubernetes-int-or-string": True}},
        "additionalProperties": True,
    }


def test_options_are_found_in_every_group() -> None:
    options = body("apps/v1", "DeleteOptions", (1, 0), (4, "Foreground"))
    assert decode_protobuf(options) == {
        "apiVersion": "apps/v1",
        "kind": "DeleteOptions",
        "gracePeriodSeconds": 0,
        "propagationPolicy": "Foreground",
    }


def test_unknown_fields_are_skipped_whatever_their_wire_type() -> None:
    four_bytes = varint(903 << 3 | 5) + b"1234"
    unknown = message((900, 1), (901, "x"), (902, 1.5)) + four_bytes
    document = decode_protobuf(MAGIC + message((1, message((1, "v1"), (2, "Pod"))), (2, unknown + message((1, b"")))))
    assert document == {"apiVersion": "v1", "kind": "Pod", "metadata": {}}


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"),
        (b"{}", "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"),
        (MAGIC, 'no kind "" is registered for version ""'),
        (body("v1", "Nope"), 'no kind "Nope" is registered for version "v1"'),
        (body("v1", "Pod", (1, 1)), "proto: wrong wireType = 0 for field metadata"),
        (body("v1", "Pod", (1, b"\x0a\x05a")), "unexpected EOF"),
        (body("v1", "Pod", (1, b"\x38" + b"\xff" * 11)), "proto: integer overflow"),
        (body("v1", "Pod", (1, b"\x38\xff")), "unexpected EOF"),
        (body("v1", "Pod", (1, b"\x02\x00")), "proto: meta.v1.ObjectMeta: illegal tag 0 (wire type 2)"),
        (body("v1", "Pod", (1, varint(900 << 3 | 3))), "proto: illegal wireType 3"),
        (body("v1", "Pod", (1, message((1, b"\xff")))), "core.v1.Pod holds text that is not UTF-8"),
        (body("v1", "Pod", (1, message((8, message((1, 1 << 62)))))), f"time {1 << 62} is out of range"),
        (
            MAGIC + message((1, message((1, "v1"), (2, "Pod"))), (3, "gzip")),
            'content encoding "gzip" is not supported',
        ),
    ],
)
def test_malformed_bytes_are_named(data: bytes, error: str) -> None:
    with pytest.raises(ProtobufError) as caught:
        decode_protobuf(data)
    assert str(caught.value).endswith(error)


def test_nesting_has_an_end() -> None:
    schema = message((5, "object"))
    for _ in range(200):
        schema = message((28, schema))
    version = message((4, message((1, schema))))
    with pytest.raises(ProtobufError, match="exceeded max depth"):
        decode_protobuf(body("apiextensions.k8s.io/v1", "CustomResourceDefinition", (2, message((7, version)))))


def test_text_inside_that_is_no_json_is_refused() -> None:
    for text in (b"{", MAGIC + b"{}", b"[" * 100_000):
        with pytest.raises(ProtobufError, match="a JSON text inside the message is malformed"):
            decode_protobuf(body("apps/v1", "ControllerRevision", (2, message((1, text)))))


REAL = base64.b64decode(CONFIG_MAP)


@given(st.integers(0, len(REAL)), st.integers(0, len(REAL) - 1), st.binary(max_size=4))
def test_a_damaged_body_is_a_document_or_a_protobuf_error(end: int, place: int, patch: bytes) -> None:
    damaged = (REAL[:place] + patch + REAL[place + len(patch) :])[: end + len(patch)]
    try:
        document = decode_protobuf(damaged)
    except ProtobufError as error:
        document = {"kind": str(error)}
    assert document["kind"]


@given(st.sampled_from(["Pod", "Service", "Node", "Secret", "Event"]), st.binary(max_size=80))
def test_any_bytes_are_a_document_or_a_protobuf_error(kind: str, data: bytes) -> None:
    try:
        document = decode_protobuf(body("v1", kind, (1, data), (2, data), (3, data)) + data)
    except ProtobufError as error:
        document = {"kind": str(error)}
    assert document["kind"]
