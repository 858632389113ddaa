"""`run`: the API server as a coroutine: opens the store, puts the parts together, serves until cancelled.

Kubernetes: cmd/kube-apiserver/app/server.go
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
from collections.abc import Callable, Iterator

import uvicorn

from minikube_py.access.service_account_tokens import TokenIssuer
from minikube_py.admission.allocators import AddressPool
from minikube_py.admission.chain import AdmissionChain, Plugin
from minikube_py.admission.default_storage_class import DefaultStorageClass
from minikube_py.admission.event_rate_limit import EventRateLimit
from minikube_py.admission.limit_ranger import LimitRanger
from minikube_py.admission.namespace_lifecycle import NamespaceLifecycle
from minikube_py.admission.node_restriction import NodeRestriction
from minikube_py.admission.placement import DefaultTolerationSeconds, Priority, TaintNodesByCondition
from minikube_py.admission.pod_security import PodSecurity
from minikube_py.admission.policies import AdmissionPolicies
from minikube_py.admission.requester import Requester
from minikube_py.admission.resource_quota import QuotaAdmission
from minikube_py.admission.rights import Rights
from minikube_py.admission.runtime_class import RuntimeClasses
from minikube_py.admission.service_account import ServiceAccountAdmission
from minikube_py.admission.service_addresses import ServiceAddresses
from minikube_py.admission.storage_protection import StorageProtection
from minikube_py.api.capabilities import ALLOWS_PRIVILEGED
from minikube_py.api.kinds.certificates.certificate_signing_request import CertificateSigningRequest
from minikube_py.api.kinds.core.binding import Binding
from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.resource_quota import ResourceQuota
from minikube_py.api.kinds.core.service import Service
from minikube_py.api.registry import Registry
from minikube_py.apiserver.access import Access, kubelet_tls, server_tls
from minikube_py.apiserver.app import build_app
from minikube_py.apiserver.bootstrap import Cluster, advertised_address, bootstrap, reconcile_default_roles
from minikube_py.apiserver.compaction import compact_regularly
from minikube_py.apiserver.config import ApiServerConfig
from minikube_py.apiserver.connection import ClientConnection
from minikube_py.apiserver.custom_kinds import CustomKinds
from minikube_py.apiserver.flow_config import FlowConfig
from minikube_py.apiserver.flow_control import FlowControl
from minikube_py.apiserver.handler import ResourceHandler
from minikube_py.apiserver.listener import FairListener
from minikube_py.apiserver.lists import Lister
from minikube_py.apiserver.metrics import StoredObjects
from minikube_py.apiserver.reviews import Reviews
from minikube_py.apiserver.server import FilterChain, ResourceApp
from minikube_py.apiserver.subresources.approval import take_approval
from minikube_py.apiserver.subresources.asking import Asking
from minikube_py.apiserver.subresources.binding import BindingSubresource
from minikube_py.apiserver.subresources.connect import ConnectSubresource, LogSubresource, PodFinder
from minikube_py.apiserver.subresources.ephemeral_containers import take_ephemeral_containers
from minikube_py.apiserver.subresources.eviction import EvictionSubresource
from minikube_py.apiserver.subresources.finalize import FinalizeSubresource
from minikube_py.apiserver.subresources.part import PartSubresource
from minikube_py.apiserver.subresources.proxy import Locations, ProxySubresource
from minikube_py.apiserver.subresources.registry import SubresourceRegistry
from minikube_py.apiserver.subresources.resize import take_resize
from minikube_py.apiserver.subresources.scale import ScaleSubresource
from minikube_py.apiserver.subresources.token import TokenSubresource
from minikube_py.apiserver.watch_stream import WatchStreamer
from minikube_py.apiserver.websockets import KubectlWebSockets
from minikube_py.apiserver.writer import Change, Target, Writer
from minikube_py.discovery.discovery import Discovery
from minikube_py.discovery.published import OpenApi
from minikube_py.errors import ConfigError
from minikube_py.flowcontrol.controller import FlowController
from minikube_py.flowcontrol.metrics import FlowControlMetrics
from minikube_py.outbound.kubelets import Kubelets
from minikube_py.outbound.outside import Outside
from minikube_py.storage.factory import open_storage
from minikube_py.storage.interface import Storage, StorageError
from minikube_py.watchcache.cacher import Cacher

log = logging.getLogger(__name__)

_HEALTH_TIMEOUT_S = 2.0
_DATE_HEADER_S = 1.0
_KEEP_ALIVE_S = 90
"""Longer than clients keep an idle connection, so that none is closed while a write is on its way."""


async def run(config: ApiServerConfig, registry: Registry | None = None) -> None:
    """Serve until cancelled: all kinds, or those of `registry`.

    Raises: ConfigError, StorageError (the store cannot be opened).
    """
    ALLOWS_PRIVILEGED.set(config.allow_privileged)
    addresses = AddressPool(config.service_cluster_ip_range)
    key_file = config.service_account_signing_key_file
    issuer = TokenIssuer.from_file(key_file) if key_file else None
    storage = await open_storage(config.storage_url)
    try:
        await _serve(config, storage, registry or Registry.of_all_kinds(), addresses, issuer)
    finally:
        await storage.close()


async def _serve(
    config: ApiServerConfig, storage: Storage, registry: Registry, addresses: AddressPool, issuer: TokenIssuer | None
) -> None:
    cacher = Cacher(storage, registry)
    access = Access.of(config, cacher, issuer)

    async def change_quota(namespace: str, name: str, change: Change) -> None:
        await writer.update(Target(ResourceQuota, namespace, name, subresource="status"), change)

    custom_kinds, quotas = CustomKinds(registry, cacher), QuotaAdmission(cacher, change_quota)
    before = _plugins(cacher, addresses, can_issue=issuer is not None)
    policies = AdmissionPolicies(cacher, registry, access.authorizer)
    admission = AdmissionChain((EventRateLimit(), *_about_callers(access), custom_kinds, *before, policies, quotas))
    writer = Writer(storage, cacher, admission)
    kubelets, outside, lister = Kubelets(cacher, kubelet_tls(config)), Outside(), Lister(storage, cacher)
    handler = ResourceHandler(cacher, lister, WatchStreamer(cacher, lister), writer)
    subresources = _subresources(cacher, writer, kubelets, outside, issuer, Asking(policies.validate))
    discovery = Discovery(registry, subresources.infos)
    reviews = Reviews(access.authentication, access.authorizer)
    controller = FlowController()
    flows, flow_config = FlowControl(controller, cacher), FlowConfig(cacher, controller)
    resources = ResourceApp(registry, handler, subresources, reviews, discovery, flows)
    service_range = str(config.service_cluster_ip_range)
    host = config.advertise_address or config.bind_address
    cluster = Cluster(addresses.first, service_range, host, config.listen_port, discovery.addresses)

    async def begin() -> None:
        await bootstrap(writer, cluster)
        if access.rbac:
            await reconcile_default_roles(writer, cacher)

    async def is_ready() -> bool:
        return cacher.is_synced.is_set() and (starting.done() or not access.rbac) and await _answers(storage)

    url = f"http{'s' if config.has_tls else ''}://{advertised_address(host) or host}:{config.listen_port}"
    app = build_app(resources, OpenApi(registry), is_ready, issuer, url)
    app = FilterChain(app, access, flows)
    async with asyncio.TaskGroup() as group:
        following = group.create_task(cacher.run())
        await cacher.is_synced.wait()
        compacting = group.create_task(compact_regularly(storage, config.compaction_interval_s))
        starting = group.create_task(begin())
        settling = group.create_task(custom_kinds.run(writer))
        configuring = group.create_task(flow_config.run(writer))
        gc.freeze()
        try:
            stored = StoredObjects(lambda: _stored(cacher, registry))
            with stored.registered(), FlowControlMetrics(controller).registered():
                await _Server(config, app, cacher.end_watches).serve_until_cancelled()
        finally:
            for task in (following, compacting, starting, settling, configuring):
                task.cancel()
            await kubelets.close()
            await outside.close()
            if access.audit:
                access.audit.close()


def _plugins(cacher: Cacher, addresses: AddressPool, *, can_issue: bool) -> tuple[Plugin, ...]:
    """The admission plugins that know only of objects, in their order."""
    return (
        NamespaceLifecycle(cacher),
        LimitRanger(cacher),
        ServiceAccountAdmission(cacher, can_issue=can_issue),
        DefaultTolerationSeconds(),
        Priority(cacher),
        RuntimeClasses(cacher),
        TaintNodesByCondition(),
        DefaultStorageClass(cacher),
        StorageProtection(),
        ServiceAddresses(cacher, addresses),
        PodSecurity(cacher),
    )


def _about_callers(access: Access) -> tuple[Plugin, ...]:
    rights: tuple[Plugin, ...] = (Rights(access.authorizer, access.rbac),) if access.rbac else ()
    return (*rights, NodeRestriction(), Requester())


def _stored(cacher: Cacher, registry: Registry) -> Iterator[tuple[str, str, int]]:
    """Group, plural and number of objects of each stored kind."""
    for resource in registry:
        definition = resource.definition
        if "list" in definition.verbs and not definition.stored_prefix:
            yield definition.group, definition.plural, len(cacher.of(resource))


async def _answers(storage: Storage) -> bool:
    try:
        async with asyncio.timeout(_HEALTH_TIMEOUT_S):
            await storage.current_revision()
    except (TimeoutError, StorageError):
        return False
    return True


def _subresources(
    cacher: Cacher,
    writer: Writer,
    kubelets: Kubelets,
    outside: Outside,
    issuer: TokenIssuer | None,
    asking: Asking,
) -> SubresourceRegistry:
    finder, locations = PodFinder(cacher), Locations(cacher, kubelets, outside)
    binding = BindingSubresource(writer, asking)
    return SubresourceRegistry(
        (
            ScaleSubresource(cacher, writer),
            binding,
            EvictionSubresource(cacher, writer, asking),
            FinalizeSubresource(writer),
            PartSubresource("approval", CertificateSigningRequest, cacher, writer, take_approval),
            PartSubresource("ephemeralcontainers", Pod, cacher, writer, take_ephemeral_containers),
            PartSubresource("resize", Pod, cacher, writer, take_resize),
            TokenSubresource(cacher, issuer, asking),
            LogSubresource(finder, kubelets),
            ConnectSubresource("exec", finder, kubelets, asking),
            ConnectSubresource("attach", finder, kubelets, asking),
            ConnectSubresource("portforward", finder, kubelets, asking),
            ProxySubresource(Pod, locations.pod, asking),
            ProxySubresource(Service, locations.service, asking),
            ProxySubresource(Node, locations.node, asking),
        ),
        whole={Binding: binding},
    )


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: cancellation is how every component here is stopped."""

    def __init__(self, config: ApiServerConfig, app: object, end_watches: Callable[[], None]) -> None:
        settings = uvicorn.Config(
            app,  # type: ignore[arg-type]  # uvicorn's own ASGI types are narrower than starlette's
            host=config.bind_address,
            port=config.listen_port,
            http=ClientConnection,
            loop="none",
            ws=KubectlWebSockets,
            lifespan="off",
            access_log=False,
            log_config=None,
            log_level=logging.WARNING,
            timeout_graceful_shutdown=1,
            timeout_keep_alive=_KEEP_ALIVE_S,
            server_header=False,
            proxy_headers=False,
        )
        super().__init__(settings)
        self._asked = config
        self._tls = server_tls(config)
        self._end_watches = end_watches
        self._stopping = asyncio.Event()

    async def serve_until_cancelled(self) -> None:
        """Serve; when cancelled, end the watches, answer what has begun, close every socket, then go."""
        serving = asyncio.create_task(self.serve())
        try:
            await asyncio.shield(serving)
        except asyncio.CancelledError:
            self.should_exit = True
            self._stopping.set()
            self._end_watches()
            await serving
            raise

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        """Bring the Date header up to date each second. uvicorn's own comes ten times a second, also when idle."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _DATE_HEADER_S)

    async def startup(self, sockets: object = None) -> None:
        try:
            if self._tls is None:
                await super().startup()
            else:
                address = self._asked.bind_address, self._asked.listen_port
                self.servers = [FairListener(*address, self._tls, self._connection)]  # type: ignore[list-item]
                self.started = True
        except (SystemExit, OSError) as error:
            where = f"{self._asked.bind_address}:{self._asked.listen_port}"
            raise ConfigError(f"failed to listen on {where}: is another server using the port?") from error
        log.info("serving", extra={"address": self._asked.bind_address, "port": self._asked.listen_port})

    def _connection(self) -> ClientConnection:
        return ClientConnection(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)
