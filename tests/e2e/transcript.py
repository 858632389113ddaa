"""What kubectl said, with everything masked that differs from run to run."""

from __future__ import annotations

import re
from typing import Final

_MASKS: Final = (
    # What kubectl logs while it looks for the API's groups; how often it tries differs.
    (re.compile(r"^E\d{4} .*\n", re.MULTILINE), ""),
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "UID"),
    (re.compile(r"\bweb-[0-9a-f]{8,10}-[a-z0-9]{5}\b"), "web-HASH-RANDOM"),
    (re.compile(r"\bweb-[0-9a-f]{8,10}\b"), "web-HASH"),
    (re.compile(r"(pod-template-hash=)[0-9a-f]{8,10}"), r"\1HASH"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|\w{3}, \d\d \w{3} \d{4} [\d:]+ [+-]\d{4}"), "TIME"),
    (re.compile(r"\b(172|10)(\.\d+){3}\b"), "ADDRESS"),
    (re.compile(r"\b(\d+[dhms])+\b(?= *$| +\S|\))", re.MULTILINE), "AGE"),
    (re.compile(r"\[::1\]|127\.0\.0\.1"), "LOOPBACK"),
    # Columns are as wide as what was masked.
    (re.compile(r"(?<=\S)  +"), "   "),
    (re.compile(r" +$", re.MULTILINE), ""),
)


def masked(text: str) -> str:
    """The text without uids, random names, times, ages, addresses and log lines."""
    for pattern, replacement in _MASKS:
        text = pattern.sub(replacement, text)
    return text
