"""What the documents at the top of the project tell a reader to type, and show as its answer."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PROGRAMS = ("make", "minikube-py", "pykubectl", "pykube-apiserver", "pykubelet", "pykube-proxy")


def document(name: str) -> str:
    return (ROOT / name).read_text()


def blocks(name: str, language: str, heading: str = "") -> list[str]:
    """The code blocks of one language, in order, below a heading if one is given: `sh` is typed, `console` was seen."""
    text = document(name).partition(f"\n{heading}")[2].partition("\n## ")[0] if heading else document(name)
    return [block for found, block in _BLOCK.findall(text) if found == language]


def commands_in(name: str, heading: str = "") -> list[str]:
    """The lines that are to be typed, without their comments."""
    lines = [line.partition(" #")[0].strip() for text in blocks(name, "sh", heading) for line in text.splitlines()]
    if heading:
        return [line for line in lines if line]
    seen = [
        line.removeprefix("$ ") for text in blocks(name, "console") for line in text.splitlines() if line[:2] == "$ "
    ]
    return [line for line in lines if line] + seen


def inline_commands(name: str) -> list[list[str]]:
    """Commands within sentences, as words."""
    found = [code.split() for code in re.findall(r"`([^`\n]+)`", document(name))]
    return [words for words in found if words[0] in _PROGRAMS and len(words) > 1]
