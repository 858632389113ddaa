"""A lab's README: the text that learners read, cut into its steps, and the commands in it. Pure.

`## N. Title` begins step N. Commands stand in blocks marked `bash`, what they print in a block marked `text` after it.
A block marked `bash shell=NAME` is for another shell, in which a program stays in the foreground; `machine=node2` says
on which machine it is, and without a shell's name: in the one shell of that machine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_HEADING = re.compile(r"^## (?:(\d+)\. )?(.+)$")
_FENCE = re.compile(r"^```(\w*) ?(.*)$")
_SHELL = re.compile(r"\bshell=([a-z0-9-]+)")
_MACHINE = re.compile(r"\bmachine=([a-z0-9-]+)")
_FIRST_MACHINE = "node1"
REFERENCE = re.compile(r"^\[([^\]]+)\]: *(\S+)$")
"""A line `[1a]: TARGET`, which says where `[what][1a]` leads."""


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of code: commands, or output."""

    line: int
    language: str
    shell: str
    """Empty: the shell that the learner is in."""
    machine: str
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """What stands below one heading of the second level; `number` is 0 where it is no step."""

    line: int
    number: int
    title: str
    text: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Readme:
    path: Path
    intro: str
    sections: tuple[Section, ...]
    lines: tuple[str, ...]

    def step(self, index: int) -> Section | None:
        """By index, from 0."""
        return next((section for section in self.sections if section.number == index + 1), None)

    def steps(self) -> list[Section]:
        return [section for section in self.sections if section.number]

    def references(self) -> dict[str, str]:
        """Label -> where it leads, as it is written."""
        return {found[1]: found[2] for line in self.lines if (found := REFERENCE.match(line))}


def read_readme(folder: Path) -> Readme:
    """Raises: OSError."""
    path = folder / "README.md"
    lines = path.read_text().splitlines()
    starts = [index for index, line in enumerate(lines) if _HEADING.match(line) and not _is_in_code(lines, index)]
    ends = [*starts, len(lines)][1:]
    sections = tuple(_section(lines, start, end) for start, end in zip(starts, ends, strict=True))
    return Readme(path, "\n".join(lines[: starts[0] if starts else None]).strip(), sections, tuple(lines))


def _is_in_code(lines: list[str], index: int) -> bool:
    return sum(line.startswith("```") for line in lines[:index]) % 2 == 1


def _section(lines: list[str], start: int, end: int) -> Section:
    found = _HEADING.match(lines[start])
    assert found is not None
    body = lines[start + 1 : end]
    return Section(start + 1, int(found[1] or 0), found[2], "\n".join(body).strip(), tuple(_blocks(body, start + 2)))


def _blocks(lines: list[str], first: int) -> list[Block]:
    found, start, mark = [], -1, ("", "")
    for index, line in enumerate(lines):
        fence = _FENCE.match(line)
        if fence is None:
            continue
        if start < 0:
            start, mark = index, (fence[1], fence[2])
        else:
            shell, machine = _SHELL.search(mark[1]), _MACHINE.search(mark[1])
            text = "\n".join(lines[start + 1 : index])
            where = (shell[1] if shell else "", machine[1] if machine else _FIRST_MACHINE)
            found.append(Block(first + start, mark[0], *where, text))
            start = -1
    return found
