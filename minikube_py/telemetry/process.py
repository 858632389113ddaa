"""How every component's process begins and ends: logging, SIGTERM as cancellation, errors as one line.

Kubernetes: staging/src/k8s.io/component-base/cli
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Coroutine

from minikube_py.errors import MinikubeError
from minikube_py.telemetry.log import configure_logging

LoopFactory = Callable[[], asyncio.AbstractEventLoop]


def run_process(
    component: str,
    main: Callable[[], Coroutine[None, None, None]],
    verbosity: int = 2,
    *,
    loop_factory: LoopFactory | None = None,
) -> None:
    """Run a component until it ends, or SIGTERM or SIGINT cancels it; then exit.

    A MinikubeError becomes one line on stderr and exit code 1; being stopped is exit code 0. Who does nothing but talk
    over the network gives uvloop's factory, which spares a fifth of the CPU; who starts programs stays with asyncio's.
    """
    configure_logging(component, verbosity)
    try:
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(_until_stopped(main))
    except* MinikubeError as group:
        for error in _leaves(group):
            print(f"error: {error}", file=sys.stderr)  # noqa: T201  # the one line that a user sees
        sys.exit(1)


async def _until_stopped(main: Callable[[], Coroutine[None, None, None]]) -> None:
    task = asyncio.ensure_future(main())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _leaves(group: BaseExceptionGroup[MinikubeError]) -> list[MinikubeError]:
    found: list[MinikubeError] = []
    for error in group.exceptions:
        found += _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found
