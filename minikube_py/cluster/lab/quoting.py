"""Quoted output: whether a text says what a lab quotes. Pure.

Lines in the quotation must be in the text in this order; others may stand between. `...` is anything within a line, and
runs of spaces are equal, because columns are as wide as what is in them.
"""

from __future__ import annotations

import re
from functools import lru_cache

_ANYTHING = re.compile(r"\.{3}(?!\.)")  # of four dots, the first is one


def holds(quoted: str, text: str) -> bool:
    lines = iter(text.splitlines())
    return all(any(_pattern(line).fullmatch(found) for found in lines) for line in quoted.splitlines() if line.strip())


@lru_cache(maxsize=1024)
def _pattern(line: str) -> re.Pattern[str]:
    parts = [r"\s+".join(map(re.escape, re.split(r"\s+", part))) for part in _ANYTHING.split(line.strip())]
    return re.compile(r"\s*" + ".*".join(parts) + r"\s*")
