"""Writes: P1 (acknowledged is there), P2 (refused is not, unknown at most once), P3 (revisions), P6 (conflicts)."""

from __future__ import annotations

from collections.abc import Iterator

from tests.torture.history import History, Operation
from tests.torture.log import FOREVER, Log, Row
from tests.torture.time_bounds import TimeBounds
from tests.torture.violation import Violation


def check_writes(history: History, log: Log, bounds: TimeBounds) -> Iterator[Violation]:
    given: dict[int, Operation] = {}
    for operation in history.operations:
        if not operation.is_write:
            continue
        if operation.is_acknowledged:
            yield from _acknowledged(operation, log, bounds)
            if operation.rv and operation.op != "delete":
                if operation.rv in given:
                    yield Violation("P3", f"revision {operation.rv} was given twice", operation)
                given[operation.rv] = operation
        else:
            yield from _not_acknowledged(operation, log, bounds)


def _acknowledged(operation: Operation, log: Log, bounds: TimeBounds) -> Iterator[Violation]:
    if operation.mode == "wrong-uid":
        yield Violation("P6", "a precondition that cannot be true was taken for true", operation)
        return
    row = _row_of(operation, log)
    if row is None:
        yield Violation("P1", "what was acknowledged is not in the log", operation)
        return
    if operation.op != "delete" and row.revision != operation.rv:
        yield Violation("P3", f"it was written at {row.revision} and answered with {operation.rv}", operation)
    if not bounds.reached(operation.t_start) < row.revision < bounds.not_reached(operation.t_end):
        yield Violation("P3", f"revision {row.revision} is not in the order of time", operation)
    if operation.status == 201 and row.replaced is not None:
        yield Violation("P6", f"it was created over {row.replaced.revision}", operation)
    if operation.op == "update" and operation.status == 200 and operation.asked not in _meant(row):
        found = row.replaced.revision if row.replaced else "nothing"
        yield Violation("P6", f"an update lost: meant over {operation.asked}, done over {found}", operation)


def _meant(row: Row) -> tuple[int, ...]:
    """The preconditions with which a row could replace the one before it; 0 is none."""
    return () if row.replaced is None else (0, row.replaced.revision)


def _row_of(operation: Operation, log: Log) -> Row | None:
    if operation.op == "delete":
        return log.deletion_of(operation.key, operation.asked)
    rows = log.by_nonce.get(operation.nonce, [])
    return rows[0] if rows else None


def _not_acknowledged(operation: Operation, log: Log, bounds: TimeBounds) -> Iterator[Violation]:
    rows = log.by_nonce.get(operation.nonce, []) if operation.nonce else []
    if operation.is_refused and rows:
        yield Violation("P2", f"what was refused is in the log at {rows[0].revision}", operation)
    if len(rows) > 1:
        yield Violation("P2", f"it was written {len(rows)} times", operation)
    if operation.status in (404, 409) and operation.mode != "wrong-uid":
        first, last = bounds.reached(operation.t_start), bounds.not_reached(operation.t_end) - 1
        states = list(log.states(operation.key, first, min(last, FOREVER)))
        if not any(_is_reason(operation, state) for state in states):
            yield Violation("P6", f"nothing between {first} and {last} is a reason to refuse it", operation)


def _is_reason(operation: Operation, state: Row | None) -> bool:
    """Whether this state of the key makes the request one to refuse, with this code."""
    if operation.status == 404:
        return state is None
    if operation.op == "create":
        return state is not None
    return state is None or state.revision != operation.asked
