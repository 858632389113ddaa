"""A process told apart from a later one with the same number: (pid, start time), and a wait that costs no polling.

A pid alone may be somebody else's by the time we signal it. The start time, in clock ticks since boot, from
/proc/PID/stat makes it unique until the next boot; a pidfd then pins it while we signal or wait.
"""

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Process:
    pid: int
    start_time: int


def process_of(pid: int) -> Process | None:
    """The process that has this number now; None if there is none or it is a zombie."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    state, *numbers = text[text.rindex(")") + 2 :].split()
    return None if state in "ZX" else Process(pid, int(numbers[18]))


def read_pid_file(path: Path) -> Process | None:
    """The process a program wrote the number of."""
    try:
        return process_of(int(path.read_text()))
    except (OSError, ValueError):
        return None


def is_alive(process: Process) -> bool:
    return process_of(process.pid) == process


def send_signal(process: Process, number: int) -> bool:
    """Signal exactly this process; False if it is gone."""
    descriptor = _pidfd(process)
    if descriptor is None:
        return False
    try:
        signal.pidfd_send_signal(descriptor, number)
    except ProcessLookupError:
        return False
    finally:
        os.close(descriptor)
    return True


class ExitWatch:
    """Calls back once, from the event loop, when a process has ended (at once if it already has)."""

    def __init__(self, process: Process, on_exit: Callable[[], None]) -> None:
        self._on_exit = on_exit
        self._loop = asyncio.get_running_loop()
        self._descriptor = _pidfd(process)
        if self._descriptor is None:
            self._loop.call_soon(on_exit)
        else:
            self._loop.add_reader(self._descriptor, self._ended)

    def cancel(self) -> None:
        """Stop waiting; the process is not touched."""
        if self._descriptor is not None:
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = None

    def _ended(self) -> None:
        self.cancel()
        self._on_exit()


def _pidfd(process: Process) -> int | None:
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return None
    # Checked after the pidfd exists: from here on the number cannot pass to anybody else.
    if not is_alive(process):
        os.close(descriptor)
        return None
    return descriptor
