"""How long to wait before trying again: 10 s, doubled up to 5 minutes, forgotten after 10 quiet minutes. Pure.

The same rule holds for restarting a container and for pulling an image.

Kubernetes: client-go/util/flowcontrol/backoff.go; pkg/kubelet/kuberuntime (doBackOff)
"""

from dataclasses import dataclass

INITIAL_S = 10.0
MAXIMUM_S = 300.0
FORGET_AFTER_S = 600.0


@dataclass(frozen=True, slots=True)
class Backoff:
    """The wait after an end; `updated_at` is when it last grew (epoch seconds, like every moment here)."""

    wait_s: float
    updated_at: float

    def ready_at(self, ended_at: float) -> float:
        """When something that ended at `ended_at` may be tried again."""
        return ended_at if self._is_forgotten(ended_at) else ended_at + self.wait_s

    def _is_forgotten(self, ended_at: float) -> bool:
        return ended_at - self.updated_at > FORGET_AFTER_S


def grow(backoff: Backoff | None, ended_at: float, now: float) -> Backoff:
    """The wait after one more try."""
    if backoff is None or backoff.ready_at(ended_at) == ended_at:
        return Backoff(INITIAL_S, now)
    return Backoff(min(backoff.wait_s * 2, MAXIMUM_S), now)


def duration_text(seconds: float) -> str:
    """As Go writes a duration of whole seconds: 40s, 1m20s, 5m0s."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes}m{rest}s"
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
