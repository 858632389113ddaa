"""Any sequence of reads, writes, pages, watches, compactions and restarts agrees with a list of what was written.

`make fuzz` runs 300 sequences of 50 steps for each store, every change a few.
"""

from __future__ import annotations

import asyncio
import bisect
import os
import uuid
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from minikube_py.storage import Event, KeyExists, RevisionConflict, Storage
from minikube_py.storage.interface import Compacted, FutureRevision, KeyValue
from tests.contract.storage.backends import Backend, MemoryBackend
from tests.contract.storage.watching import events_through

RUNS, STEPS = int(os.environ.get("FUZZ_RUNS", "8")), 50
NAMES = st.sampled_from(["a", "a/b", "a0", "ab", "b/\u00e9", "b/\uffff", "b/\U0001f600", "~"])
PREFIXES = st.sampled_from(["", "a", "a/", "b/"])
VALUES = st.binary(max_size=30)
SHARE = st.floats(0, 1)
"""Chooses among what there is: a revision, a key."""


class Machine(RuleBasedStateMachine):
    """The store beside its model: all events in order. Everything that can be asked follows from them."""

    backend: Backend

    @initialize()
    def open(self) -> None:
        self.runner = asyncio.Runner()
        self.prefix = f"/machine-{uuid.uuid4().hex}/"
        self.log: list[Event] = []
        self.live: dict[str, KeyValue] = {}
        self.storage: Storage = self.runner.run(self.backend.open())
        self.begun: int = self.do(self.storage.create("/machine-begins-" + uuid.uuid4().hex, b""))
        self.compacted = self.begun

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            self.runner.run(self.storage.close())
            self.runner.close()

    def do(self, work: Any) -> Any:
        return self.runner.run(asyncio.wait_for(work, 10))

    @property
    def newest(self) -> int:
        return self.log[-1].revision if self.log else self.begun

    def revision(self, share: float) -> int:
        """One of those since before the first event, that of the last compaction and older ones too."""
        known = [self.begun, *(event.revision for event in self.log)]
        return known[round(share * (len(known) - 1))]

    def state(self, revision: int) -> dict[str, KeyValue]:
        found: dict[str, KeyValue] = {}
        for event in self.log[: bisect.bisect_right(self.log, revision, key=lambda event: event.revision)]:
            if event.value is None:
                del found[event.key]
            else:
                created = event.revision if event.created else found[event.key].create_revision
                found[event.key] = KeyValue(event.key, event.value, created, event.revision)
        return found

    def wrote(self, key: str, value: bytes | None, revision: int) -> None:
        assert revision > self.newest
        before = self.live.pop(key, None)
        self.log.append(Event(key, value, before.value if before else None, revision, created=before is None))
        if value is not None:
            created = before.create_revision if before else revision
            self.live[key] = KeyValue(key, value, created, revision)

    @rule(name=NAMES, value=VALUES)
    def create(self, name: str, value: bytes) -> None:
        key = self.prefix + name
        if key in self.live:
            with pytest.raises(KeyExists):
                self.do(self.storage.create(key, value))
        else:
            self.wrote(key, value, self.do(self.storage.create(key, value)))

    @rule(name=NAMES, value=st.none() | VALUES, share=st.none() | SHARE)
    def change(self, name: str, value: bytes | None, share: float | None) -> None:
        """Update, or delete where the value is None; from the right revision, or from any."""
        key = self.prefix + name
        current = self.live.get(key)
        expected = current.revision if current and share is None else self.revision(share or 0.0)
        work = self.storage.delete(key, expected) if value is None else self.storage.update(key, value, expected)
        if current is None or expected != current.revision:
            with pytest.raises(RevisionConflict) as lost:
                self.do(work)
            assert lost.value.current == current
        else:
            self.wrote(key, value, self.do(work))

    @rule(name=NAMES, share=st.none() | SHARE)
    def get(self, name: str, share: float | None) -> None:
        key = self.prefix + name
        if share is None:
            assert self.do(self.storage.get(key)) == self.live.get(key)
            return
        revision = self.revision(share)
        try:
            found = self.do(self.storage.get(key, revision))
        except Compacted:
            assert revision < self.compacted
        else:
            assert revision >= self.compacted
            assert found == self.state(revision).get(key)

    @rule(prefix=PREFIXES, limit=st.integers(0, 4), share=st.none() | SHARE)
    def list(self, prefix: str, limit: int, share: float | None) -> None:
        """All pages of one snapshot, which is the newest or an older one."""
        prefix, start = self.prefix + prefix, ""
        asked = self.revision(share) if share is not None else 0
        items: list[KeyValue] = []
        try:
            while True:
                page = self.do(self.storage.list(prefix, start=start, limit=limit, revision=asked))
                assert len(page.items) <= (limit or len(page.items))
                items += page.items
                asked = asked or page.revision
                assert page.revision >= asked
                if not page.more:
                    assert page.remaining == 0
                    break
                assert page.items
                start = page.items[-1].key + "\0"
        except Compacted:
            assert asked < self.compacted
            return
        assert asked >= self.compacted
        wanted = sorted((key, item) for key, item in self.state(asked).items() if key.startswith(prefix))
        assert items == [item for _, item in wanted]

    @rule(prefix=PREFIXES, share=SHARE)
    def watch(self, prefix: str, share: float) -> None:
        after, prefix = self.revision(share), self.prefix + prefix
        if after == self.newest:
            return
        try:
            events = self.do(events_through(self.storage, prefix, after, self.newest))
        except Compacted:
            assert after < self.compacted
        else:
            assert after >= self.compacted
            assert events == [event for event in self.log if event.revision > after and event.key.startswith(prefix)]

    @rule(share=SHARE)
    def compact(self, share: float) -> None:
        revision = self.revision(share)
        self.do(self.storage.compact(revision))
        self.compacted = max(self.compacted, revision)

    @rule(name=NAMES)
    def look_ahead(self, name: str) -> None:
        """Nobody else writes: what is not written yet can be neither read nor forgotten."""
        later = self.do(self.storage.current_revision()) + 100
        for work in (self.storage.get(self.prefix + name, later), self.storage.compact(later)):
            with pytest.raises(FutureRevision):
                self.do(work)

    @precondition(lambda self: not isinstance(self.backend, MemoryBackend))
    @rule()
    def reopen(self) -> None:
        self.do(self.storage.close())
        self.storage = self.do(self.backend.open())
        assert self.do(self.storage.current_revision()) >= self.newest


def test_any_sequence_agrees_with_the_log_of_what_was_written(backend: Backend) -> None:
    given = settings(
        max_examples=RUNS, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(type("MachineOnBackend", (Machine,), {"backend": backend}), settings=given)
