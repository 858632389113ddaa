"""Progress: one line a step, in the style of kind; plain where nobody watches."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Progress:
    """Prints ` • step ...` and turns it into ` ✓ step (1.2 s)`; without a terminal only the second line."""

    def __init__(self) -> None:
        self._is_terminal = sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        began = time.monotonic()
        if self._is_terminal:
            print(f" \033[2m•\033[0m {text} ...", end="", flush=True)
        try:
            yield
        except BaseException:
            self._finish("✗", "\033[31m", text, began)
            raise
        self._finish("✓", "\033[32m", text, began)

    def _finish(self, sign: str, color: str, text: str, began: float) -> None:
        took = f"({time.monotonic() - began:.1f} s)"
        if self._is_terminal:
            print(f"\r\033[K {color}{sign}\033[0m {text} \033[2m{took}\033[0m")
        else:
            print(f" {sign} {text} {took}", flush=True)


class Silence(Progress):
    """Where a document is printed, nothing else is."""

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        yield
