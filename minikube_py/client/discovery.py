"""Discovery: the kinds that a server has, whether this program knows them or not.

Kubernetes: staging/src/k8s.io/client-go/discovery
Simplified: a resource is known in one version, of those that have it the one that its group prefers.
"""

from __future__ import annotations

from collections.abc import Iterator

from minikube_py.api.definition import Definition
from minikube_py.api.model import Json
from minikube_py.api.status import NotFound
from minikube_py.client.client import Client
from minikube_py.client.request import Request


async def served_definitions(client: Client) -> tuple[Definition, ...]:
    """Every resource of the server, without subresources: names, scope and verbs.

    Raises: ApiError when any group cannot be asked: half an answer would look as if kinds were gone.
    """
    found = list(_definitions("", "v1", await _get(client, "/api/v1")))
    for group in (await _get(client, "/apis"))["groups"]:
        name, preferred = group["name"], group["preferredVersion"]
        known: set[str] = set()
        for version in (preferred, *(each for each in group["versions"] if each != preferred)):
            try:
                document = await _get(client, f"/apis/{version['groupVersion']}")
            except NotFound:
                # Its kinds, which users brought, have gone in the meantime.
                continue
            new = [each for each in _definitions(name, version["version"], document) if each.plural not in known]
            found += new
            known |= {each.plural for each in new}
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
