"""The ground truth: every row that the store has committed, and the states that follow from them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

NONCE = "torture/nonce"
SHADE = "shade"

FOREVER = 1 << 62


@dataclass(frozen=True, slots=True)
class Row:
    """One write: what it left at the key, and what it replaced."""

    key: str
    revision: int
    nonce: str
    shade: str
    is_deletion: bool
    replaced: Row | None = None
    """The row before, if the key was alive."""

    @property
    def is_alive(self) -> bool:
        return not self.is_deletion


@dataclass(frozen=True, slots=True)
class Change:
    """A row as a watcher has to be told of it."""

    type: str
    key: str
    revision: int
    nonce: str


class Log:
    """All rows in the order of their commits."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.gaps: list[int] = []
        """Where rows are missing since the first of the load: then nothing that is checked with this log counts."""
        self.rewound: list[int] = []
        """Revisions that were given again, or came after larger ones."""
        self.newest = 0
        self._newest_of: dict[str, Row] = {}
        self.of_key: dict[str, list[Row]] = defaultdict(list)
        self.by_nonce: dict[str, list[Row]] = defaultdict(list)

    def append(self, key: str, revision: int, value: bytes | None) -> None:
        """Add what was committed at `revision`. Several keys that expire at once may share one."""
        if revision > self.newest + 1 and self.by_nonce:
            self.gaps.append(revision)
        if revision < self.newest or (revision == self.newest and key == self.rows[-1].key):
            self.rewound.append(revision)
        self.newest = max(self.newest, revision)
        before = self._newest_of.get(key)
        replaced = before if before is not None and before.is_alive else None
        nonce, shade = marks(orjson.loads(value)) if value and value.startswith(b"{") else ("", "")
        row = Row(key, revision, nonce, shade, value is None, replaced)
        self._newest_of[key] = row
        self.rows.append(row)
        self.of_key[key].append(row)
        if nonce:
            self.by_nonce[nonce].append(row)

    def deletion_of(self, key: str, revision: int) -> Row | None:
        """The row that deleted what was written at `revision`."""
        rows = self.of_key.get(key, [])
        after = bisect_right(rows, revision, key=lambda row: row.revision)
        if after < len(rows) and rows[after].is_deletion and rows[after - 1].revision == revision:
            return rows[after]
        return None

    def states(self, key: str, first: int, last: int) -> Iterator[Row | None]:
        """What a key was at the revisions from `first` to `last`; None: absent."""
        rows = self.of_key.get(key, [])
        position = bisect_right(rows, first, key=lambda row: row.revision) - 1
        if position < 0:
            yield None
        for row in rows[max(0, position) :]:
            if row.revision > last:
                return
            yield row if row.is_alive else None

    def state_at(self, prefix: str, revision: int, shade: str = "") -> dict[str, Row]:
        """All that was alive under a prefix at a revision."""
        alive: dict[str, Row] = {}
        for key, rows in self.of_key.items():
            if key.startswith(prefix):
                position = bisect_right(rows, revision, key=lambda row: row.revision) - 1
                if position >= 0 and rows[position].is_alive and shade in ("", rows[position].shade):
                    alive[key] = rows[position]
        return alive

    def changes(self, prefix: str, after: int, shade: str = "") -> Iterator[Change]:
        """What a watch of the prefix has to tell after a revision, in order."""
        for row in self.rows[bisect_left(self.rows, after + 1, key=lambda row: row.revision) :]:
            if row.key.startswith(prefix):
                change = _told(row, shade)
                if change is not None:
                    yield change


def _told(row: Row, shade: str) -> Change | None:
    """Entering a selector is ADDED and leaving it DELETED, with the last state that was inside."""
    before = row.replaced if row.replaced is not None and shade in ("", row.replaced.shade) else None
    if row.is_alive and shade in ("", row.shade):
        return Change("MODIFIED" if before else "ADDED", row.key, row.revision, row.nonce)
    return Change("DELETED", row.key, row.revision, before.nonce) if before else None


def marks(document: dict[str, Any]) -> tuple[str, str]:
    """The nonce and the shade of an object."""
    metadata = document.get("metadata", {})
    return metadata.get("annotations", {}).get(NONCE, ""), metadata.get("labels", {}).get(SHADE, "")


def log_of(rows: Iterable[tuple[str, int, bytes | None]]) -> Log:
    log = Log()
    for key, revision, value in rows:
        log.append(key, revision, value)
    return log
