"""Remarks: what is told besides a request's answer: warnings to its client, annotations to the audit log.

Like the caller they belong to the request, and not to the objects that are written for it.

Kubernetes: staging/src/k8s.io/apiserver/pkg/warning, pkg/audit/context.go
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True)
class Remarks:
    warnings: list[str] = field(default_factory=list)
    annotations: dict[str, str] = field(default_factory=dict)


_REMARKS: ContextVar[Remarks | None] = ContextVar("remarks", default=None)


def begin() -> None:
    """The request that this task answers begins."""
    _REMARKS.set(Remarks())


def warnings() -> tuple[str, ...]:
    remarks = _REMARKS.get()
    return tuple(remarks.warnings) if remarks is not None else ()


def noted() -> dict[str, str]:
    remarks = _REMARKS.get()
    return remarks.annotations if remarks is not None else {}


def warn(*texts: str) -> None:
    """Once, however often the write is tried. What the server writes of its own accord has nobody to be warned."""
    remarks = _REMARKS.get()
    if remarks is not None:
        remarks.warnings += [text for text in texts if text not in remarks.warnings]


def annotate(key: str, value: str) -> None:
    remarks = _REMARKS.get()
    if remarks is not None:
        remarks.annotations[key] = value
