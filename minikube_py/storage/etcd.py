"""EtcdStorage: the contract on an etcd cluster.

A revision of ours is a revision of etcd's; each write is a transaction that compares the key's mod_revision. One
watch stream over the whole keyspace feeds RecentEvents, so that progress follows the store whoever writes, and so that
many watchers cost etcd (and us) one. A watcher that starts further back reads a stream of its own until it has caught
up.

Invariants: a position in a stream is the mod_revision of the last event received. The header of an event answer shows
the store's revision, which in a stream that is catching up is ahead of the events; nobody resumes from it. Progress
requests are not used: before etcd 3.4.25 they overtake events (Debian 12 ships 3.4.23).

Kubernetes: staging/src/k8s.io/apiserver/pkg/storage/etcd3 (store.go, watcher.go, lease_manager.go).
Simplified: no health probes of single members, no metrics of etcd's size.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass

from minikube_py.storage import etcd_wire as wire
from minikube_py.storage.etcd_connection import EtcdConnection, EtcdTls
from minikube_py.storage.interface import (
    LATEST,
    RESTORED,
    Batch,
    Compacted,
    Event,
    FutureRevision,
    KeyExists,
    KeyValue,
    Page,
    RevisionConflict,
    Snapshot,
    StorageUnavailable,
    encode_key,
    prefix_end,
)
from minikube_py.storage.recent_events import RecentEvents
from minikube_py.storage.shared_call import SharedCall

logger = logging.getLogger(__name__)

_FIRST_KEY = b"\0"
_NO_END = b"\0"
_RECENT_EVENTS = 2048
_RECENT_BYTES = 8 << 20
_RECONNECT_S = 0.2
_KEYS_OF_ONE_LEASE = 1000
_LEASE_SHARE = 0.05


class EtcdStorage:
    """Storage in etcd. Open it with `await EtcdStorage.open(endpoints)`."""

    def __init__(self, connection: EtcdConnection, revision: int) -> None:
        self._connection = connection
        self._leases = Leases(connection)
        self._closed = False
        self._history_begins = 0
        self._written = 0
        self._newest_revision = SharedCall(lambda: _newest_revision(connection))
        self._recent = RecentEvents(revision, max_events=_RECENT_EVENTS, max_bytes=_RECENT_BYTES)
        self._follower = asyncio.create_task(self._follow(), name="etcd-watch")

    @classmethod
    async def open(
        cls, endpoints: Sequence[str], *, tls: EtcdTls | None = None, timeout_s: float = 5.0
    ) -> "EtcdStorage":
        """Connect to a cluster and begin to follow it. Raises: ConfigError, StorageUnavailable."""
        connection = EtcdConnection(endpoints, tls=tls, timeout_s=timeout_s)
        try:
            return cls(connection, await _newest_revision(connection))
        except StorageUnavailable:
            await connection.close()
            raise

    async def get(self, key: str, revision: int = LATEST) -> KeyValue | None:
        self._require_open()
        answer = await self._connection.read(wire.RANGE, wire.RangeRequest(key=encode_key(key), revision=revision))
        return _key_value(answer.kvs[0]) if answer.kvs else None

    async def list(self, prefix: str, *, start: str = "", limit: int = 0, revision: int = LATEST) -> Page:
        self._require_open()
        first = encode_key(max(prefix, start)) or _FIRST_KEY
        request = wire.RangeRequest(key=first, range_end=_range_end(prefix), limit=limit, revision=revision)
        answer = await self._connection.read(wire.RANGE, request)
        items = tuple(_key_value(found) for found in answer.kvs)
        return Page(items, revision or answer.header.revision, answer.more, answer.count - len(items))

    async def snapshot(self, prefix: str) -> Snapshot:
        self._require_open()
        request = wire.RangeRequest(key=encode_key(prefix) or _FIRST_KEY, range_end=_range_end(prefix))
        answer = await self._connection.read(wire.RANGE, request)
        ends = {lease: await self._end_of(lease) for lease in {found.lease for found in answer.kvs if found.lease}}
        expires_at = {found.key.decode(): ends[found.lease] for found in answer.kvs if found.lease}
        return Snapshot(tuple(_key_value(found) for found in answer.kvs), answer.header.revision, expires_at)

    async def create(self, key: str, value: bytes, ttl_s: int | None = None) -> int:
        self._require_open()
        name = encode_key(key)
        absent = wire.Compare(target=wire.CREATE, result=wire.EQUAL, key=name, create_revision=0)
        answer = await self._transact([absent], await self._put(name, value, ttl_s))
        if not answer.succeeded:
            raise KeyExists(key)
        return self._wrote(answer.header.revision)

    async def update(self, key: str, value: bytes, expected_revision: int, ttl_s: int | None = None) -> int:
        self._require_open()
        return await self._replace(key, expected_revision, await self._put(encode_key(key), value, ttl_s))

    async def delete(self, key: str, expected_revision: int) -> int:
        self._require_open()
        deletion = wire.RequestOp(request_delete_range=wire.DeleteRangeRequest(key=encode_key(key)))
        return await self._replace(key, expected_revision, deletion)

    async def current_revision(self) -> int:
        # Shared, because every consistent read asks.
        self._require_open()
        seen = max(self._recent.revision, self._written)
        newest = await self._newest_revision()
        if newest < seen:
            raise StorageUnavailable(
                f"etcd is at revision {newest} and was at {seen}, so its data are lost: restore a backup, then start "
                "this API server again"
            )
        return newest

    async def watch(self, prefix: str, after_revision: int) -> AsyncGenerator[Batch, None]:
        position = after_revision
        while True:
            if not await self._recent.wait_beyond(position):
                raise StorageUnavailable("the store was closed while it was watched")
            recent = self._recent.since(position)
            if recent is not None:
                position = self._recent.revision
                yield _filtered(recent, prefix, position)
                continue
            async with aclosing(self._catch_up(position)) as batches:
                async for batch in batches:
                    position = batch.revision
                    yield _filtered(batch.events, prefix, position)

    async def compact(self, revision: int) -> None:
        self._require_open()
        with suppress(Compacted):
            await self._connection.write(wire.COMPACT, wire.CompactionRequest(revision=revision))
        self._recent.discard_through(revision)

    async def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._recent.close()
        self._follower.cancel()
        with suppress(asyncio.CancelledError):
            await self._follower
        await self._connection.close()

    async def _end_of(self, lease: int) -> float:
        """When a lease ends, in seconds since the epoch; one that has ended has -1 seconds left."""
        answer = await self._connection.read(wire.LEASE_TIME_TO_LIVE, wire.LeaseTimeToLiveRequest(ID=lease))
        return time.time() + answer.TTL

    async def _put(self, name: bytes, value: bytes, ttl_s: int | None) -> wire.RequestOp:
        lease = 0 if ttl_s is None else await self._leases.lasting(ttl_s)
        return wire.RequestOp(request_put=wire.PutRequest(key=name, value=value, lease=lease))

    async def _replace(self, key: str, expected_revision: int, change: wire.RequestOp) -> int:
        name = encode_key(key)
        unchanged = wire.Compare(target=wire.MOD, result=wire.EQUAL, key=name, mod_revision=max(0, expected_revision))
        # A key that does not exist has mod_revision 0, so "expected 0" needs this one to fail.
        alive = wire.Compare(target=wire.VERSION, result=wire.GREATER, key=name, version=0)
        answer = await self._transact([alive, unchanged], change)
        if answer.succeeded:
            return self._wrote(answer.header.revision)
        found = answer.responses[0].response_range.kvs
        raise RevisionConflict(key, expected_revision, _key_value(found[0]) if found else None)

    def _wrote(self, revision: int) -> int:
        """Remember what was promised, which the follower may not have heard of yet."""
        self._written = max(self._written, revision)
        return revision

    async def _transact(self, compare: Sequence[wire.Compare], change: wire.RequestOp) -> wire.TxnResponse:
        current = wire.RequestOp(request_range=wire.RangeRequest(key=compare[0].key))
        request = wire.TxnRequest(compare=compare, success=[change], failure=[current])
        try:
            return await self._connection.write(wire.TXN, request)
        except StorageUnavailable:
            # For all we know it was the lease that is gone: never offer that one again.
            self._leases.forget()
            raise

    async def _follow(self) -> None:
        """Keep RecentEvents up with the store, over every broken connection, until cancelled."""
        try:
            while True:
                try:
                    async with aclosing(self._stream(self._recent.revision)) as batches:
                        async for batch in batches:
                            if any(event.key == RESTORED for event in batch.events):
                                self._begin_history(batch.revision)
                            else:
                                self._recent.publish(batch.events, batch.revision)
                except Compacted:
                    await self._skip_the_compacted()
                except FutureRevision:
                    logger.error("etcd has lost its history; waiting until it is restored")
                    await self._wait_for_another_history()
                except StorageUnavailable as error:
                    logger.warning("the watch of etcd broke, going on where it was", extra={"cause": str(error)})
                await asyncio.sleep(_RECONNECT_S)
        finally:
            self._recent.close()

    async def _skip_the_compacted(self) -> None:
        """What happened while we were away is gone: start anew at the present, and let each watcher find out."""
        with suppress(StorageUnavailable):
            self._recent.skip_to(await _newest_revision(self._connection))

    async def _wait_for_another_history(self) -> None:
        """Go on once etcd is beyond what we saw of the one before."""
        newest = 0
        while newest <= self._recent.revision:
            await asyncio.sleep(_RECONNECT_S)
            with suppress(StorageUnavailable):
                newest = await _newest_revision(self._connection)
        self._begin_history(newest)

    def _begin_history(self, revision: int) -> None:
        """Nobody resumes from before it."""
        self._history_begins = self._written = revision
        self._recent.skip_to(revision)

    async def _catch_up(self, after_revision: int) -> AsyncGenerator[Batch, None]:
        """Yield from a stream of our own until RecentEvents reaches as far back; shorter if the stream breaks."""
        if after_revision < self._history_begins:
            raise Compacted(after_revision)
        try:
            async with aclosing(self._stream(after_revision)) as batches:
                async for batch in batches:
                    yield batch
                    if batch.revision >= self._recent.oldest:
                        return
        except StorageUnavailable:
            self._require_open()
            await asyncio.sleep(_RECONNECT_S)

    async def _stream(self, after_revision: int) -> AsyncGenerator[Batch, None]:
        """Yield what one stream over all keys delivers. Raises: Compacted, StorageUnavailable."""
        request = wire.WatchCreateRequest(
            key=_FIRST_KEY, range_end=_NO_END, start_revision=after_revision + 1, prev_kv=True
        )
        async with aclosing(self._connection.watch(request)) as answers:
            async for answer in answers:
                if answer.compact_revision:
                    raise Compacted(after_revision)
                if answer.canceled:
                    raise StorageUnavailable(f"etcd cancelled the watch: {answer.cancel_reason}")
                if answer.created:
                    await self._require_history(after_revision)
                if answer.events:
                    events = tuple(_event(event) for event in answer.events)
                    yield Batch(events, events[-1].revision)

    async def _require_history(self, after_revision: int) -> None:
        """Refuse a revision that etcd would let us watch although it lies just before the compacted one."""
        probe = wire.RangeRequest(key=_FIRST_KEY, revision=max(1, after_revision), count_only=True)
        await self._connection.read(wire.RANGE, probe)

    def _require_open(self) -> None:
        if self._closed:
            raise StorageUnavailable("the store is closed")


@dataclass(slots=True)
class _Lease:
    id: int
    share_until: float
    keys: int = 0


class Leases:
    """Leases shared by keys that end at about the same time: one lease a key would make events cost two writes each."""

    def __init__(self, connection: EtcdConnection) -> None:
        self._connection = connection
        self._newest: dict[int, _Lease] = {}

    def forget(self) -> None:
        """Take new leases from now on."""
        self._newest.clear()

    async def lasting(self, ttl_s: int) -> int:
        """Return a lease that ends no earlier than in `ttl_s`, and not much later."""
        now = asyncio.get_running_loop().time()
        lease = self._newest.get(ttl_s)
        if lease is None or now > lease.share_until or lease.keys >= _KEYS_OF_ONE_LEASE:
            shared_s = max(1, int(ttl_s * _LEASE_SHARE))
            granted = await self._connection.write(wire.LEASE_GRANT, wire.LeaseGrantRequest(TTL=ttl_s + shared_s))
            lease = self._newest[ttl_s] = _Lease(granted.ID, now + shared_s)
        lease.keys += 1
        return lease.id


async def _newest_revision(connection: EtcdConnection) -> int:
    answer = await connection.read(wire.RANGE, wire.RangeRequest(key=_FIRST_KEY, count_only=True))
    return answer.header.revision


def _range_end(prefix: str) -> bytes:
    end = prefix_end(prefix)
    return _NO_END if end is None else end.encode()


def _key_value(found: wire.KeyValue) -> KeyValue:
    return KeyValue(found.key.decode(), found.value, found.create_revision, found.mod_revision)


def _event(event: wire.Event) -> Event:
    """Translate an event. Raises: Compacted, when etcd no longer knows the state before it."""
    kv = event.kv
    created = event.type == wire.PUT and kv.create_revision == kv.mod_revision
    if not created and not event.prev_kv.mod_revision:
        raise Compacted(kv.mod_revision)
    return Event(
        key=kv.key.decode(),
        value=kv.value if event.type == wire.PUT else None,
        previous=None if created else event.prev_kv.value,
        revision=kv.mod_revision,
        created=created,
    )


def _filtered(events: Sequence[Event], prefix: str, revision: int) -> Batch:
    return Batch(tuple(event for event in events if event.key.startswith(prefix)), revision)
