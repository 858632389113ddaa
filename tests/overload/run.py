"""One scene of overload: a cluster as `minikube-py start` makes it, a bad user, and those who must not notice."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.client import Endpoint
from benchmarks.cluster import Cluster, running_cluster
from minikube_py.admission.event_rate_limit import AT_ONCE, PER_S
from minikube_py.cluster.pki import Authority, Identity
from tests.overload.bad import EVENTS, MAPS, PODS, QUOTED
from tests.overload.innocents import NODE_LEASES, Client, Innocents, Leases, endpoint_of
from tests.overload.promises import Line, lines
from tests.support.eventually import eventually

ROOT = Path(__file__).parents[2]
QUOTA = 500
USUAL_S = 3.0
_SETTLING_S = 5.0


@dataclass(frozen=True, slots=True)
class Kind:
    """What a bad user does. `check` is what is promised of that besides."""

    name: str
    does: tuple[str, ...]
    check: Callable[[Stage, dict[str, Any], float], Awaitable[list[Line]]]


@dataclass(frozen=True, slots=True)
class Stage:
    cluster: Cluster
    admin: Client
    innocents: Innocents
    leases: Leases


@dataclass(frozen=True, slots=True)
class Report:
    head: str
    lines: tuple[Line, ...]

    @property
    def is_kept(self) -> bool:
        return all(line.is_kept for line in self.lines)

    def __str__(self) -> str:
        return "\n".join((self.head, *map(str, self.lines)))


@asynccontextmanager
async def stage(store: str, *, processes: bool) -> AsyncIterator[Stage]:
    """A cluster whose pods are simulated, what everybody needs in it, and the innocents at work."""
    flags = (f"--store={store}", *(("--processes",) if processes else ()))
    async with running_cluster("simulated", *flags) as cluster:
        port, folder = cluster.endpoint.port, cluster.folder
        authority = Authority(folder / "pki", "ca")
        for name, groups in (("bob", ()), ("carol", ()), ("node", ("system:nodes",))):
            authority.issue(Identity(name, "system:node:busy" if groups else name, groups))
        admin = Client(cluster.endpoint)
        await _prepare(admin)
        carol, node = (endpoint_of(port, folder, name) for name in ("carol", "node"))
        innocents = Innocents(carol, node, endpoint_of(port, folder), cluster.pids_by_name["apiserver"])
        leases = Leases(Endpoint("127.0.0.1", port, tls=cluster.endpoint.tls))
        following = asyncio.create_task(leases.follow())
        try:
            async with innocents.at_work():
                yield Stage(cluster, admin, innocents, leases)
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following


async def _prepare(admin: Client) -> None:
    """A megabyte of config maps, a flooded and a quoted namespace, rights, and a node's lease."""
    group = "rbac.authorization.k8s.io"
    rules = [{"apiGroups": [""], "resources": ["configmaps", "events", "pods"], "verbs": ["*"]}]
    people = [{"kind": "User", "name": name, "apiGroup": group} for name in ("bob", "carol")]
    role = {"apiGroup": group, "kind": "ClusterRole", "name": "people"}
    wanted: list[tuple[str, dict[str, Any]]] = [
        (f"/apis/{group}/v1/clusterroles", {"metadata": {"name": "people"}, "rules": rules}),
        (
            f"/apis/{group}/v1/clusterrolebindings",
            {"metadata": {"name": "people"}, "roleRef": role, "subjects": people},
        ),
        *(("/api/v1/namespaces", {"metadata": {"name": name}}) for name in ("flood", "quoted")),
        (
            "/api/v1/namespaces/quoted/resourcequotas",
            {"metadata": {"name": "few"}, "spec": {"hard": {"pods": str(QUOTA)}}},
        ),
        (MAPS, {"metadata": {"name": "small"}, "data": {"a": "b"}}),
        *((MAPS, {"metadata": {"name": f"m{number}"}, "data": {"text": "x" * 100_000}}) for number in range(10)),
        (NODE_LEASES, {"metadata": {"name": "busy"}, "spec": {"holderIdentity": "busy", "leaseDurationSeconds": 40}}),
    ]
    for path, body in wanted:
        code, text = await admin.answer("POST", path, body)
        assert code == 201, text

    async def is_quoted() -> bool:
        _, text = await admin.answer("GET", "/api/v1/namespaces/quoted/resourcequotas/few")
        _, account = await admin.answer("GET", "/api/v1/namespaces/quoted/serviceaccounts/default")
        return "pods" in json.loads(text).get("status", {}).get("used", {}) and b'"uid"' in account

    await eventually(is_quoted, timeout_s=30)


async def overload(on: Stage, kind: Kind, seconds: float) -> Report:
    """Let the bad user do one thing for so long; what was promised meanwhile and afterwards."""
    innocents = on.innocents
    innocents.begin()
    await asyncio.sleep(USUAL_S)
    usual = innocents.reads.ms(0.9)
    innocents.begin()
    on.leases.begin()
    told = await _bad_user(on.cluster, kind, seconds)
    recovery_s = await innocents.recovery_s(usual)
    seen = innocents.observed(on.leases, told["refusals_without_hint"], recovery_s)
    found = [*lines(seen), *await kind.check(on, told, seconds)]
    answered = ", ".join(f"{count} x {what}" for what, count in told["codes"].items())
    counts = {what: count for what, count in told.items() if what in ("sent", "unsent", "failed") and count}
    return Report(f"{kind.name}, {seconds:.0f} s: {counts}, answered {answered or 'nothing'}", tuple(found))


async def _bad_user(cluster: Cluster, kind: Kind, seconds: float) -> dict[str, Any]:
    pki = cluster.folder / "pki"
    arguments = (str(cluster.endpoint.port), pki / "bob.crt", pki / "bob.key", str(seconds), *kind.does)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.overload.bad", *map(str, arguments)), stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    try:
        printed, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    told: dict[str, Any] = json.loads(printed)
    return told


async def _nothing_more(_on: Stage, _told: dict[str, Any], _seconds: float) -> list[Line]:
    return []


async def _events_are_few(on: Stage, told: dict[str, Any], seconds: float) -> list[Line]:
    _, text = await on.admin.answer("GET", EVENTS)
    kept, most = len(json.loads(text)["items"]), AT_ONCE + PER_S * (seconds + _SETTLING_S)
    refused = told["codes"].get("event 429", 0)
    measured = f"{kept} of {told['sent'].get('event', 0)}, {refused} refused with 429"
    return [Line("events of one namespace that are kept", f"<= {most:.0f}", measured, kept <= most)]


async def _pods_stop_at_the_quota(on: Stage, told: dict[str, Any], _seconds: float) -> list[Line]:
    _, text = await on.admin.answer("GET", QUOTED)
    made, codes = len(json.loads(text)["items"]), told["codes"]
    others = told["sent"]["pod"] - codes.get("pod 201", 0) - codes.get("pod 403", 0)
    measured = f"{made}; {codes.get('pod 403', 0)} refused, {others} others of {told['sent']['pod']}"
    is_whole = told["sent"]["pod"] == PODS
    return [
        Line(f"pods of {PODS} that are made", str(QUOTA), measured, made == codes.get("pod 201", 0) == QUOTA),
        Line("all of them were asked for", str(PODS), str(told["sent"]["pod"]), is_whole),
    ]


KINDS = (
    Kind("lists", ("lists",), _nothing_more),
    Kind("watches", ("watches",), _nothing_more),
    Kind("mumblers", ("mumblers",), _nothing_more),
    Kind("all three", ("lists", "watches", "mumblers"), _nothing_more),
    Kind("events", ("events",), _events_are_few),
    Kind("pods", ("pods",), _pods_stop_at_the_quota),
    Kind("bodies", ("bodies",), _nothing_more),
    Kind("heads", ("headers",), _nothing_more),
)
