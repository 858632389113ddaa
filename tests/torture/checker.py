"""The checker: a history beside the store's log; what was promised and not kept is a Violation.

    history (what clients saw) + log (what the store committed) -> writes.py, reads.py, watches.py -> violations

The promises: P1 durable, P2 exact, P3 revisions, P4 reads, P5 lists, P6 conflicts, W1 filter, W2 ordered, W3 unique,
W4 reliable, W5 resumable, W6 bookmarks, W7 types, W8 the same for all, W9 initial events, W10 expired.
W5 and W8 need no check of their own: every stream is compared with the one log, from where it was opened.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.torture.history import History
from tests.torture.log import Log
from tests.torture.reads import check_reads
from tests.torture.time_bounds import TimeBounds
from tests.torture.violation import Violation
from tests.torture.watches import check_watches
from tests.torture.writes import check_writes


def check(history: History, log: Log) -> list[Violation]:
    """All violations. Raises: AssertionError when the log itself is incomplete."""
    assert not log.gaps, f"the log was not recorded whole: rows are missing before {log.gaps[:5]}"
    bounds = TimeBounds(_acknowledged(history, log))
    if log.rewound:
        # Nothing can be said of states any more.
        return [Violation("P3", f"revisions were given again: {log.rewound[:5]}", history.operations[-1])]
    return [
        *(Violation("500", each.message, each) for each in history.operations if each.status == 500),
        *check_writes(history, log, bounds),
        *check_reads(history, log, bounds),
        *check_watches(history, log, bounds),
    ]


def _acknowledged(history: History, log: Log) -> Iterator[tuple[float, float, int]]:
    for operation in history.operations:
        if operation.is_write and operation.is_acknowledged:
            revision = operation.rv
            if operation.op == "delete":
                row = log.deletion_of(operation.key, operation.asked)
                revision = row.revision if row else 0
            if revision:
                yield operation.t_start, operation.t_end, revision
