"""OpenAPI v3 as it is published: an index of documents by group, each under the hash of its content.

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


@dataclass(frozen=True, slots=True)
class OpenApiDocument:
    body: bytes
    etag: str


class OpenApi:
    """Built group by group when first asked for: most clients want one or two."""

    def __init__(self, registry: Registry) -> None:
        self._resources: dict[str, list[type[Resource]]] = {}
        for resource in registry:
            self._resources.setdefault(resource.definition.base_path.strip("/"), []).append(resource)
        self._documents: dict[str, OpenApiDocument] = {}

    def index(self) -> Json:
        """`{"paths": {"api/v1": {"serverRelativeURL": "/openapi/v3/api/v1?hash=…"}}}`."""
        paths = {}
        for path in self._resources:
            document = self.document(path)
            assert document is not None
            digest = document.etag.strip('"')
            paths[path] = {"serverRelativeURL": f"/openapi/v3/{path}?hash={digest}"}
        return {"paths": paths}

    def document(self, path: str) -> OpenApiDocument | None:
        if path not in self._resources:
            return None
        if path not in self._documents:
            resources = self._resources[path]
            definition = resources[0].definition
            body = orjson.dumps(openapi_v3(definition.group, definition.version, resources))
            self._documents[path] = OpenApiDocument(body, f'"{hashlib.sha512(body).hexdigest().upper()}"')
        return self._documents[path]
