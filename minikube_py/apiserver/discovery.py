"""Discovery: what this server serves, in the plain and the aggregated form.

Kubernetes: staging/src/k8s.io/apiserver/pkg/endpoints/discovery, KEP-3352 (aggregated)
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable

import orjson

from minikube_py.api.definition import Definition
from minikube_py.api.model import Json
from minikube_py.api.registry import Registry
from minikube_py.api.resource import Resource
from minikube_py.api.status import NotAcceptable
from minikube_py.apiserver.answers import Answer, json_answer
from minikube_py.apiserver.subresources.registry import SubresourceInfo, SubresourceRegistry

_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"


class Discovery:
    """The documents, built once: kinds do not come and go while the server runs."""

    def __init__(self, registry: Registry, subresources: SubresourceRegistry) -> None:
        self._subresources = subresources
        self._served: dict[tuple[str, str], list[type[Resource]]] = {}
        for resource in registry:
            definition = resource.definition
            if definition.verbs or self._subresources.of(resource):
                self._served.setdefault((definition.group, definition.version), []).append(resource)

    @property
    def groups(self) -> list[tuple[str, str]]:
        """(group, version) of the named groups, the order in which clients prefer them."""
        return [address for address in self._served if address[0]]

    @property
    def paths(self) -> list[str]:
        named = [path for group, version in self.groups for path in (f"/apis/{group}", f"/apis/{group}/{version}")]
        return ["/api", *(f"/api/{version}" for group, version in self._served if not group), "/apis", *named]

    def answer(self, path: str, accept: str) -> Answer | None:
        """The document of `/api`, `/api/v1`, `/apis`, `/apis/GROUP` or `/apis/GROUP/VERSION`; None for others."""
        parts = path.strip("/").split("/")
        if parts in (["api"], ["apis"]):
            version = _aggregated_version(accept)
            if version:
                return self._aggregated(parts[0] == "api", version)
            return json_answer(_api_versions() if parts[0] == "api" else self._group_list())
        if parts[0] == "api" and len(parts) == 2 and ("", parts[1]) in self._served:
            return json_answer(self._resource_list("", parts[1]))
        if parts[0] == "apis" and len(parts) == 2:
            found = next((address for address in self.groups if address[0] == parts[1]), None)
            return json_answer({"kind": "APIGroup", "apiVersion": "v1", **_group(*found)}) if found else None
        if parts[0] == "apis" and len(parts) == 3 and (parts[1], parts[2]) in self._served:
            return json_answer(self._resource_list(parts[1], parts[2]))
        return None

    def _group_list(self) -> Json:
        groups = [_group(group, version) for group, version in self.groups]
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}

    def _resource_list(self, group: str, version: str) -> Json:
        resources: list[Json] = []
        for resource in self._served[group, version]:
            definition = resource.definition
            if definition.verbs:
                resources.append(_resource(definition))
            for info in self._infos(resource):
                resources.append(_subresource(definition, info))
        document = {"kind": "APIResourceList", **({"apiVersion": "v1"} if group else {})}
        return {**document, "groupVersion": _group_version(group, version), "resources": resources}

    def _infos(self, resource: type[Resource]) -> Iterable[SubresourceInfo]:
        definition = resource.definition
        if definition.has_status and "update" in definition.verbs:
            yield SubresourceInfo("status", definition.kind, ("get", "patch", "update"))
        yield from (subresource.info for subresource in self._subresources.of(resource))

    def _aggregated(self, is_core: bool, version: str) -> Answer:
        addresses = [("", v) for g, v in self._served if not g] if is_core else self.groups
        items = [self._aggregated_group(group, v) for group, v in addresses]
        document = {
            "kind": "APIGroupDiscoveryList",
            "apiVersion": f"apidiscovery.k8s.io/{version}",
            "metadata": {},
            "items": items,
        }
        body = orjson.dumps(document)
        etag = hashlib.sha512(body).hexdigest().upper()
        content_type = _AGGREGATED.format(version=version)
        headers = (("Cache-Control", "public"), ("ETag", f'"{etag}"'), ("Vary", "Accept"))
        return Answer(body, content_type=content_type, headers=headers)

    def _aggregated_group(self, group: str, version: str) -> Json:
        resources = [
            self._aggregated_resource(resource)
            for resource in self._served[group, version]
            if resource.definition.verbs
        ]
        versions = [{"version": version, "resources": resources, "freshness": "Current"}]
        return {"metadata": {"name": group, "creationTimestamp": None}, "versions": versions}

    def _aggregated_resource(self, resource: type[Resource]) -> Json:
        definition = resource.definition
        document: dict[str, Json] = {
            "resource": definition.plural,
            "responseKind": _kind(definition.group, definition.version, definition.kind),
            "scope": "Namespaced" if definition.namespaced else "Cluster",
            "singularResource": definition.singular,
            "verbs": list(definition.verbs),
        }
        if definition.short_names:
            document["shortNames"] = list(definition.short_names)
        if definition.categories:
            document["categories"] = list(definition.categories)
        subresources = [
            {
                "subresource": info.name,
                "responseKind": _kind(info.group, info.version or definition.version, info.kind)
                if info.version
                else _kind(definition.group, definition.version, info.kind),
                "verbs": list(info.verbs),
            }
            for info in self._infos(resource)
        ]
        if subresources:
            document["subresources"] = subresources
        return document


def _aggregated_version(accept: str) -> str:
    """The version of the aggregated form that the client prefers to the plain one; empty for the plain one.

    Raises: NotAcceptable when it takes neither.
    """
    for clause in (accept or "*/*").split(","):
        media_type, *parameters = (part.strip() for part in clause.split(";"))
        values = dict(parameter.partition("=")[::2] for parameter in parameters)
        if media_type not in ("application/json", "*/*", "application/*"):
            continue
        if values.get("as") is None:
            return ""
        if values.get("as") == "APIGroupDiscoveryList" and values.get("v") in ("v2", "v2beta1"):
            return values["v"]
    if "application/vnd.kubernetes.protobuf" in accept or "application/yaml" in accept:
        return ""
    raise NotAcceptable("only the following media types are accepted: application/json", details={})


def _api_versions() -> Json:
    addresses = [{"clientCIDR": "0.0.0.0/0", "serverAddress": ""}]
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": addresses}


def _group(group: str, version: str) -> dict[str, Json]:
    served = {"groupVersion": _group_version(group, version), "version": version}
    return {"name": group, "versions": [served], "preferredVersion": served}


def _resource(definition: Definition) -> Json:
    document: dict[str, Json] = {
        "name": definition.plural,
        "singularName": definition.singular,
        "namespaced": definition.namespaced,
        "kind": definition.kind,
        "verbs": list(definition.verbs),
    }
    if definition.short_names:
        document["shortNames"] = list(definition.short_names)
    if definition.categories:
        document["categories"] = list(definition.categories)
    if "get" in definition.verbs:
        identity = f"{definition.group}/{definition.version}/{definition.kind}"
        document["storageVersionHash"] = base64.b64encode(hashlib.sha256(identity.encode()).digest()[:8]).decode()
    return document


def _subresource(definition: Definition, info: SubresourceInfo) -> Json:
    document: dict[str, Json] = {
        "name": f"{definition.plural}/{info.name}",
        "singularName": "",
        "namespaced": definition.namespaced,
        "kind": info.kind,
        "verbs": list(info.verbs),
    }
    if info.version:
        document |= {"group": info.group, "version": info.version}
    return document


def _group_version(group: str, version: str) -> str:
    return f"{group}/{version}" if group else version


def _kind(group: str, version: str, kind: str) -> Json:
    return {"group": group, "version": version, "kind": kind}
