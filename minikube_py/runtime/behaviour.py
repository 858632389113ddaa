"""How a simulated container lives, as data: what it prints, when and how it ends, what it answers.

A pod carries its script in an annotation, one a container or one for all:
`simulated.minikube-py.dev/<container>: {"exit_after_s": 5, "exit_codes": [1, 1, 0]}`; images carry one by name.
Without any, a container runs until it is stopped and exits 0 at once when asked to.

Kubernetes: kwok's Stage resources play the same part.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import cast

from minikube_py.runtime.abilities import ExecResult, ProbeKind
from minikube_py.runtime.interface import PullFailure, RuntimeFault

ANNOTATION_PREFIX = "simulated.minikube-py.dev/"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One life. Sequences are read by attempt (`exit_codes`) or by call (`probes`); their last element repeats."""

    start_delay_s: float = 0
    start_failure: str = ""
    exit_after_s: float | None = None
    exit_codes: tuple[int, ...] = (0,)
    oom_killed: bool = False
    ignores_stop: bool = False
    log: tuple[str, ...] = ()
    probes: Mapping[str, tuple[bool, ...]] = field(default_factory=dict)
    exec: Mapping[str, ExecResult] = field(default_factory=dict)
    """Answers by command line, the words joined with one space."""
    pull_delay_s: float = 0
    pull_failure: PullFailure | None = None
    cpu_millicores: int = 0
    memory_bytes: int = 0

    def exit_code(self, attempt: int) -> int:
        return self.exit_codes[min(attempt, len(self.exit_codes) - 1)]

    def probe(self, kind: ProbeKind, call: int) -> bool:
        """The answer to the `call`-th probe of this kind, counted from 0."""
        answers = self.probes.get(kind, (True,))
        return answers[min(call, len(answers) - 1)]


FOREVER = Behaviour()


def behaviour_of(container: str, annotations: Mapping[str, str]) -> Behaviour | None:
    """Read a container's script from annotations. Raises: RuntimeFault where it cannot be understood."""
    for key in (ANNOTATION_PREFIX + container, ANNOTATION_PREFIX + "all"):
        if key in annotations:
            return parse_behaviour(annotations[key], key)
    return None


def parse_behaviour(text: str, where: str) -> Behaviour:
    """Raises: RuntimeFault naming `where` and what is wrong."""
    try:
        document = json.loads(text)
        if not isinstance(document, dict):
            raise RuntimeFault(f"{where}: not a simulated behaviour: an object is wanted")
        known = {name.name for name in fields(Behaviour)}
        unknown = sorted(set(document) - known)
        if unknown:
            raise RuntimeFault(f"{where}: unknown field {unknown[0]!r}; known are {', '.join(sorted(known))}")
        return _from_document(document)
    except (ValueError, TypeError, AttributeError, KeyError, IndexError) as error:
        raise RuntimeFault(f"{where}: not a simulated behaviour: {error}") from error


def _from_document(document: dict[str, object]) -> Behaviour:
    values = dict(document)
    if "exit_codes" in values:
        values["exit_codes"] = tuple(int(code) for code in cast(list[int], values["exit_codes"])) or (0,)
    if "log" in values:
        values["log"] = tuple(str(line) for line in cast(list[str], values["log"]))
    if "probes" in values:
        probes = cast(dict[str, list[bool]], values["probes"])
        values["probes"] = {kind: tuple(answers) or (True,) for kind, answers in probes.items()}
    if "exec" in values:
        answers = cast(dict[str, list[object]], values["exec"])
        values["exec"] = {command: _exec_result(answer) for command, answer in answers.items()}
    if "pull_failure" in values:
        values["pull_failure"] = PullFailure(cast(str, values["pull_failure"]))
    return Behaviour(**values)  # type: ignore[arg-type]  # the keys were checked, the values come from JSON


def _exec_result(answer: list[object]) -> ExecResult:
    code, (stdout, stderr) = int(cast(int, answer[0])), (*map(str, answer[1:]), "", "")[:2]
    return ExecResult(code, stdout.encode(), stderr.encode())
