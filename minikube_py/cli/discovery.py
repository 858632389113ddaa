"""Asks the server what it serves and finds the resource that a user's word means.

Aggregated discovery needs two requests; a server that does not know it answers with the plain lists instead, which
need one request more for each group version. Nothing is cached on disk: against a server on the same machine both
requests take milliseconds, and a cache that is never stale is no cache.

Kubernetes: client-go discovery, restmapper; KEP-3352 (aggregated discovery).
Simplified: kubectl keeps ~/.kube/cache for six hours.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

from minikube_py.cli.connection import Connection
from minikube_py.cli.errors import CommandError, ServerError

AGGREGATED = (
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"
)


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One kind of object that the server serves, in one version."""

    group: str
    version: str
    plural: str
    kind: str
    is_namespaced: bool
    singular: str = ""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    is_preferred: bool = True

    @property
    def api_version(self) -> str:
        """As manifests spell it: v1, apps/v1."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def full_name(self) -> str:
        """As error texts spell it: pods, deployments.apps."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def singular_name(self) -> str:
        """As results spell it: pod, deployment.apps."""
        one = self.singular or self.kind.lower()
        return f"{one}.{self.group}" if self.group else one

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """The URL path of the collection, of one object, or of its subresource."""
        parts = [f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"]
        if self.is_namespaced and namespace:
            parts.append(f"namespaces/{quote(namespace, safe='')}")
        parts.append(self.plural)
        parts += [quote(part, safe="") for part in (name, subresource) if part]
        return "/".join(parts)


class NoSuchResourceType(CommandError):
    """A word that means nothing that the server serves."""


class Discovery:
    """The served resource types, asked for once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @cached_property
    def all_versions(self) -> tuple[ResourceType, ...]:
        """Every resource of every version, in the server's order of preference."""
        return (*self._read("/api"), *self._read("/apis"))

    @property
    def preferred(self) -> tuple[ResourceType, ...]:
        """Each resource once, in its group's preferred version."""
        return tuple(resource for resource in self.all_versions if resource.is_preferred)

    def find(self, word: str) -> ResourceType:
        """Find what a word means: plural, singular, kind or short name, with .group or .version.group behind it.

        Raises: NoSuchResourceType when the server has no such type.
        """
        found = match(word, self.all_versions)
        if found is None:
            name, _, group = word.partition(".")
            place = f' in group "{group}"' if group else ""
            raise NoSuchResourceType(f'the server doesn\'t have a resource type "{name}"{place}')
        return found

    def category(self, word: str) -> tuple[ResourceType, ...]:
        """List the types of a category such as `all`."""
        return tuple(resource for resource in self.preferred if word in resource.categories)

    def for_kind(self, api_version: str, kind: str) -> ResourceType | None:
        """Find the type of a manifest."""
        for resource in self.all_versions:
            if resource.api_version == api_version and resource.kind == kind:
                return resource
        return None

    def _read(self, root: str) -> list[ResourceType]:
        try:
            document = self._connection.get(root, accept=AGGREGATED)
        except ServerError as error:
            if error.code == 404:
                return []
            raise
        if document.get("kind") == "APIGroupDiscoveryList":
            return [found for group in document.get("items") or [] for found in _aggregated(group)]
        if document.get("kind") == "APIVersions":
            return [found for version in document.get("versions") or [] for found in self._plain("", version, True)]
        listed: list[ResourceType] = []
        for group in document.get("groups") or []:
            preferred = (group.get("preferredVersion") or {}).get("version")
            for version in group.get("versions") or []:
                listed += self._plain(group["name"], version["version"], version["version"] == preferred)
        return listed

    def _plain(self, group: str, version: str, is_preferred: bool) -> list[ResourceType]:
        path = f"/apis/{group}/{version}" if group else f"/api/{version}"
        listed = self._connection.get(path).get("resources") or []
        found = []
        for item in listed:
            if "/" in item["name"]:
                continue
            below = tuple(
                other["name"].partition("/")[2] for other in listed if other["name"].startswith(item["name"] + "/")
            )
            found.append(_resource_type(group, version, item, below, is_preferred))
        return found


def match(word: str, resources: Iterable[ResourceType]) -> ResourceType | None:
    """Pick the first resource that a word means; exact names before short names."""
    listed = tuple(resources)
    name, _, qualifier = word.removesuffix(".").partition(".") if word.count(".") == 1 else word.partition(".")
    for names in (_names, _short_names):
        wanted = name.lower() if names is _names else name
        for resource in listed:
            if not qualifier and wanted in names(resource) and resource.is_preferred:
                return resource
            if qualifier and wanted in names(resource) and _is_qualified_by(resource, qualifier):
                return resource
    return None


def _names(resource: ResourceType) -> tuple[str, ...]:
    return (resource.plural, resource.singular or resource.kind.lower())


def _short_names(resource: ResourceType) -> tuple[str, ...]:
    return resource.short_names


def _is_qualified_by(resource: ResourceType, qualifier: str) -> bool:
    """Whether `.group`, a leading part of the group, or `.version.group` behind the name means this type."""
    if qualifier == f"{resource.version}.{resource.group}":
        return True
    is_its_group = qualifier == resource.group or resource.group.startswith(f"{qualifier}.")
    return resource.is_preferred and is_its_group


def _aggregated(group: Mapping[str, Any]) -> list[ResourceType]:
    name = (group.get("metadata") or {}).get("name", "")
    found: list[ResourceType] = []
    seen: set[str] = set()
    for version in group.get("versions") or []:
        for item in version.get("resources") or []:
            below = tuple(part["subresource"] for part in item.get("subresources") or [])
            plural = item["resource"]
            if not item.get("responseKind", {}).get("kind"):
                continue
            flat = {
                "name": plural,
                "kind": item["responseKind"]["kind"],
                "namespaced": item.get("scope") == "Namespaced",
                "singularName": item.get("singularResource", ""),
                "shortNames": item.get("shortNames"),
                "categories": item.get("categories"),
                "verbs": item.get("verbs"),
            }
            found.append(_resource_type(name, version["version"], flat, below, plural not in seen))
            seen.add(plural)
    return found


def _resource_type(
    group: str, version: str, item: Mapping[str, Any], below: tuple[str, ...], is_preferred: bool
) -> ResourceType:
    return ResourceType(
        group=group,
        version=version,
        plural=item["name"],
        kind=item["kind"],
        is_namespaced=bool(item.get("namespaced")),
        singular=item.get("singularName") or item["kind"].lower(),
        short_names=tuple(item.get("shortNames") or ()),
        categories=tuple(item.get("categories") or ()),
        verbs=tuple(item.get("verbs") or ()),
        subresources=below,
        is_preferred=is_preferred,
    )
