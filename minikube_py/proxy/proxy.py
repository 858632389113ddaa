"""The proxy: follows Services and EndpointSlices, keeps this node's RuleSet, has the dataplane carry it out.

    informers --changed keys--> rules (pure, one Service at a time) --RuleSet--> Dataplane.sync

Changes are gathered: the first one after a quiet time waits a moment for those that come with it (a rollout changes
many slices at once), and two syncs are never closer than `min_sync_period_s`. A sync that fails is tried again with
backoff; the old rules serve meanwhile. Every `audit_period_s` the dataplane looks whether somebody damaged its rules.

Invariants: nothing is written before both lists are complete (a proxy that starts must not take away what its
predecessor left); stopping changes nothing.

Kubernetes: pkg/proxy/iptables/proxier.go (OnServiceSynced, syncRunner), pkg/util/async/bounded_frequency_runner.go
"""

from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import dataclass

from prometheus_client import Counter, Histogram

from minikube_py.api.kinds.core.service import Service
from minikube_py.api.kinds.discovery.endpoint_slice import EndpointSlice
from minikube_py.machinery.backoff import CONNECTION, Backoff
from minikube_py.machinery.informer import Change, Informers
from minikube_py.machinery.store import Key
from minikube_py.proxy.dataplanes.interface import Dataplane, DataplaneFault, DataplaneUnavailable
from minikube_py.proxy.ruleset import RuleSet, compile, service_key, service_key_of_slice, service_rules, with_service

log = logging.getLogger(__name__)

_BY_SERVICE = "service"
_SYNCS = Histogram("kubeproxy_sync_proxy_rules_duration_seconds", "Seconds that one sync of the rules took.")
_FAILURES = Counter("kubeproxy_sync_proxy_rules_failures_total", "Syncs that the dataplane could not carry out.")


@dataclass(frozen=True, slots=True)
class ProxyConfig:
    node_name: str
    burst_s: float = 0.1
    """How long the first change waits for company."""
    min_sync_period_s: float = 1.0
    audit_period_s: float = 15.0


class Proxy:
    """One node's proxy. Make it before the informers run; `run` it beside them."""

    def __init__(self, informers: Informers, dataplane: Dataplane, config: ProxyConfig) -> None:
        self._services = informers.of(Service)
        self._slices = informers.of(EndpointSlice)
        self._dataplane = dataplane
        self._config = config
        self._rules = RuleSet()
        self._changed: set[str] = set()
        self._wake = asyncio.Event()
        self._backoff = Backoff(CONNECTION, random.Random())
        self._slices.add_index(_BY_SERVICE, lambda piece: (service_key_of_slice(piece),))
        self._services.add_handler(self._service_changed)
        self._slices.add_handler(self._slice_changed)

    async def run(self) -> None:
        """Keep the rules right until cancelled. Raises: DataplaneUnavailable if this machine cannot do it at all."""
        await self._services.synced()
        await self._slices.synced()
        self._rules = compile(self._services.store, self._slices.store, self._config.node_name)
        self._changed.clear()
        for service in self._rules.services.values():
            _say_refused((), service.refused)
        self._wake.clear()
        await self._sync()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._sync_on_change(), name="sync")
            group.create_task(self._audit_now_and_then(), name="audit")

    async def _sync_on_change(self) -> None:
        loop = asyncio.get_running_loop()
        earliest = loop.time()
        while True:
            await self._wake.wait()
            await asyncio.sleep(max(self._config.burst_s, earliest - loop.time()))
            self._wake.clear()
            self._take_in_changes()
            await self._sync()
            earliest = loop.time() + self._config.min_sync_period_s

    async def _audit_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(self._config.audit_period_s)
            try:
                is_damaged = await self._dataplane.audit()
            except DataplaneFault as error:
                log.warning("could not look at the rules", extra={"error": str(error)})
            else:
                if is_damaged:
                    self._wake.set()

    async def _sync(self) -> None:
        """Have the rules carried out; a failure leaves the old ones in force and wakes the next sync."""
        try:
            with _SYNCS.time():
                await self._dataplane.sync(self._rules)
        except DataplaneUnavailable:
            raise
        except DataplaneFault as error:
            _FAILURES.inc()
            log.error("rules were not written; the old ones stay", extra={"error": str(error)})
            self._wake.set()
            await self._backoff.pause()
        else:
            self._backoff.reset()

    def _take_in_changes(self) -> None:
        changed, self._changed = self._changed, set()
        for key in changed:
            service = self._services.store.get(Key(*key.split("/", 1)))
            slices = self._slices.store.by_index(_BY_SERVICE, key)
            found = service_rules(service, slices, self._config.node_name) if service else None
            before = self._rules.services.get(key)
            self._rules = with_service(self._rules, key, found)
            _say_refused(before.refused if before else (), found.refused if found else ())

    def _service_changed(self, change: Change[Service]) -> None:
        self._note(service_key(change.object))

    def _slice_changed(self, change: Change[EndpointSlice]) -> None:
        # A slice can be given to another Service; both must know.
        for piece in (change.old, change.new):
            if piece is not None:
                self._note(service_key_of_slice(piece))

    def _note(self, key: str) -> None:
        self._changed.add(key)
        self._wake.set()


def _say_refused(before: tuple[str, ...], now: tuple[str, ...]) -> None:
    for sentence in now:
        if sentence not in before:
            log.warning("a Service asks for what this proxy cannot do", extra={"cause": sentence})
