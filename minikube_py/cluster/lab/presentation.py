"""Presentation: texts of a lab on the terminal; with colours where somebody watches, plain where not. 80 columns."""

from __future__ import annotations

import os
import re
import sys
import textwrap
import time

from minikube_py.cluster.lab.judgement import LEVEL_NAMES, failure_text
from minikube_py.cluster.lab.lab import Hint, Lab, Step
from minikube_py.cluster.lab.readme import Readme, Section, read_readme
from minikube_py.cluster.lab.session import LabProgress

_WIDTH = 80
_GREEN, _RED, _CYAN, _BOLD, _DIM = "32", "31", "36", "1", "2"


def is_rich() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def painted(text: str, color: str) -> str:
    return f"\033[{color}m{text}\033[0m" if is_rich() else text


def section_text(lab: Lab, index: int) -> str:
    """A step's text as the README has it, and where its links lead."""
    readme = read_readme(lab.folder)
    section = readme.step(index)
    if section is None:
        return ""
    heading = painted(f"Step {index + 1} of {len(lab.steps)}: {section.title}", _BOLD)
    links = "".join(f"[{label}] {target}\n" for label, target in _links(readme, section))
    return f"{heading}\n\n{_code_painted(section.text)}\n\n{links}"


def _links(readme: Readme, section: Section) -> list[tuple[str, str]]:
    """Files of ours by their whole path, so that they can be opened from wherever one is."""
    return [
        (label, target if "://" in target else str((readme.path.parent / target).resolve()))
        for label, target in readme.references().items()
        if f"][{label}]" in section.text
    ]


def _code_painted(text: str) -> str:
    lines, color = [], ""
    for line in text.splitlines():
        if line.startswith("```"):
            color = "" if color else (_CYAN if line.startswith("```bash") else _DIM)
            if is_rich():
                continue
        lines.append(painted(line, color) if color else _emphasised(line))
    return "\n".join(lines)


def _emphasised(line: str) -> str:
    if is_rich():
        line = re.sub(r"\*\*(.+?)\*\*", lambda found: painted(found[1], _BOLD), line)
    return line


def begun_text(lab: Lab, index: int, *, goes_on: bool) -> str:
    how = f"goes on at step {index + 1}" if goes_on else f"{lab.minutes} minutes, {len(lab.steps)} steps"
    if index == len(lab.steps):
        how = "all steps are done"
    verbs: tuple[tuple[str, str], ...] = (
        ("minikube-py lab shell", "a shell on the lab's machine; as many as you like"),
        ("minikube-py lab watch", "in another terminal: turns green by itself"),
        ("minikube-py lab hint", "when stuck; three levels"),
        ("minikube-py lab read", "this step's text again"),
    )
    intro = "" if goes_on else read_readme(lab.folder).intro.partition("\n")[2].strip()
    what = _code_painted(intro) if intro else textwrap.fill(lab.summary, _WIDTH)
    lines = [painted(f"Lab {lab.number}: {lab.title}", _BOLD) + f" ({how})", "", what, ""]
    if len(lab.machines) > 1:
        verbs = (*verbs, (f"minikube-py lab shell {lab.machines[-1]}", "a shell on another machine"))
    lines += [f"  {verb:<27} {what}" for verb, what in verbs]
    return "\n".join([*lines, f"\nThe whole text: {lab.folder / 'README.md'}\n"])


def question_text(step: Step) -> str:
    return textwrap.fill(step.predict.question.strip(), _WIDTH)


def passed_text(lab: Lab, index: int, progress: LabProgress) -> str:
    step = lab.steps[index]
    lines = [painted(f"✓ step {index + 1}: {step.title}", _GREEN)]
    if said := progress.predictions.get(step.id):
        lines.append(_filled("  you said: ", said))
    lines.append(_filled("  it was:   ", step.predict.answer))
    if index + 1 == len(lab.steps):
        lines += ["", done_text(lab, progress)]
    return "\n".join(lines)


def done_text(lab: Lab, progress: LabProgress) -> str:
    done = painted(f"✓ lab {lab.number} is done.", _GREEN)
    next_verbs = "minikube-py lab stop takes its machines away.\nminikube-py lab list shows the others."
    return f"{done} Hints used: {progress.hints}.\n{next_verbs}"


def missing_text(lab: Lab, index: int, missing: object) -> str:
    text = failure_text(lab.steps[index], index + 1, missing)  # type: ignore[arg-type]  # a Missing
    first, _, rest = text.partition("\n")
    return f"{painted(first, _RED)}\n{rest}"


def hint_text(hint: Hint, level: int) -> str:
    lines = [_filled(f"{name}: ", text) for name, text in zip(LEVEL_NAMES, hint.levels[:level], strict=False)]
    more = "" if level == len(LEVEL_NAMES) else f"(minikube-py lab hint again for {LEVEL_NAMES[level]})"
    return "\n".join([*lines, more]).rstrip()


def _filled(first: str, text: str) -> str:
    """Wrapped, further lines below the first; lines of the text that are commands stay as they are."""
    return textwrap.fill(
        text.strip(), _WIDTH, initial_indent=first, subsequent_indent=" " * len(first),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def list_line(lab: Lab, progress: LabProgress, *, is_under_way: bool) -> str:
    sign = "✓" if progress.finished else "▶" if is_under_way else " "
    took = f"{(progress.finished - progress.started) / 60:.0f} min" if progress.finished else f"~{lab.minutes} min"
    done = f"{len(progress.passed)}/{len(lab.steps)}"
    line = f"{sign} {lab.number}  {lab.title:<28} {took:>7}  {done:>4} steps"
    return painted(line, _GREEN) if progress.finished else line


def now() -> str:
    return time.strftime("%H:%M:%S")
