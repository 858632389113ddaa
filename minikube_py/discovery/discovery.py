"""Discovery: what this server serves, in the plain and the aggregated form.

Kubernetes: staging/src/k8s.io/apiserver/pkg/endpoints/discovery, KEP-3352 (aggregated)
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import orjson

from minikube_py.api.definition import Definition
from minikube_py.api.model import Json
from minikube_py.api.registry import Registry
from minikube_py.api.resource import Resource
from minikube_py.discovery.api_groups import group_order

_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"


@dataclass(frozen=True, slots=True)
class SubresourceInfo:
    """What is said of a subresource: the kind that it takes and gives, and its verbs."""

    name: str
    kind: str
    verbs: tuple[str, ...]
    group: str = ""
    """Group and version of the kind where they are not those of the resource."""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A document as it is answered."""

    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, document: Json) -> Self:
        return cls(orjson.dumps(document))


class Discovery:
    """The documents, made of the kinds that are served at the moment; `subresources` tells those of a kind."""

    def __init__(self, registry: Registry, subresources: Callable[[type[Resource]], Sequence[SubresourceInfo]]) -> None:
        self._subresources = subresources
        self._registry = registry
        self._of_revision = -1
        self._found: dict[tuple[str, str], list[type[Resource]]] = {}

    @property
    def _served(self) -> dict[tuple[str, str], list[type[Resource]]]:
        """(group, version) -> its kinds; sorted anew when kinds have come or gone."""
        if self._of_revision != self._registry.revision:
            self._of_revision, self._found = self._registry.revision, {}
            for resource in sorted(self._registry, key=lambda resource: group_order(resource.definition)):
                definition = resource.definition
                if definition.verbs or self._subresources(resource):
                    self._found.setdefault((definition.group, definition.version), []).append(resource)
        return self._found

    @property
    def addresses(self) -> list[tuple[str, str]]:
        """(group, version) of all that is served, the order in which clients prefer them."""
        return list(self._served)

    @property
    def groups(self) -> dict[str, list[str]]:
        """The named groups with their versions, in that order."""
        found: dict[str, list[str]] = {}
        for group, version in self._served:
            if group:
                found.setdefault(group, []).append(version)
        return found

    @property
    def paths(self) -> list[str]:
        named = []
        for group, versions in self.groups.items():
            named += [f"/apis/{group}", *(f"/apis/{group}/{version}" for version in versions)]
        return ["/api", *(f"/api/{version}" for group, version in self._served if not group), "/apis", *named]

    def find(self, path: str, accept: str) -> Found | None:
        """The document of `/api`, `/api/v1`, `/apis`, `/apis/GROUP` or `/apis/GROUP/VERSION`; None for others."""
        parts = path.strip("/").split("/")
        if parts in (["api"], ["apis"]):
            version = _aggregated_form(accept)
            if version:
                return self._aggregated(parts[0] == "api", version)
            return Found.of(_api_versions() if parts[0] == "api" else self._group_list())
        if parts[0] == "api" and len(parts) == 2 and ("", parts[1]) in self._served:
            return Found.of(self._resource_list("", parts[1]))
        if parts[0] == "apis" and len(parts) == 2:
            versions = self.groups.get(parts[1])
            document = {"kind": "APIGroup", "apiVersion": "v1"}
            return Found.of(document | _group(parts[1], versions)) if versions else None
        if parts[0] == "apis" and len(parts) == 3 and (parts[1], parts[2]) in self._served:
            return Found.of(self._resource_list(parts[1], parts[2]))
        return None

    def _group_list(self) -> Json:
        groups = [_group(group, versions) for group, versions in self.groups.items()]
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
        yield from self._subresources(resource)

    def _aggregated(self, is_core: bool, version: str) -> Found:
        groups = {"": ["v1"]} if is_core else self.groups
        items = [self._aggregated_group(group, versions) for group, versions in groups.items()]
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
        return Found(body, content_type, headers)

    def _aggregated_group(self, group: str, versions: list[str]) -> Json:
        return {
            "metadata": {"name": group} if group else {},
            "versions": [self._aggregated_version(group, version) for version in versions],
        }

    def _aggregated_version(self, group: str, version: str) -> Json:
        served = [resource for resource in self._served[group, version] if resource.definition.verbs]
        resources = [self._aggregated_resource(resource) for resource in served]
        return {"version": version, "resources": resources, "freshness": "Current"}

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
                "responseKind": _kind(info.group, info.version, info.kind)
                if info.version
                else _kind(definition.group, definition.version, info.kind),
                "verbs": list(info.verbs),
            }
            for info in self._infos(resource)
        ]
        if subresources:
            document["subresources"] = subresources
        return document


def _aggregated_form(accept: str) -> str:
    """The version of the aggregated form that the client prefers to the plain one; empty for the plain one."""
    for clause in (accept or "*/*").split(","):
        media_type, *parameters = (part.strip() for part in clause.split(";"))
        values = dict(parameter.partition("=")[::2] for parameter in parameters)
        if media_type not in ("application/json", "*/*", "application/*"):
            continue
        if values.get("as") is None:
            return ""
        if values.get("as") == "APIGroupDiscoveryList" and values.get("v") in ("v2", "v2beta1"):
            return values["v"]
    return ""


def _api_versions() -> Json:
    addresses = [{"clientCIDR": "0.0.0.0/0", "serverAddress": ""}]
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": addresses}


def _group(group: str, versions: list[str]) -> dict[str, Json]:
    served = [{"groupVersion": _group_version(group, version), "version": version} for version in versions]
    return {"name": group, "versions": served, "preferredVersion": served[0]}


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
