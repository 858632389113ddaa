"""From times to revisions: which revisions an operation may have met, by what was acknowledged before and begun after.

Every acknowledged write has one revision, so there is nothing to search for: whatever ended before an operation began
has a smaller revision than it, whatever began after it ended a larger one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import accumulate

from tests.torture.log import FOREVER


class TimeBounds:
    def __init__(self, writes: Iterable[tuple[float, float, int]]) -> None:
        """Of acknowledged writes: began, ended, revision."""
        known = list(writes)
        by_end = sorted((end, revision) for _, end, revision in known)
        by_start = sorted(((start, revision) for start, _, revision in known), reverse=True)
        self._ends = [end for end, _ in by_end]
        self._largest = list(accumulate((revision for _, revision in by_end), max))
        self._starts = [start for start, _ in reversed(by_start)]
        self._smallest = list(accumulate((revision for _, revision in by_start), min))[::-1]

    def reached(self, time: float) -> int:
        """The largest revision that was acknowledged before a time."""
        position = bisect_left(self._ends, time)
        return self._largest[position - 1] if position else 0

    def not_reached(self, time: float) -> int:
        """The smallest revision of the writes that began after a time."""
        position = bisect_right(self._starts, time)
        return self._smallest[position] if position < len(self._smallest) else FOREVER
