"""EtcdConnection: calls to an etcd cluster of one or more members, and what becomes of them when a member is gone.

Reads (and watches) move on to the next member when one fails. A write is sent exactly once, and only over a connection
that stands: if its answer does not come, it may or may not have happened, and only the caller can find out.

Kubernetes: etcd's client/v3 (kv.go, retry_interceptor.go) draws the same line between reads and writes.
Simplified: members are tried in the order given, from the last one that worked; there is no load balancing.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import grpc
from grpc import ChannelConnectivity, StatusCode, aio

from minikube_py.errors import ConfigError
from minikube_py.storage.etcd_wire import WATCH, Method, WatchCreateRequest, WatchRequest, WatchResponse
from minikube_py.storage.interface import (
    Compacted,
    FutureRevision,
    StorageError,
    StorageFull,
    StorageUnavailable,
    ValueTooLarge,
)

Request = TypeVar("Request")
Answer = TypeVar("Answer")

_CHANNEL_OPTIONS = (
    # gRPC refuses answers over 4 MB unless told otherwise; a list of pods is larger than that.
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.enable_retries", 0),
    # A half-open connection must not keep a watch silent for ever. etcd forbids pings more often than every 5 s.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
)
# A member that has lost its leader ends the stream instead of keeping it silent.
_REQUIRE_LEADER = (("hasleader", "true"),)
_NEXT_MEMBER = (StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED)


@dataclass(frozen=True, slots=True)
class EtcdTls:
    """PEM texts: the authority that signed the servers, and who we are if they ask for that."""

    authority: bytes
    certificate: bytes | None = None
    key: bytes | None = None


class EtcdConnection:
    """One channel to each member, of which one is in use; `timeout_s` bounds every call."""

    def __init__(self, endpoints: Sequence[str], *, tls: EtcdTls | None = None, timeout_s: float = 5.0) -> None:
        self._endpoints = tuple(endpoints)
        self._timeout_s = timeout_s
        self._channels = tuple(_channel(endpoint, tls) for endpoint in endpoints)
        self._current = 0

    async def read(self, method: Method[Request, Answer], request: Request) -> Answer:
        """Ask one member after the other until one answers. Raises: StorageError."""
        attempts = max(2, len(self._channels))
        for attempt in range(attempts):
            channel = await self._connected_channel()
            try:
                return await self._call(channel, method, request, self._timeout_s / attempts)
            except aio.AioRpcError as error:
                if error.code() not in _NEXT_MEMBER or attempt == attempts - 1:
                    raise self._translate(error, request) from error
                self._leave(channel)
        raise AssertionError("the last attempt returns or raises")

    async def write(self, method: Method[Request, Answer], request: Request) -> Answer:
        """Send a request to one member, once. Raises: StorageError; after StorageUnavailable the outcome is unknown."""
        channel = await self._connected_channel()
        try:
            return await self._call(channel, method, request, self._timeout_s)
        except aio.AioRpcError as error:
            if error.code() in _NEXT_MEMBER:
                self._leave(channel)
            raise self._translate(error, request) from error

    async def watch(self, request: WatchCreateRequest) -> AsyncGenerator[WatchResponse, None]:
        """Yield the answers of one watch stream until it breaks. Raises: StorageUnavailable."""
        channel = await self._connected_channel()
        call = channel.stream_stream(WATCH.path, WATCH.serialize, WATCH.parse)(metadata=_REQUIRE_LEADER)
        try:
            await call.write(WatchRequest(create_request=request))
            async for answer in call:
                yield answer
            raise StorageUnavailable("etcd ended the watch stream")
        except aio.AioRpcError as error:
            self._leave(channel)
            raise self._translate(error, request) from error
        finally:
            call.cancel()

    async def close(self) -> None:
        """Close every channel, and with it every call."""
        for channel in self._channels:
            await channel.close()

    async def _call(
        self, channel: aio.Channel, method: Method[Request, Answer], request: Request, timeout_s: float
    ) -> Answer:
        call = channel.unary_unary(method.path, method.serialize, method.parse)
        return await call(request, timeout=timeout_s)

    async def _connected_channel(self) -> aio.Channel:
        """Return the current member's channel, or the next one's that gets connected in time."""
        if self._channels[self._current].get_state() is ChannelConnectivity.READY:
            return self._channels[self._current]
        try:
            async with asyncio.timeout(self._timeout_s):
                while not await self._is_connected(self._channels[self._current]):
                    self._current = (self._current + 1) % len(self._channels)
        except TimeoutError as error:
            raise self._unreachable("no connection") from error
        return self._channels[self._current]

    async def _is_connected(self, channel: aio.Channel) -> bool:
        """Wait for a connection; False when this member is not to be had and another one may be."""
        try:
            async with asyncio.timeout(self._timeout_s / len(self._channels)):
                state = channel.get_state(try_to_connect=True)
                while state is not ChannelConnectivity.READY:
                    if state is ChannelConnectivity.TRANSIENT_FAILURE and len(self._channels) > 1:
                        return False
                    await channel.wait_for_state_change(state)
                    state = channel.get_state(try_to_connect=True)
        except TimeoutError:
            return False
        return True

    def _leave(self, channel: aio.Channel) -> None:
        """Use another member from now on, unless another call has already moved away."""
        if self._channels[self._current] is channel:
            self._current = (self._current + 1) % len(self._channels)

    def _unreachable(self, cause: str) -> StorageUnavailable:
        return StorageUnavailable(
            f"etcd at {', '.join(self._endpoints)} does not answer ({cause}): "
            "see whether it runs (start it with `etcd`) and whether --etcd-servers names it"
        )

    def _translate(self, error: aio.AioRpcError, request: object) -> StorageError:
        """Name an etcd error in the words of the Storage contract."""
        details = error.details() or ""
        revision = int(getattr(request, "revision", 0))
        match error.code():
            case StatusCode.OUT_OF_RANGE if "compacted" in details:
                return Compacted(revision)
            case StatusCode.OUT_OF_RANGE if "future revision" in details:
                return FutureRevision(revision)
            case StatusCode.RESOURCE_EXHAUSTED if "space exceeded" in details:
                return StorageFull(
                    f"etcd at {', '.join(self._endpoints)} has reached its quota: compact and defragment it, then "
                    "`etcdctl alarm disarm`"
                )
            case StatusCode.INVALID_ARGUMENT | StatusCode.RESOURCE_EXHAUSTED if "large" in details:
                return ValueTooLarge(f"the value is larger than etcd takes ({details})")
            case StatusCode.UNAUTHENTICATED | StatusCode.PERMISSION_DENIED:
                return StorageError(f"etcd at {', '.join(self._endpoints)} refused us: {details}")
        return self._unreachable(details or str(error.code()))


def _channel(endpoint: str, tls: EtcdTls | None) -> aio.Channel:
    scheme, _, address = endpoint.rstrip("/").partition("://")
    if scheme == "http" and address:
        return aio.insecure_channel(address, options=_CHANNEL_OPTIONS)
    if scheme == "https" and address:
        credentials = grpc.ssl_channel_credentials(*_pem(tls))
        return aio.secure_channel(address, credentials, options=_CHANNEL_OPTIONS)
    raise ConfigError(f"etcd server {endpoint!r} is no address: use http://HOST:PORT or https://HOST:PORT")


def _pem(tls: EtcdTls | None) -> tuple[bytes | None, bytes | None, bytes | None]:
    return (None, None, None) if tls is None else (tls.authority, tls.key, tls.certificate)
