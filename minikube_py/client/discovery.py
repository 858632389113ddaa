"""Discovery: the kinds that a server has, whether this program knows them or not.

Kubernetes: staging/src/k8s.io/client-go/discovery
Simplified: one version a group, the preferred one.
"""

from __future__ import annotations

from collections.abc import Iterator

from minikube_py.api.definition import Definition
from minikube_py.api.model import Json
from minikube_py.client.client import Client
from minikube_py.client.request import Request


async def served_definitions(client: Client) -> tuple[Definition, ...]:
    """Every resource of the server, without subresources: names, scope and verbs.

    Raises: ApiError when any group cannot be asked: half an answer would look as if kinds were gone.
    """
    found = list(_definitions("", "v1", await _get(client, "/api/v1")))
    for group in (await _get(client, "/apis"))["groups"]:
        name, version = group["name"], group["preferredVersion"]["version"]
        found += _definitions(name, version, await _get(client, f"/apis/{name}/{version}"))
    return tuple(found)


async def _get(client: Client, path: str) -> Json:
    return (await client.raw(Request("GET", path))).json()


def _definitions(group: str, version: str, document: Json) -> Iterator[Definition]:
    for resource in document.get("resources") or ():
        if "/" not in resource["name"]:
            yield Definition(
                group=group,
                version=version,
                kind=resource["kind"],
                plural=resource["name"],
                namespaced=resource["namespaced"],
                verbs=tuple(resource["verbs"]),
            )
