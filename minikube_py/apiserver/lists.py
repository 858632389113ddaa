"""Lists: from the watch cache where it can answer, from the store at a revision where it must.

    no resourceVersion   the newest state: the cache, once it has caught up with the store
    0                    any state: the cache as it is
    N (not older than)   the cache, once it has reached N
    N exact, continue    the store at that revision

Kubernetes: staging/src/k8s.io/apiserver/pkg/storage/cacher/delegator.go, storage/etcd3/store.go (GetList)
"""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from minikube_py.api.model import Json
from minikube_py.api.resource import Resource
from minikube_py.api.status import BadRequest, Expired, Timeout
from minikube_py.apiserver.answers import ListText
from minikube_py.apiserver.continue_token import decode_continue, encode_continue
from minikube_py.apiserver.options import ListOptions
from minikube_py.storage.interface import Compacted, FutureRevision, Storage
from minikube_py.watchcache.cacher import Cacher
from minikube_py.watchcache.watch_cache import CachedObject, Subscription, WatchCache

_FRESH_TIMEOUT_S = 3.0


@dataclass(frozen=True, slots=True)
class ListPage:
    """The objects of one answer, and its metadata."""

    items: list[CachedObject]
    revision: int
    continue_token: str = ""
    remaining: int | None = None

    def metadata(self) -> dict[str, Json]:
        metadata: dict[str, Json] = {"resourceVersion": str(self.revision)}
        if self.continue_token:
            metadata["continue"] = self.continue_token
        if self.remaining:
            metadata["remainingItemCount"] = self.remaining
        return metadata


class Lister:
    def __init__(self, storage: Storage, cacher: Cacher) -> None:
        self._storage = storage
        self._cacher = cacher

    async def list(self, resource: type[Resource], namespace: str, options: ListOptions) -> ListPage:
        """Raises: BadRequest, Expired, Timeout (a revision that is still to come)."""
        check_fields(resource, options)
        cache = self._cacher.of(resource)
        prefix = f"{cache.prefix}{namespace}/" if namespace else cache.prefix
        selection = Subscription(prefix, options.labels, options.fields)
        if options.continue_token:
            start, revision = decode_continue(options.continue_token, prefix)
            if options.revision:
                raise BadRequest("specifying resource version is not allowed when using continue")
            return await self._from_store(cache, selection, prefix, options, start, revision)
        if options.is_exact:
            return await self._from_store(cache, selection, prefix, options, prefix, options.revision)
        revision = await self.fresh_revision(options)
        items = cache.select(selection, prefix)
        # Any state will do: like upstream's cache, this answers a limited list whole.
        if not options.limit or len(items) <= options.limit or (options.is_revision_given and options.revision == 0):
            return ListPage(items, revision)
        page, rest = items[: options.limit], items[options.limit :]
        counted = None if selection.selects else len(rest)
        return ListPage(page, revision, encode_continue(rest[0].key, revision), counted)

    async def fresh_revision(self, options: ListOptions) -> int:
        """Wait until the caches are as new as asked for. Raises: Timeout."""
        if not options.is_revision_given:
            return await self._cacher.catch_up()
        if not await self._cacher.wait_for(options.revision, timeout_s=_FRESH_TIMEOUT_S):
            raise too_large_revision(options.revision, self._cacher.revision)
        return self._cacher.revision

    async def _from_store(
        self, cache: WatchCache, selection: Subscription, prefix: str, options: ListOptions, start: str, revision: int
    ) -> ListPage:
        """One page of the state at `revision` (-1: now), reading on until it is full of matching objects."""
        items: list[CachedObject] = []
        at = max(revision, 0)
        try:
            while True:
                page = await self._storage.list(prefix, start=start, limit=options.limit, revision=at)
                at = page.revision
                for position, kv in enumerate(page.items):
                    if options.limit and len(items) == options.limit:
                        left = page.remaining + len(page.items) - position
                        return ListPage(items, at, encode_continue(kv.key, at), None if selection.selects else left)
                    item = cache.state(kv)
                    if selection.matches(item):
                        items.append(item)
                if not page.more:
                    return ListPage(items, at)
                start = page.items[-1].key + "\0"
                if options.limit and len(items) == options.limit:
                    left_over = None if selection.selects else page.remaining
                    return ListPage(items, at, encode_continue(start, at), left_over)
        except Compacted as error:
            if not options.continue_token:
                raise Expired("The resourceVersion for the provided list is too old.") from error
            raise _expired_continue(start) from error
        except FutureRevision as error:
            raise too_large_revision(revision, self._cacher.revision) from error


def _expired_continue(start: str) -> Expired:
    """The 410 that carries a token with which the walk can be finished in a newer state."""
    error = Expired(
        "The provided continue parameter is too old to display a consistent list result. You can start a new list "
        "without the continue parameter, or use the continue token in this response to retrieve the remainder of the "
        "results. Continuing with the provided token results in an inconsistent list - objects that were created, "
        "modified, or deleted between the time the first chunk was returned and now may show up in the list."
    )
    error.list_metadata = {"continue": encode_continue(start, -1)}
    return error


def too_large_revision(asked: int, current: int) -> Timeout:
    causes = [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]
    return Timeout(
        f"Timeout: Too large resource version: {asked}, current: {current}",
        details={"causes": causes, "retryAfterSeconds": 1},
        retry_after_s=1,
    )


def check_fields(resource: type[Resource], options: ListOptions) -> None:
    """Raises: BadRequest for a field that this kind cannot be selected by."""
    own = resource.definition.selectable_paths
    for requirement in options.fields:
        field = requirement.field
        if field in own or field in ("metadata.name", "metadata.namespace"):
            continue
        if own:
            raise BadRequest(f"field label not supported: {field}")
        raise BadRequest(f'"{field}" is not a known field selector: only "metadata.name", "metadata.namespace"')


def list_body(resource: type[Resource], page: ListPage) -> ListText:
    """The List document: the cached texts."""
    definition = resource.definition
    head = f'{{"kind":"{definition.list_kind}","apiVersion":"{definition.api_version}","metadata":'.encode()
    return ListText(
        b'%b%b,"items":[' % (head, orjson.dumps(page.metadata())), [item.data for item in page.items], is_of_cache=True
    )
