"""Probes: questions to a lab's machines, each answered by what is the case there and never by what somebody typed.

The one exception is `typed`, which only hints may use: it looks at the commands of the lab's shells.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, model_validator


class Part(BaseModel):
    """A piece of a lab.yaml: unknown keys are faults."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Run(Part):
    """A command, run by bash in the learner's home folder."""

    command: str
    exit: int | None = 0
    """null: any."""
    prints: str = ""
    """Lines that must be in its output, in this order; `...` stands for anything within a line, spaces for spaces."""


class Http(Part):
    url: str
    status: int = 200
    """0: nobody answers within a second."""
    contains: str = ""


class Port(Part):
    """A listening TCP port; held_by is part of the command line of the process that holds it."""

    number: int
    held_by: str = ""


class Process(Part):
    """A running process by its program's name, and by something that its command line has, or lacks."""

    name: str
    with_flag: str = ""
    without_flag: str = ""


class Etcd(Part):
    """Keys in the store at localhost:2379."""

    prefix: str
    contains: str = ""
    at_least: int = 1


class Objects(Part):
    """Objects of the API server at localhost:8080: how many there are with these labels and this field."""

    resource: str
    """The plural, as in `pods`."""
    name: str = ""
    namespace: str = "default"
    selector: str = ""
    field: str = ""
    """A path like status.phase, or metadata.annotations[a.b/c]; without `is` it must be there and not be empty."""
    value: str | None = None
    """What the field must be, as text."""
    count: int | None = None
    at_least: int = 1


class Packet(Part):
    """Whether a TCP connection (ADDRESS:PORT) or a ping (ADDRESS) gets an answer."""

    to: str


class Log(Part):
    """A line in what a running program prints, where that goes to a file."""

    of: str
    contains: str


class File(Part):
    path: str
    """From the learner's home folder."""
    contains: str = ""


class Typed(Part):
    """For hints only: a regular expression for one of the last commands in the lab's shells."""

    matches: str
    exit: int | None = None


class Probe(Part):
    """One question, asked on one machine."""

    run: Run | None = None
    http: Http | None = None
    port: Port | None = None
    process: Process | None = None
    etcd: Etcd | None = None
    objects: Objects | None = None
    packet: Packet | None = None
    log: Log | None = None
    file: File | None = None
    typed: Typed | None = None
    any: tuple[Probe, ...] = ()
    """One of these is enough."""
    machine: str = "node1"
    absent: bool = False
    """The answer must be no."""

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Probe:
        if len(self.questions()) != 1:
            known = ", ".join(KINDS)
            raise ValueError(
                f"a probe asks exactly one thing, this one asks {len(self.questions())}; choose of {known}"
            )
        return self

    def questions(self) -> list[str]:
        return [kind for kind in KINDS if getattr(self, kind)]

    @property
    def kind(self) -> str:
        return self.questions()[0]


KINDS = ("run", "http", "port", "process", "etcd", "objects", "packet", "log", "file", "typed", "any")
