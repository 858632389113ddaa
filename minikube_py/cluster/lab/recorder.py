"""What was typed in a lab's shells: one line a command in the machine's folder; for hints, never for checks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from minikube_py.cluster.lab.machine import INSIDE

_MOST = 200
"""How many commands back a hint looks."""


@dataclass(frozen=True, slots=True)
class Command:
    exit: int
    text: str


def recorded(folder: Path) -> list[Command]:
    """Oldest first."""
    try:
        lines = (folder / "commands").read_text(errors="replace").splitlines()[-_MOST:]
    except FileNotFoundError:
        return []
    parts = [line.partition("\t") for line in lines]
    return [Command(int(code), text) for code, _, text in parts if code.isdigit()]


def record(folder: Path, command: Command) -> None:
    with (folder / "commands").open("a") as file:
        file.write(f"{command.exit}\t{' '.join(command.text.splitlines())}\n")


def shell_settings(lab: str, machine: str) -> str:
    """The rc file of a lab's shells: a prompt that says where one is, and the recording."""
    where = f"lab {lab} {machine}"
    return f"""\
_lab_record() {{
    local code=$? number text
    read -r number text < <(HISTTIMEFORMAT= history 1)
    [ "$number" = "$_lab_last" ] || printf '%s\\t%s\\n' "$code" "$text" >>{INSIDE}/commands
    _lab_last=$number
}}
_lab_last=$(HISTTIMEFORMAT= history 1 | {{ read -r number _; echo "$number"; }})
PROMPT_COMMAND=_lab_record
HISTFILE={INSIDE}/history HISTCONTROL=
if [ -n "${{NO_COLOR:-}}" ] || [ "$TERM" = dumb ]; then
    PS1='{where}:\\w# '
else
    PS1='\\[\\e[36m\\]{where}\\[\\e[0m\\]:\\w# '
fi
alias ls='ls --color=auto' 2>/dev/null
"""
