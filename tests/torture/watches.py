"""Watches: each stream beside what the log says it has to tell from where it was opened (W1 to W10)."""

from __future__ import annotations

from collections.abc import Iterator

from tests.torture.history import History, Operation
from tests.torture.log import Change, Log
from tests.torture.time_bounds import TimeBounds
from tests.torture.violation import Violation


def check_watches(history: History, log: Log, bounds: TimeBounds) -> Iterator[Violation]:
    for operation in history.operations:
        if operation.op != "watch" or operation.status != 200:
            continue
        if operation.ended == "stuck":
            yield Violation("W4", "what was written last never came", operation)
        events = iter(operation.events)
        after = operation.asked
        if operation.mode == "initial":
            initial, after = _initial(events)
            yield from _check_initial(operation, initial, after, log, bounds)
            if not after:
                continue
        yield from _stream(operation, events, after, log)


def _initial(events: Iterator[tuple[str, str, int, str]]) -> tuple[list[tuple[str, str, int, str]], int]:
    """What came before the marked bookmark, and that one's revision (0: it never came)."""
    initial: list[tuple[str, str, int, str]] = []
    for event in events:
        if event[0] == "INITIAL-END":
            return initial, event[2]
        initial.append(event)
    return initial, 0


def _check_initial(
    operation: Operation, initial: list[tuple[str, str, int, str]], revision: int, log: Log, bounds: TimeBounds
) -> Iterator[Violation]:
    if any(kind != "ADDED" for kind, *_ in initial):
        yield Violation("W9", "something else than ADDED came before the end of the initial events", operation)
    if not revision:
        return
    if revision < bounds.reached(operation.t_start):
        yield Violation("W9", f"the initial events are of {revision}, older than what was acknowledged", operation)
    state = log.state_at(operation.key, revision, operation.selector)
    expected = {(key, row.revision, row.nonce) for key, row in state.items()}
    told = {(key, rv, nonce) for _, key, rv, nonce in initial}
    if expected != told or len(told) != len(initial):
        differ = sorted(expected ^ told)[:3]
        yield Violation("W9", f"the initial events are not the state at {revision}: {differ}", operation)


def _stream(
    operation: Operation, events: Iterator[tuple[str, str, int, str]], after: int, log: Log
) -> Iterator[Violation]:
    """Compare until the first difference: what follows one means nothing."""
    expected = log.changes(operation.key, after, operation.selector)
    due = next(expected, None)
    last = after
    for kind, key, revision, nonce in events:
        if kind in ("BOOKMARK", "INITIAL-END"):
            if revision < last or (due is not None and due.revision <= revision):
                yield Violation("W6", f"a bookmark says {revision}, after {last} and before {due}", operation)
                return
        elif due is None or (kind, key, revision, nonce) != (due.type, due.key, due.revision, due.nonce):
            yield _difference(operation, Change(kind, key, revision, nonce), due, last)
            return
        else:
            due = next(expected, None)
        last = revision


def _difference(operation: Operation, told: Change, due: Change | None, last: int) -> Violation:
    if told.revision == last:
        return Violation("W3", f"{told} was told twice", operation)
    if told.revision < last:
        return Violation("W2", f"{told} came after {last}", operation)
    if due is None or told.revision < due.revision:
        return Violation("W1", f"{told} came, and {due} was due", operation)
    if told.revision > due.revision:
        return Violation("W4", f"{due} never came; {told} did", operation)
    return Violation("W7", f"{told} came as that, and not as {due}", operation)
