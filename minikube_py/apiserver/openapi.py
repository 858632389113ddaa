"""OpenAPI as it is published: v3 as an index of documents by group, each under the hash of its content; v2 as one.

Kubernetes: staging/src/k8s.io/kube-openapi/pkg/handler3, KEP-2896
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import orjson

from minikube_py.api.model import Json
from minikube_py.api.openapi import openapi_v3
from minikube_py.api.registry import Registry
from minikube_py.api.resource import Resource
from minikube_py.apiserver.negotiation import JSON_TYPE
from minikube_py.apiserver.openapi_v2 import ASKED_AS, PROTOBUF, as_protobuf, openapi_v2


@dataclass(frozen=True, slots=True)
class OpenApiDocument:
    body: bytes
    etag: str


def _document(body: bytes) -> OpenApiDocument:
    return OpenApiDocument(body, f'"{hashlib.sha512(body).hexdigest().upper()}"')


class OpenApi:
    """Built group by group when first asked for: most clients want one or two."""

    def __init__(self, registry: Registry) -> None:
        self._resources: dict[str, list[type[Resource]]] = {}
        for resource in registry:
            self._resources.setdefault(resource.definition.base_path.strip("/"), []).append(resource)
        self._documents: dict[str, OpenApiDocument] = {}
        self._version_2: dict[str, OpenApiDocument] = {}

    def index(self) -> Json:
        """`{"paths": {"api/v1": {"serverRelativeURL": "/openapi/v3/api/v1?hash=…"}}}`."""
        paths = {}
        for path in self._resources:
            document = self.document(path)
            assert document is not None
            digest = document.etag.strip('"')
            paths[path] = {"serverRelativeURL": f"/openapi/v3/{path}?hash={digest}"}
        return {"paths": paths}

    def version_2(self, accept: str) -> tuple[OpenApiDocument, str]:
        """The document of all groups, and its media type: protobuf where it is asked for, as kubectl does."""
        media_type = PROTOBUF if any(each in accept for each in ASKED_AS) else JSON_TYPE
        if media_type not in self._version_2:
            found = (self.document(path) for path in self._resources)
            whole = openapi_v2(orjson.loads(each.body) for each in found if each is not None)
            self._version_2[media_type] = _document(
                orjson.dumps(whole) if media_type == JSON_TYPE else as_protobuf(whole)
            )
        return self._version_2[media_type], media_type

    def document(self, path: str) -> OpenApiDocument | None:
        if path not in self._resources:
            return None
        if path not in self._documents:
            resources = self._resources[path]
            definition = resources[0].definition
            body = orjson.dumps(openapi_v3(definition.group, definition.version, resources))
            self._documents[path] = _document(body)
        return self._documents[path]
