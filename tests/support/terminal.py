"""A terminal for programs that look whether they have one."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence


def seen_on_terminal(argv: Sequence[str], environment: Mapping[str, str], typed: str = "") -> tuple[int, str]:
    """Exit code, and everything a program prints when a terminal is at its other end; `typed` is waiting there."""
    ours, its = pty.openpty()
    os.write(ours, typed.encode())
    with subprocess.Popen(argv, env={**environment, "TERM": "xterm"}, stdin=its, stdout=its, stderr=its) as process:
        os.close(its)
        text = b""
        while piece := _read(ours):
            text += piece
    os.close(ours)
    return process.returncode, text.decode()


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # how Linux says that nobody holds the other end any more
        return b""


class Terminal:
    """A program at a terminal of 99 columns and 33 rows, and a person who reads before typing on."""

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str]) -> None:
        self._ours, its = pty.openpty()
        termios.tcsetwinsize(its, (33, 99))
        terminal = {**environment, "TERM": "xterm"}
        self.process = subprocess.Popen(argv, env=terminal, stdin=its, stdout=its, stderr=its, start_new_session=True)
        os.close(its)
        self.text = ""

    def type(self, line: str) -> None:
        os.write(self._ours, line.encode())

    def read_until(self, seen: str, timeout_s: float = 30.0) -> None:
        """Raises: AssertionError with everything read when `seen` (a regular expression) is not in it in time."""
        deadline = time.monotonic() + timeout_s
        while not re.search(seen, self.text):
            ready, _, _ = select.select([self._ours], [], [], deadline - time.monotonic())
            piece = _read(self._ours) if ready else b""
            assert piece, f"{seen!r} was not printed, but {self.text!r}"
            self.text += piece.decode()

    def end(self, timeout_s: float = 30.0) -> int:
        """The exit code of a program that ends by itself; what it printed last is in `text`."""
        try:
            code = self.process.wait(timeout_s)
            while piece := _read(self._ours):
                self.text += piece.decode()
            return code
        finally:
            self.process.kill()
            os.close(self._ours)
