"""Lab and Step: what a lab.yaml says. Pure values; `docs/labs.md` explains each key to those who write labs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from minikube_py.cluster.lab.probe import Part, Probe

MOST_STEPS = 7
MOST_MINUTES = 15


class Action(Part):
    """One thing that is done on a machine: a command, or a program started in the background."""

    run: str = ""
    start: str = ""
    """Its output goes to ~/PROGRAM.log."""
    machine: str = "node1"
    until: tuple[Probe, ...] = ()
    """What is waited for afterwards."""

    @model_validator(mode="after")
    def _does_one_thing(self) -> Action:
        if bool(self.run) == bool(self.start):
            raise ValueError("an action has either `run` or `start`")
        return self


def _as_action(value: Any) -> Any:
    return {"run": value} if isinstance(value, str) else value


Actions = tuple[Annotated[Action, BeforeValidator(_as_action)], ...]


class Prediction(Part):
    question: str
    answer: str


class Failure(Part):
    """What the learner sees before the fix: the command's output, quoted exactly (as in Run.prints)."""

    run: str
    exit: int = 1
    prints: str
    machine: str = "node1"


class Check(Probe):
    """Something that must be so for the step to be done."""

    expected: str
    next: str
    """Which component would have to act next, and why it does not."""


class Hint(Part):
    """Three levels of help for one situation; without `when` for any."""

    when: tuple[Probe, ...] = ()
    question: str
    pointer: str
    answer: str

    @property
    def levels(self) -> tuple[str, str, str]:
        return self.question, self.pointer, self.answer


class Failcheck(Part):
    """A situation out of which only `reset` leads."""

    when: tuple[Probe, ...] = Field(min_length=1)
    say: str


class Wrong(Part):
    """A mistake that learners make, after those before it, and what they must then be told; played by the tests."""

    actions: Actions = Field(alias="do", min_length=1)
    hint: str = ""
    """Words of the hint."""
    dead_end: str = ""
    """Words of the failcheck, where only `reset` helps."""
    afresh: bool = False
    """It is made at the step's beginning."""

    @model_validator(mode="after")
    def _is_answered_once(self) -> Wrong:
        if bool(self.hint) == bool(self.dead_end):
            raise ValueError("a mistake has either `hint` or `dead_end`")
        return self


class Step(Part):
    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    title: str
    predict: Prediction
    failure: Failure
    check: tuple[Check, ...] = Field(min_length=1)
    hintcheck: tuple[Hint, ...] = Field(min_length=1)
    failcheck: tuple[Failcheck, ...] = ()
    wrong: tuple[Wrong, ...] = Field(min_length=1)
    solution: Actions = Field(min_length=1)


class Needs(Part):
    """What the computer must have besides root and namespaces."""

    programs: dict[str, str] = Field(default_factory=dict)
    """Program -> the Debian package that brings it."""
    images: tuple[str, ...] = ()
    """Folders of examples/images; they are built before the lab begins, and the kubelets find them."""


class Lab(Part):
    title: str
    summary: str
    minutes: int = Field(le=MOST_MINUTES)
    machines: tuple[Annotated[str, Field(pattern=r"^node[1-9]$")], ...] = ("node1",)
    needs: Needs = Needs()
    setup: Actions = ()
    """How far things are when the lab begins."""
    steps: tuple[Step, ...] = Field(min_length=1, max_length=MOST_STEPS)
    folder: Path
    """Where it was read from; not in the file."""

    @property
    def name(self) -> str:
        """The folder's name, as in `01-only-http`."""
        return self.folder.name

    @property
    def number(self) -> str:
        return self.name.partition("-")[0]

    def index_of(self, step: str) -> int | None:
        """By id or number, from 1."""
        for index, each in enumerate(self.steps):
            if step in (each.id, str(index + 1)):
                return index
        return None
