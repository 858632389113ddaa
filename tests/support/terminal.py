"""A terminal for programs that look whether they have one."""

from __future__ import annotations

import os
import pty
import subprocess
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
