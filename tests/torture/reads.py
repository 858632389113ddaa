"""Reads: P4 (how old an answer may be), P5 (a list is the state at its revision, all pages of it)."""

from __future__ import annotations

from collections.abc import Iterator

from tests.torture.history import History, Operation
from tests.torture.log import Log
from tests.torture.time_bounds import TimeBounds
from tests.torture.violation import Violation


def check_reads(history: History, log: Log, bounds: TimeBounds) -> Iterator[Violation]:
    seen: dict[tuple[str, str], int] = {}
    """(client, server) -> how new what was read there last is."""
    for operation in sorted(history.operations, key=lambda operation: operation.t_start):
        if operation.op == "get" and operation.status in (200, 404):
            yield from _get(operation, log, bounds)
        if operation.op == "list" and operation.ended:
            yield Violation("P5", f"a walk in pages met {operation.ended}", operation)
        if operation.op == "list" and operation.status == 200 and operation.mode != "inconsistent":
            yield from _list(operation, log, bounds)
            where = operation.client, operation.server
            if operation.mode == "any":
                if operation.rv < seen.get(where, 0):
                    yield Violation("P4", f"the same server had answered with {seen[where]} before", operation)
                seen[where] = operation.rv


def _get(operation: Operation, log: Log, bounds: TimeBounds) -> Iterator[Violation]:
    first, last = bounds.reached(operation.t_start), bounds.not_reached(operation.t_end) - 1
    states = list(log.states(operation.key, first, last))
    if operation.status == 404:
        if None not in states:
            yield Violation("P4", f"it was there at all times between {first} and {last}", operation)
    elif not any(state and (state.revision, state.nonce) == (operation.rv, operation.nonce) for state in states):
        yield Violation("P4", f"it was never so between {first} and {last}", operation)


def _list(operation: Operation, log: Log, bounds: TimeBounds) -> Iterator[Violation]:
    revision = operation.rv
    if operation.mode in ("newest", "pages") and revision < bounds.reached(operation.t_start):
        yield Violation("P4", f"{bounds.reached(operation.t_start)} had been acknowledged before", operation)
    if revision >= bounds.not_reached(operation.t_end):
        yield Violation("P4", "it is of a revision that came later", operation)
    if operation.mode == "not-older" and revision < operation.asked:
        yield Violation("P4", "it is older than was asked for", operation)
    if operation.mode == "exact" and revision != operation.asked:
        yield Violation("P4", "it is of another revision than was asked for", operation)
    state = log.state_at(operation.key, revision, operation.selector)
    expected = {key: row.revision for key, row in state.items()}
    if expected != operation.items:
        keys = expected.keys() | operation.items.keys()
        wrong = sorted(key for key in keys if expected.get(key) != operation.items.get(key))
        shown = [(key, expected.get(key), operation.items.get(key)) for key in wrong[:3]]
        yield Violation("P5", f"it is not the state at its revision: (key, state, list) {shown}", operation)
