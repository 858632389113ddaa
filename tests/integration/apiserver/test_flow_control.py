"""Flow control as it is seen from outside: defaults, headers, metrics, and a bad user who harms nobody else."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support.api_server import api_server
from tests.support.bad_user import BadUser
from tests.support.eventually import eventually
from tests.support.secure_api_server import BOB_TOKEN, SecureServer, secure_api_server

FLOWS = "/apis/flowcontrol.apiserver.k8s.io/v1"
SCHEMAS, LEVELS = f"{FLOWS}/flowschemas", f"{FLOWS}/prioritylevelconfigurations"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
MAPS = "/api/v1/namespaces/default/configmaps"


async def condition_of(client: httpx.AsyncClient, schema: str) -> dict[str, Any]:
    async def is_told() -> bool:
        return bool((await client.get(f"{SCHEMAS}/{schema}")).json().get("status", {}).get("conditions"))

    await eventually(is_told)
    (condition,) = (await client.get(f"{SCHEMAS}/{schema}")).json()["status"]["conditions"]
    return {key: condition[key] for key in ("type", "status", "reason", "message")}


async def test_every_cluster_has_upstreams_schemas_and_levels() -> None:
    async with api_server() as client:
        assert await condition_of(client, "service-accounts") == {
            "type": "Dangling",
            "status": "False",
            "reason": "Found",
            "message": 'This FlowSchema references the PriorityLevelConfiguration object named "workload-low" '
            "and it exists",
        }
        schemas, levels = [(await client.get(path)).json()["items"] for path in (SCHEMAS, LEVELS)]
        assert {item["metadata"]["name"]: item["spec"]["matchingPrecedence"] for item in schemas} == {
            "exempt": 1,
            "probes": 2,
            "system-leader-election": 100,
            "system-node-high": 400,
            "system-nodes": 500,
            "kube-controller-manager": 800,
            "kube-scheduler": 800,
            "kube-system-service-accounts": 900,
            "service-accounts": 9000,
            "global-default": 9900,
            "catch-all": 10000,
        }
        assert len(levels) == 8
        assert {owner["manager"] for owner in schemas[0]["metadata"]["managedFields"]} == {
            "api-priority-and-fairness-config-producer-v1",
            "api-priority-and-fairness-config-consumer-v1",
        }


async def test_default_objects_come_back_and_are_put_right_unless_they_opt_out() -> None:
    async with api_server() as client:
        await condition_of(client, "global-default")
        uid = (await client.get(f"{LEVELS}/exempt")).json()["metadata"]["uid"]
        (await client.delete(f"{LEVELS}/exempt")).raise_for_status()

        async def is_back() -> bool:
            found = await client.get(f"{LEVELS}/exempt")
            return found.status_code == 200 and found.json()["metadata"]["uid"] != uid

        await eventually(is_back)
        merge = {"Content-Type": "application/merge-patch+json"}
        for annotation, kept in (("false", 77), ("true", 1000)):
            body = {"metadata": {"annotations": {"apf.kubernetes.io/autoupdate-spec": annotation}}}
            change = body | {"spec": {"matchingPrecedence": 77}}
            (await client.patch(f"{SCHEMAS}/service-accounts", json=change, headers=merge)).raise_for_status()

            async def is_so(kept: int = kept) -> bool:
                found = (await client.get(f"{SCHEMAS}/service-accounts")).json()["spec"]["matchingPrecedence"]
                return bool(found == (9000 if kept == 1000 else kept))

            await eventually(is_so)


async def test_answers_and_metrics_say_how_a_request_was_classified() -> None:
    spec = {
        "priorityLevelConfiguration": {"name": "workload-high"},
        "matchingPrecedence": 7,
        "rules": [
            {
                "subjects": [{"kind": "User", "user": {"name": "system:anonymous"}}],
                "resourceRules": [
                    {"verbs": ["list"], "apiGroups": [""], "resources": ["configmaps"], "namespaces": ["*"]}
                ],
            }
        ],
    }
    async with api_server() as client:
        await condition_of(client, "global-default")
        made = await client.post(SCHEMAS, json={"metadata": {"name": "maps"}, "spec": spec})
        await condition_of(client, "maps")
        level = (await client.get(f"{LEVELS}/workload-high")).json()["metadata"]["uid"]
        listed, got = await client.get(MAPS), await client.get(f"{MAPS}/none")
        assert listed.headers["x-kubernetes-pf-flowschema-uid"] == made.json()["metadata"]["uid"]
        assert listed.headers["x-kubernetes-pf-prioritylevel-uid"] == level
        default = (await client.get(f"{SCHEMAS}/global-default")).json()["metadata"]["uid"]
        assert (got.status_code, got.headers["x-kubernetes-pf-flowschema-uid"]) == (404, default)
        metrics = (await client.get("/metrics")).text
    labels = '{flow_schema="maps",priority_level="workload-high"}'
    assert f"apiserver_flowcontrol_dispatched_requests_total{labels} 1.0" in metrics
    assert f"apiserver_flowcontrol_current_executing_requests{labels} 0.0" in metrics
    assert 'apiserver_flowcontrol_nominal_limit_seats{priority_level="workload-high"} 98.0' in metrics
    assert (
        'request_wait_duration_seconds_count{execute="true",flow_schema="maps",priority_level="workload-high"} 1.0'
        in (metrics)
    )


async def test_a_schema_without_its_level_is_said_to_dangle_and_does_not_count() -> None:
    spec = {"priorityLevelConfiguration": {"name": "none"}, "matchingPrecedence": 7}
    async with api_server() as client:
        (await client.post(SCHEMAS, json={"metadata": {"name": "lost"}, "spec": spec})).raise_for_status()
        condition = await condition_of(client, "lost")
    assert (condition["status"], condition["reason"]) == ("True", "NotFound")
    assert condition["message"].endswith('named "none" but there is no such object')


@asynccontextmanager
async def harassed(server: SecureServer) -> AsyncIterator[BadUser]:
    """Bob reads a megabyte on 8 sockets, opens watches on 6, and mumbles on more than he has seats."""
    bob = BadUser(server.url, BOB_TOKEN, server.authority.context(None))
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(bob.repeat("list", MAPS)) for _ in range(8)]
        tasks += [group.create_task(bob.repeat("watch", f"{MAPS}?watch=1", hang_up=True)) for _ in range(6)]
        head = f"POST {MAPS} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {BOB_TOKEN}\r\n"
        tasks += [group.create_task(bob.mumble(head)) for _ in range(25)]
        tasks += [group.create_task(bob.mumble(f"{head}Content-Length: 999\r\n\r\n")) for _ in range(60)]
        try:
            yield bob
        finally:
            for task in tasks:
                task.cancel()


async def test_a_bad_user_harms_nobody_else(tmp_path: Path) -> None:
    async with secure_api_server(tmp_path) as server, _prepared(server) as (carol, node):
        async with harassed(server) as bob:

            async def has_begun() -> bool:
                return min(bob.codes["list", 200], bob.codes["watch", 200]) > 10

            await eventually(has_begun, timeout_s=20)
            lease = (await node.get(f"{LEASES}/n1")).raise_for_status().json()

            async def renew() -> int:
                return (await node.put(f"{LEASES}/n1", json=lease)).status_code

            async def read() -> int:
                return (await carol.get(f"{MAPS}/m0?resourceVersion=0")).status_code

            async def health() -> int:
                return (await carol.get("/readyz")).status_code

            codes = await asyncio.gather(*(_times(10, ask) for ask in (renew, read, health)))
            answered = bob.codes.copy()
        assert codes == [[200] * 10] * 3
        assert set(answered) <= {("list", 200), ("list", 429), ("watch", 200), ("watch", 429)}
        assert bob.refusals_without_hint == 0


async def test_who_fills_his_level_is_told_to_come_back_later() -> None:
    queuing = {"queues": 1, "handSize": 1, "queueLengthLimit": 2}
    limited = {"nominalConcurrencyShares": 1, "limitResponse": {"type": "Queue", "queuing": queuing}}
    rule = {"subjects": [{"kind": "User", "user": {"name": "*"}}]}
    about = {"verbs": ["get"], "apiGroups": [""], "resources": ["configmaps"], "namespaces": ["*"]}
    spec = {"matchingPrecedence": 7, "rules": [rule | {"resourceRules": [about]}]}
    async with api_server() as client:
        level = {"metadata": {"name": "narrow"}, "spec": {"type": "Limited", "limited": limited}}
        schema = {"metadata": {"name": "maps"}, "spec": spec | {"priorityLevelConfiguration": {"name": "narrow"}}}
        for path, body in ((LEVELS, level), (SCHEMAS, schema)):
            (await client.post(path, json=body)).raise_for_status()
        await condition_of(client, "maps")
        # Each waits three seconds for a version that does not come: three have seats, two wait for one.
        later = [asyncio.create_task(client.get(f"{MAPS}/m?resourceVersion=999999999", timeout=30)) for _ in range(10)]
        answers = await asyncio.gather(*later)
        assert (await client.get(MAPS)).status_code == 200
    codes = [answer.status_code for answer in answers]
    assert (codes.count(504), codes.count(429)) == (5, 5)
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.headers["retry-after"] == "1"
    status = refused.json()
    assert (status["kind"], status["reason"], status["code"]) == ("Status", "TooManyRequests", 429)
    assert status["message"] == "Too many requests, please try again later."


async def _times(count: int, ask: Callable[[], Awaitable[int]]) -> list[int]:
    return [await ask() for _ in range(count)]


@asynccontextmanager
async def _prepared(server: SecureServer) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """A megabyte of config maps that bob and carol may read, and a node with a lease: carol's client and the node's."""
    rbac = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:aggregate-to-view"}
    people = [{"kind": "User", "name": name, "apiGroup": role["apiGroup"]} for name in ("bob", "carol")]
    async with contextlib.AsyncExitStack() as stack:
        admin = await stack.enter_async_context(server.named("root", "system:masters"))
        body = {"metadata": {"name": "people"}, "roleRef": role, "subjects": people}
        (await admin.post(rbac, json=body)).raise_for_status()
        for number in range(10):
            big = {"metadata": {"name": f"m{number}"}, "data": {"text": "x" * 100_000}}
            (await admin.post(MAPS, json=big)).raise_for_status()
        carol = await stack.enter_async_context(server.named("carol"))
        node = await stack.enter_async_context(server.named("system:node:n1", "system:nodes"))
        lease = {"metadata": {"name": "n1"}, "spec": {"holderIdentity": "n1"}}
        (await node.post(LEASES, json=lease)).raise_for_status()

        async def is_allowed() -> bool:
            return (await carol.get(f"{MAPS}/m0")).status_code == 200

        await eventually(is_allowed)
        yield carol, node
