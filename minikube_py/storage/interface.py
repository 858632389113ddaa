"""Storage: revisioned key -> bytes, the one waist between the API server and whatever database lies below.

Three implementations stand behind it (memory, sqlite, etcd) and one contract suite (tests/contract/storage) holds
them to the same promises:

- *Revision.* One counter for the whole store. Every successful write takes the next one; it never goes backwards,
  not even over a restart. If write A was acknowledged before write B began, A's revision is the smaller one.
- *Compare and swap.* `update` and `delete` name the revision they were computed from; a write that lost the race
  changes nothing and learns the current state.
- *Durable.* An acknowledged write survives `kill -9` (memory excepted). A write whose outcome is unknown
  (StorageUnavailable) happened once or not at all, because nobody below this line ever sends it twice.
- *Snapshot.* A `list` is the state at exactly `Page.revision`; further pages ask for that revision and see the same.
- *Watch.* Every event of the prefix exactly once, in revision order, with the state before it.

Keys are text and sort by code point (which is also the order of their UTF-8 bytes). Values are bytes: this floor does
not know Kubernetes.

Kubernetes: staging/src/k8s.io/apiserver/pkg/storage/interfaces.go; kine's pkg/server/types.go for the small shape.
Simplified: the real interface decodes objects; transactions over several keys do not exist here.
"""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from minikube_py.errors import MinikubeError

LATEST = 0
"""As a revision to read at: whatever is newest."""

RESTORED = "/minikube-py/restored"
"""A write to this key says that the store was restored: history before it is not that of what is there now."""


@dataclass(frozen=True, slots=True)
class KeyValue:
    """One live key: its bytes, the revision that created it and the one that last changed it."""

    key: str
    value: bytes
    create_revision: int
    revision: int


@dataclass(frozen=True, slots=True)
class Page:
    """A part of one snapshot at `revision`; `remaining` counts the items after this page."""

    items: tuple[KeyValue, ...]
    revision: int
    more: bool
    remaining: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All keys of a prefix as they are at `revision`."""

    items: tuple[KeyValue, ...]
    revision: int
    expires_at: Mapping[str, float] = field(default_factory=dict)
    """When, in seconds since the epoch, those that have a time to live will delete themselves."""


@dataclass(frozen=True, slots=True)
class Event:
    """One write: `value` None means deleted, `previous` is the state before it (None if it created the key)."""

    key: str
    value: bytes | None
    previous: bytes | None
    revision: int
    created: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """With these events, every event of the watched prefix up to and including `revision` has been delivered.

    `events` may be empty: then the batch only says how far the store has come (progress).
    """

    events: tuple[Event, ...]
    revision: int


class StorageError(MinikubeError):
    """The store refused or failed; the subclasses say which."""


class KeyExists(StorageError):
    """`create` found the key already there."""

    def __init__(self, key: str) -> None:
        super().__init__(f"key {key!r} already exists")
        self.key = key


class RevisionConflict(StorageError):
    """The key is not at the expected revision; `current` is what is there (None: nothing)."""

    def __init__(self, key: str, expected_revision: int, current: KeyValue | None) -> None:
        found = "it does not exist" if current is None else f"it is at {current.revision}"
        super().__init__(f"key {key!r} was expected at revision {expected_revision}, but {found}")
        self.key = key
        self.current = current


class Compacted(StorageError):
    """History at `revision` is gone for good: the caller must start again from a fresh list."""

    def __init__(self, revision: int) -> None:
        super().__init__(f"revision {revision} has been compacted away: list again and go on from there")
        self.revision = revision


class FutureRevision(StorageError):
    """A read at a revision that the store has not reached."""

    def __init__(self, revision: int) -> None:
        super().__init__(f"revision {revision} has not been reached yet")
        self.revision = revision


class ValueTooLarge(StorageError):
    """The store cannot hold a value of this size; nothing was written."""


class StorageFull(StorageError):
    """No space left: nothing was written, reads still work, and writes will again once there is space."""


class StorageUnavailable(StorageError):
    """The store is gone or did not answer in time. The outcome of a write is unknown, and it is never repeated."""


class Storage(Protocol):
    """Revisioned key -> bytes. Used from one event loop."""

    async def get(self, key: str, revision: int = LATEST) -> KeyValue | None:
        """Return the key as it was at `revision`, or None. Reading LATEST is linearizable.

        Raises: Compacted, FutureRevision, StorageUnavailable.
        """
        ...

    async def list(self, prefix: str, *, start: str = "", limit: int = 0, revision: int = LATEST) -> Page:
        """Return keys under `prefix` from `start` (inclusive) on, in key order; limit 0 means all.

        Raises: Compacted, FutureRevision, StorageUnavailable.
        """
        ...

    async def snapshot(self, prefix: str) -> Snapshot:
        """Return all that is under `prefix` now, times to live included: what a backup consists of.

        Raises: StorageUnavailable.
        """
        ...

    async def create(self, key: str, value: bytes, ttl_s: int | None = None) -> int:
        """Write a key that must not exist and return its revision; with `ttl_s` it deletes itself no earlier than that.

        Raises: KeyExists, ValueTooLarge, StorageFull, StorageUnavailable.
        """
        ...

    async def update(self, key: str, value: bytes, expected_revision: int, ttl_s: int | None = None) -> int:
        """Replace a key that must be at `expected_revision`; without `ttl_s` a former time to live is taken off.

        Raises: RevisionConflict, ValueTooLarge, StorageFull, StorageUnavailable.
        """
        ...

    async def delete(self, key: str, expected_revision: int) -> int:
        """Delete a key that must be at `expected_revision` and return the revision of the deletion.

        Raises: RevisionConflict, StorageFull, StorageUnavailable.
        """
        ...

    async def current_revision(self) -> int:
        """Return a revision not older than any write acknowledged before the call (linearizable)."""
        ...

    def watch(self, prefix: str, after_revision: int) -> AsyncGenerator[Batch, None]:
        """Yield what happens under `prefix` after `after_revision`, endlessly; a revision in the future is waited for.

        Writes to other keys come as empty batches, so that `Batch.revision` follows the store. Close it with
        `contextlib.aclosing` when leaving early.

        Raises: Compacted (at once or while falling behind), StorageUnavailable (the store was closed).
        """
        ...

    async def compact(self, revision: int) -> None:
        """Forget history before `revision`: reading at it and watching after it still work, at anything older no more.

        Compacting at or before an earlier compaction does nothing. Raises: FutureRevision, StorageUnavailable.
        """
        ...

    async def close(self) -> None:
        """Finish what was accepted and let go of everything; later calls raise StorageUnavailable."""
        ...


def encode_key(key: str) -> bytes:
    """Return the UTF-8 bytes of a key. Raises: StorageError for text that has none (a lone surrogate)."""
    try:
        return key.encode()
    except UnicodeEncodeError as error:
        raise StorageError(f"key {key!r} is no valid Unicode text") from error


def prefix_end(prefix: str) -> str | None:
    """Return the smallest text greater than everything that starts with `prefix`; None when there is no such text."""
    for position in range(len(prefix) - 1, -1, -1):
        code_point = ord(prefix[position])
        if code_point < 0x10FFFF:
            # UTF-8 has no surrogates, so the code point after U+D7FF is U+E000.
            following = 0xE000 if code_point == 0xD7FF else code_point + 1
            return prefix[:position] + chr(following)
    return None
