"""Controllers that look at all kinds find those that users bring."""

from __future__ import annotations

import json
from typing import Any

import pytest

from minikube_py.api.definition import Definition
from minikube_py.api.kinds.core.config_map import ConfigMap
from minikube_py.api.kinds.core.namespace import Namespace
from minikube_py.api.meta import ObjectMeta, OwnerReference
from minikube_py.api.status import ApiError, NotFound
from minikube_py.client.client import Client
from minikube_py.client.partial import partial_kind
from minikube_py.client.request import Request
from minikube_py.controllers.garbage_collector import graph
from tests.integration.apiserver.test_custom_resources import DEFINITIONS, definition, version, widget
from tests.support.control_plane import control_plane
from tests.support.eventually import eventually

WIDGET = partial_kind(Definition(group="example.com", version="v1", kind="Widget", plural="widgets"))
OTHER = version("v2", {"type": "object"}, storage=False)
"""A version that the group prefers and that is not the one stored."""


async def post(client: Client, path: str, document: dict[str, Any]) -> Any:
    return (await client.raw(Request("POST", path, body=json.dumps(document).encode()))).json()


async def test_dependents_of_a_custom_object_go_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, "DISCOVERY_PERIOD_S", 0.5)
    async with control_plane(None) as client:
        await post(client, DEFINITIONS, definition(version(), OTHER))

        async def made() -> Any:
            try:
                return await post(client, "/apis/example.com/v1/namespaces/default/widgets", widget("one", name="a"))
            except ApiError:
                return None

        one = await eventually(made)
        owner = OwnerReference(api_version="example.com/v1", kind="Widget", name="one", uid=one["metadata"]["uid"])
        metadata = ObjectMeta(name="owned", namespace="default", owner_references=(owner,))
        await client.create(ConfigMap(metadata=metadata))
        await client.delete(WIDGET, "one", namespace="default")

        async def is_gone() -> bool:
            try:
                await client.get(ConfigMap, "owned", namespace="default")
            except NotFound:
                return True
            return False

        await eventually(is_gone, timeout_s=30)


async def test_a_namespace_takes_its_custom_objects_along() -> None:
    async with control_plane(None) as client:
        await post(client, DEFINITIONS, definition())
        await client.create(Namespace(metadata=ObjectMeta(name="shop")))

        async def made() -> Any:
            try:
                return await post(client, "/apis/example.com/v1/namespaces/shop/widgets", widget("one", name="a"))
            except ApiError:
                return None

        await eventually(made)
        await client.delete(Namespace, "shop")

        async def is_gone() -> bool:
            try:
                await client.get(Namespace, "shop")
            except NotFound:
                return not (await client.list(WIDGET)).items
            return False

        await eventually(is_gone, timeout_s=30)
