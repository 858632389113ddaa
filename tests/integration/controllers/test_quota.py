"""Quotas: charged when something is made, refused in upstream's words, and given back by the controller."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from minikube_py.api.kinds.core.config_map import ConfigMap
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.resource_quota import ResourceQuota
from minikube_py.api.kinds.core.service_account import ServiceAccount
from minikube_py.api.meta import DeleteOptions, ObjectMeta
from minikube_py.api.model import replace
from minikube_py.api.status import Forbidden
from minikube_py.client.client import Client
from minikube_py.client.kubeconfig import ClientConfig
from minikube_py.controllers.context import ControllersConfig
from minikube_py.controllers.manager import run
from tests.support.api_server import api_server
from tests.support.eventually import eventually
from tests.support.tasks import running_task


def named(name: str) -> ObjectMeta:
    return ObjectMeta(name=name, namespace="default")


def pod(name: str, **requests: str) -> Pod:
    container = {"name": "c", "image": "i", "resources": {"requests": requests}}
    made = Pod.from_dict({"spec": {"containers": [container], "automountServiceAccountToken": False}})
    return replace(made, metadata=named(name))


def quota(**hard: Any) -> ResourceQuota:
    return replace(ResourceQuota.from_dict({"spec": {"hard": hard}}), metadata=named("q"))


async def used(client: Client) -> dict[str, str]:
    return dict((await client.get(ResourceQuota, "q", namespace="default")).status.used)


async def refusal(client: Client, made: Any) -> str:
    try:
        await client.create(made)
    except Forbidden as error:
        return str(error)
    return "taken"


async def test_a_quota_is_charged_refuses_and_is_given_back() -> None:
    async with api_server() as http, Client.connect(ClientConfig(server=str(http.base_url))) as client:
        await client.create(ServiceAccount(metadata=named("default")))
        await client.create(quota(**{"cpu": "1", "pods": "2", "count/configmaps": "1"}))
        async with running_task(run(client, ControllersConfig(), ("resourcequota",))):
            nothing = {"cpu": "0", "pods": "0", "count/configmaps": "0"}

            async def is_used(expected: dict[str, str]) -> bool:
                return await used(client) == expected

            await eventually(lambda: is_used(nothing))
            await client.create(pod("a", cpu="600m"))
            await client.create(ConfigMap(metadata=named("a")))
            assert await used(client) == {"cpu": "600m", "pods": "1", "count/configmaps": "1"}
            assert await refusal(client, pod("b", cpu="500m")) == (
                'pods "b" is forbidden: exceeded quota: q, requested: cpu=500m, used: cpu=600m, limited: cpu=1'
            )
            assert await refusal(client, pod("b")) == (
                'pods "b" is forbidden: failed quota: q: must specify cpu for: c'
            )
            assert "requested: count/configmaps=1, used: count/configmaps=1" in await refusal(
                client, ConfigMap(metadata=named("b"))
            )
            await client.delete(Pod, "a", namespace="default", options=DeleteOptions(grace_period_seconds=0))
            await client.delete(ConfigMap, "a", namespace="default")
            await eventually(lambda: is_used(nothing))


async def test_of_many_at_once_only_as_many_as_there_is_room_for() -> None:
    async with api_server() as http, Client.connect(ClientConfig(server=str(http.base_url))) as client:
        made = await client.create(quota(**{"count/configmaps": "3"}))
        status = {"hard": made.spec.hard, "used": {"count/configmaps": "0"}}
        await client.update_status(replace(made, status=type(made.status).from_dict(status)))
        answers = await asyncio.gather(*(refusal(client, ConfigMap(metadata=named(f"c{n}"))) for n in range(12)))
        assert answers.count("taken") == 3
        assert await used(client) == {"count/configmaps": "3"}


async def test_a_crowd_is_charged_together(tmp_path: Path) -> None:
    """Each of them alone would conflict with all others, again and again."""
    count, room = 60, 40
    async with api_server(storage=f"sqlite://{tmp_path}/store.db") as http:
        address = ClientConfig(server=str(http.base_url))
        async with (
            Client.connect(address) as client,
            running_task(run(client, ControllersConfig(), ("resourcequota",))),
        ):
            await client.create(ServiceAccount(metadata=named("default")))
            await client.create(quota(pods=str(room)))

            async def is_counted() -> bool:
                return await used(client) == {"pods": "0"}

            await eventually(is_counted)
            before = (await client.get(ResourceQuota, "q", namespace="default")).metadata.resource_version
            told = await asyncio.gather(*(refusal(client, pod(f"p{number}")) for number in range(count)))
            assert told.count("taken") == room
            assert await used(client) == {"pods": str(room)}
            writes = 0
            async with client.watch(ResourceQuota, namespace="default", resource_version=before) as events:
                async for event in events:
                    writes += 1
                    if event.object.status.used["pods"] == str(room):
                        break
            assert writes < room / 2
