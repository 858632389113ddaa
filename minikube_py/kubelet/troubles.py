"""Starts that failed before there was a container: what to show, and when to try again. Times are epoch seconds.

A pull that failed shows ErrImagePull for a moment, then ImagePullBackOff until its back-off is over; anything else
shows its own reason and is tried again every ten seconds.

Kubernetes: pkg/kubelet/images/image_manager.go, pkg/kubelet/kuberuntime/kuberuntime_container.go (startContainer)
"""

from dataclasses import dataclass

from minikube_py.kubelet.backoff import Backoff, grow
from minikube_py.kubelet.plan import StartTrouble, Waiting

ERROR_SHOWN_S = 3.0
RETRY_S = 10.0


@dataclass(frozen=True, slots=True)
class _Failure:
    waiting: Waiting
    failed_at: float
    backoff: Backoff | None = None
    image: str = ""


class Troubles:
    """The failed starts of one pod, by container name."""

    def __init__(self) -> None:
        self._failures: dict[str, _Failure] = {}

    def failed(self, name: str, waiting: Waiting, now: float) -> None:
        """A start failed; it is tried again after a fixed time."""
        self._failures[name] = _Failure(waiting, now)

    def pull_failed(self, name: str, image: str, waiting: Waiting, now: float) -> None:
        """A pull failed; each failure doubles the wait, unless the image has changed."""
        before = self._failures.get(name)
        backoff = before.backoff if before is not None and before.image == image else None
        self._failures[name] = _Failure(waiting, now, grow(backoff, now, now), image)

    def forget(self, name: str) -> None:
        self._failures.pop(name, None)

    def at(self, now: float) -> dict[str, StartTrouble]:
        """What stands at this moment."""
        return {name: _trouble(failure, now) for name, failure in self._failures.items()}


def _trouble(failure: _Failure, now: float) -> StartTrouble:
    if failure.backoff is None:
        return StartTrouble(failure.waiting, failure.failed_at + RETRY_S)
    shown_until = failure.failed_at + ERROR_SHOWN_S
    if now < shown_until:
        return StartTrouble(failure.waiting, shown_until)
    said = f'Back-off pulling image "{failure.image}": {failure.waiting.reason}: {failure.waiting.message}'
    return StartTrouble(Waiting("ImagePullBackOff", said), failure.backoff.ready_at(failure.failed_at))
