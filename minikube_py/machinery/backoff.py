"""Backoff: how long to wait after a failure, the only place where this project waits before trying again.

Delays double from `initial_s` up to `cap_s`; jitter adds a random part, so that many who failed together do not return
together. Randomness is injected, so a test knows the delays beforehand.

Kubernetes: apimachinery/pkg/util/wait/backoff.go
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class BackoffPolicy:
    initial_s: float
    cap_s: float
    factor: float = 2.0
    jitter: float = 0.0
    """Up to this part of the delay is added to it."""

    def delay_s(self, failures: int, randomness: random.Random | None = None) -> float:
        """The wait after the n-th failure in a row, counted from 0."""
        # The exponent is bounded because a float's is: 2.0**1100 is an OverflowError.
        delay_s = min(self.cap_s, self.initial_s * self.factor ** min(failures, 64))
        return delay_s * (1 + self.jitter * (randomness or random).random()) if self.jitter else delay_s


CONNECTION = BackoffPolicy(initial_s=0.2, cap_s=5.0, jitter=0.5)
"""For who lost the API server: soon there again when it only restarts, no herd when it does not come back."""


@dataclass(slots=True)
class Backoff:
    """Counts the failures in a row of one activity."""

    policy: BackoffPolicy
    randomness: random.Random = field(default_factory=random.Random)
    failures: int = 0

    def next_s(self) -> float:
        """Count a failure and return how long to wait after it."""
        delay_s = self.policy.delay_s(self.failures, self.randomness)
        self.failures += 1
        return delay_s

    async def pause(self) -> None:
        """Count a failure and wait."""
        await asyncio.sleep(self.next_s())

    def reset(self) -> None:
        self.failures = 0
