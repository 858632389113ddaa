"""Judgement: what the answers of the machines mean for the learner. Pure decisions over values."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from minikube_py.cluster.lab.lab import Check, Failcheck, Hint, Step
from minikube_py.cluster.lab.probe import Probe
from minikube_py.cluster.lab.prober import Answer

Ask = Callable[[Probe], Answer]
_WIDTH = 80 - len("  expected: ")
LEVEL_NAMES = ("a question", "a pointer", "the answer")


@dataclass(frozen=True, slots=True)
class Missing:
    """The first thing that is not yet so."""

    expected: str
    seen: str
    next: str
    dead_end: str = ""
    """Why only `reset` helps; empty: it does not take that."""


def judge(step: Step, ask: Ask) -> Missing | None:
    """None: the step is done. Later checks are not asked when an earlier one fails."""
    for check in step.check:
        answer = ask(check)
        if not answer.is_yes:
            return Missing(check.expected, answer.seen, check.next, _dead_end(step.failcheck, ask))
    return None


def _dead_end(failchecks: Sequence[Failcheck], ask: Ask) -> str:
    return next((each.say for each in failchecks if all(ask(probe).is_yes for probe in each.when)), "")


def fitting(hints: Sequence[Hint], ask: Ask) -> int:
    """The first hint whose situation is there; the last one has no `when`, so there always is one."""
    for index, hint in enumerate(hints):
        if all(ask(probe).is_yes for probe in hint.when):
            return index
    return len(hints) - 1


def failure_text(step: Step, number: int, missing: Missing) -> str:
    lines = [
        f"✗ step {number}: {step.title}",
        f"  expected: {_indented(missing.expected)}",
        f"  seen:     {_indented(missing.seen)}",
        f"  next:     {_indented(missing.next)}",
    ]
    if missing.dead_end:
        lines += [f"  {_indented(missing.dead_end)}", "  Only `minikube-py lab reset` leads on from here."]
    return "\n".join(lines)


def _indented(text: str) -> str:
    """Further lines stand below the first one, and none is wider than a terminal of 80 columns."""
    lines = (
        textwrap.wrap(line, _WIDTH, break_long_words=False, break_on_hyphens=False) or [""]
        for line in text.strip().splitlines()
    )
    return "\n            ".join(piece for pieces in lines for piece in pieces)


def asks_what_was_typed(check: Check | Probe) -> bool:
    return check.kind == "typed" or any(asks_what_was_typed(each) for each in check.any)
