"""The numbers of an Indexed job's pods: as text in the job's status, and on the pods. Pure.

Kubernetes: pkg/controller/job/indexed_job_utils.go
"""

from __future__ import annotations

from collections.abc import Iterable

from minikube_py.api.kinds.core.pod import Pod

INDEX = "batch.kubernetes.io/job-completion-index"
"""The annotation, and the label, with a pod's number."""


def index_of(pod: Pod) -> int | None:
    text = pod.metadata.annotations.get(INDEX, "")
    return int(text) if text.isdecimal() else None


def parsed(text: str) -> frozenset[int]:
    """`0-2,5` as numbers; what is no number is left out."""
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if first.isdecimal() and (last if dash else first).isdecimal():
            found.update(range(int(first), int(last if dash else first) + 1))
    return frozenset(found)


def written(numbers: Iterable[int]) -> str:
    """The numbers as text, three or more in a row as `first-last`."""
    parts: list[str] = []
    row: list[int] = []
    for number in [*sorted(numbers), -1]:
        if row and number == row[-1] + 1:
            row.append(number)
            continue
        parts += [f"{row[0]}-{row[-1]}"] if len(row) > 2 else map(str, row)
        row = [number]
    return ",".join(parts)
