"""OpenAPI as it is published: v3 as an index of documents by group, each under the hash of its content; v2 as one.

Kubernetes: staging/src/k8s.io/kube-openapi/pkg/handler3, KEP-2896
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import orjson

from minikube_py.api.model import Json
from minikube_py.api.registry import Registry
from minikube_py.api.resource import Resource
from minikube_py.discovery.openapi import openapi_v3
from minikube_py.discovery.openapi_v2 import ASKED_AS, PROTOBUF, as_protobuf, openapi_v2


@dataclass(frozen=True, slots=True)
class OpenApiDocument:
    body: bytes
    etag: str


def _document(body: bytes) -> OpenApiDocument:
    return OpenApiDocument(body, f'"{hashlib.sha512(body).hexdigest().upper()}"')


_NONE = OpenApiDocument(b"", "")


class OpenApi:
    """Built group by group when first asked for: most clients want one or two; anew where its kinds have changed."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._documents: dict[str, tuple[list[type[Resource]], OpenApiDocument]] = {}
        self._version_2: dict[str, tuple[int, OpenApiDocument]] = {}

    def _resources(self) -> dict[str, list[type[Resource]]]:
        """Path -> its kinds."""
        found: dict[str, list[type[Resource]]] = {}
        for resource in self._registry:
            found.setdefault(resource.definition.base_path.strip("/"), []).append(resource)
        return found

    def index(self) -> Json:
        """`{"paths": {"api/v1": {"serverRelativeURL": "/openapi/v3/api/v1?hash=…"}}}`."""
        paths = {}
        for path in self._resources():
            if document := self.document(path):
                digest = document.etag.strip('"')
                paths[path] = {"serverRelativeURL": f"/openapi/v3/{path}?hash={digest}"}
        return {"paths": paths}

    def version_2(self, accept: str) -> tuple[OpenApiDocument, str]:
        """The document of all groups, and its media type: protobuf where it is asked for, as kubectl does."""
        media_type = PROTOBUF if any(each in accept for each in ASKED_AS) else "application/json"
        of_revision, document = self._version_2.get(media_type, (-1, _NONE))
        revision = self._registry.revision
        if of_revision != revision:
            found = (self.document(path) for path in self._resources())
            own = (resource.published_schema() for resource in self._registry)
            others = {each.name: each.version_2 for each in own if each is not None}
            whole = openapi_v2((orjson.loads(each.body) for each in found if each is not None), others)
            document = _document(orjson.dumps(whole) if media_type != PROTOBUF else as_protobuf(whole))
            self._version_2[media_type] = (revision, document)
        return document, media_type

    def document(self, path: str) -> OpenApiDocument | None:
        resources = self._resources().get(path)
        if resources is None:
            return None
        known, document = self._documents.get(path, ([], _NONE))
        if known != resources:
            definition = resources[0].definition
            document = _document(orjson.dumps(openapi_v3(definition.group, definition.version, resources)))
            self._documents[path] = (resources, document)
        return document
