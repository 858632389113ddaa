"""Explanation: why something is as it is, who would act next, and what shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from minikube_py.api.model import Json
from minikube_py.api.scalars import Time

USER = "you"
"""The next actor where no component can go on by itself."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that anybody can look up."""

    source: str
    """Where: `event FailedScheduling`, `lease kube-system/kube-scheduler`, `node node1`."""
    text: str
    at: Time | None = None


@dataclass(frozen=True, slots=True)
class Since:
    """A time, and what it was read from; never made up."""

    at: Time
    read_from: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer about one subject; `because` goes one object deeper, to where the cause is."""

    subject: str
    """As commands name it: pod/web."""
    cause: str
    """One sentence."""
    is_fine: bool = False
    waits_for: str = ""
    next_actor: str = ""
    since: Since | None = None
    evidence: tuple[Evidence, ...] = ()
    next_steps: tuple[str, ...] = ()
    """What to do or to type."""
    because: Explanation | None = field(default=None)

    @property
    def root(self) -> Explanation:
        """The deepest explanation: the true cause."""
        return self if self.because is None else self.because.root

    def to_dict(self) -> dict[str, Json]:
        """As `-o json` shows it; what is not known is left out."""
        document: dict[str, Json] = {"subject": self.subject, "fine": self.is_fine, "cause": self.cause}
        if self.waits_for:
            document["waitsFor"] = self.waits_for
        if self.next_actor:
            document["nextActor"] = self.next_actor
        if self.since is not None:
            document["since"] = {"time": str(self.since.at), "readFrom": self.since.read_from}
        document["evidence"] = [_evidence(each) for each in self.evidence]
        document["nextSteps"] = list(self.next_steps)
        if self.because is not None:
            document["because"] = self.because.to_dict()
        return document


def since(*moments: tuple[Time | None, str]) -> Since | None:
    """The first of the moments that is known."""
    return next((Since(at, read_from) for at, read_from in moments if at is not None), None)


def joined(names: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    listed = list(names)
    return " and ".join(filter(None, (", ".join(listed[:-1]), listed[-1]))) if listed else ""


def counted(count: int, noun: str) -> str:
    """`1 pod`, `2 pods`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _evidence(evidence: Evidence) -> dict[str, Json]:
    shown: dict[str, Json] = {"source": evidence.source, "text": evidence.text}
    return shown if evidence.at is None else {**shown, "time": str(evidence.at)}
