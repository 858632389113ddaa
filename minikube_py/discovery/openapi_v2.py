"""OpenAPI v2, made from the v3 documents: what older clients read, and kubectl for a manifest of kind List.

kubectl asks for it in protobuf, to learn whether the server validates fields (a PATCH with the parameter
`fieldValidation`); everybody else gets JSON.

Kubernetes: staging/src/k8s.io/kube-openapi/pkg/{handler,schemaconv}, github.com/google/gnostic-models/openapiv2
Simplified: the protobuf form has the operations without schemas and answers; they are in the JSON form and in v3.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from minikube_py.api.model import Json

PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
ASKED_AS = (PROTOBUF, "application/com.github.proto-openapi.spec.v2@v1.0+protobuf")
"""Clients ask by either name; the second is no media type that may stand in an answer."""
_METHODS = {"get": 2, "put": 3, "post": 4, "delete": 5, "patch": 8}
"""Method -> its field in the message PathItem."""


def openapi_v2(documents: Iterable[dict[str, Any]], schemas: dict[str, Json]) -> dict[str, Any]:
    """One document of all groups; `schemas`: those that are others in this version."""
    paths: dict[str, Json] = {}
    definitions: dict[str, Json] = {}
    for document in documents:
        paths |= {path: _path_item(item) for path, item in document["paths"].items()}
        definitions |= document["components"]["schemas"]
    whole = {"swagger": "2.0", "info": {"title": "Kubernetes", "version": "v1.36"}}
    text = orjson.dumps({**whole, "paths": paths, "definitions": definitions | schemas})
    found: dict[str, Any] = orjson.loads(text.replace(b"#/components/schemas/", b"#/definitions/"))
    return found


def _path_item(item: Mapping[str, Any]) -> Json:
    scope = {"parameters": [_parameter(each) for each in item["parameters"]]} if "parameters" in item else {}
    return {**{method: _operation(item[method]) for method in _METHODS if method in item}, **scope}


def _operation(operation: Mapping[str, Any]) -> Json:
    parameters = [_parameter(each) for each in operation.get("parameters", ())]
    body = operation.get("requestBody")
    if body is not None:
        schema = next(iter(body["content"].values()))["schema"]
        parameters.insert(0, {"name": "body", "in": "body", "schema": schema, "required": body.get("required", False)})
    answered = operation["responses"]["200"]["content"]
    responses = {
        "200": {"description": "OK", "schema": next(iter(answered.values()))["schema"]},
        "401": {"description": "Unauthorized"},
    }
    kept = {name: value for name, value in operation.items() if name.startswith("x-") or name == "operationId"}
    return {**kept, "produces": list(answered), "parameters": parameters, "responses": responses}


def _parameter(parameter: Mapping[str, Any]) -> dict[str, Json]:
    return {**{name: value for name, value in parameter.items() if name != "schema"}, **parameter["schema"]}


def as_protobuf(document: Mapping[str, Any]) -> bytes:
    """The message openapi.v2.Document with what kubectl looks for."""
    info = _text(1, document["info"]["title"]) + _text(2, document["info"]["version"])
    items = [_field(2, _text(1, path) + _field(2, _message(item))) for path, item in document["paths"].items()]
    return _text(1, document["swagger"]) + _field(2, info) + _field(8, b"".join(items))


def _message(item: Mapping[str, Any]) -> bytes:
    return b"".join(
        _field(number, _operation_message(item[method])) for method, number in _METHODS.items() if method in item
    )


def _operation_message(operation: Mapping[str, Any]) -> bytes:
    parts = [_text(5, operation["operationId"])]
    for parameter in operation["parameters"]:
        if parameter["in"] == "query":
            named = _text(2, "query") + _text(4, parameter["name"]) + _text(6, parameter["type"])
            parts.append(_field(8, _field(1, _field(2, _field(3, named)))))
    for name, value in operation.items():
        if name.startswith("x-"):
            # YAML is a superset of JSON.
            parts.append(_field(13, _text(1, name) + _field(2, _text(2, orjson.dumps(value).decode()))))
    return b"".join(parts)


def _text(number: int, text: str) -> bytes:
    return _field(number, text.encode())


def _field(number: int, data: bytes) -> bytes:
    """One length-delimited field of a message."""
    return _varint(number << 3 | 2) + _varint(len(data)) + data


@functools.lru_cache(maxsize=1024)
def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 127:
        encoded.append(number & 127 | 128)
        number >>= 7
    return bytes((*encoded, number))
