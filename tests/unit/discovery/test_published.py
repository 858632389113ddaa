"""OpenAPI documents are made in threads, while kinds come and go."""

from __future__ import annotations

from collections.abc import Iterator

from minikube_py.api.kinds.apps.deployment import Deployment
from minikube_py.api.kinds.core.config_map import ConfigMap
from minikube_py.api.kinds.core.namespace import Namespace
from minikube_py.api.registry import Registry
from minikube_py.api.resource import Resource
from minikube_py.discovery.published import OpenApi


class Changing(Registry):
    """A registry to which a kind is added while somebody goes through it."""

    late: list[type[Resource]]

    def __iter__(self) -> Iterator[type[Resource]]:
        for resource in super().__iter__():
            yield resource
            while self.late:
                self.add(self.late.pop())


def changing() -> Changing:
    registry = Changing([ConfigMap, Namespace])
    registry.late = [Deployment]
    return registry


def test_a_kind_that_comes_while_the_document_is_made_is_in_the_next_one() -> None:
    openapi = OpenApi(changing())
    first, _ = openapi.version_2("")
    assert b"/api/v1/namespaces" in first.body
    assert b"/apis/apps/v1" in openapi.version_2("")[0].body


def test_the_index_is_of_one_moment() -> None:
    openapi = OpenApi(changing())
    assert list(openapi.index()["paths"]) == ["api/v1"]
    assert list(openapi.index()["paths"]) == ["api/v1", "apis/apps/v1"]
