"""A promise that was not kept."""

from __future__ import annotations

from dataclasses import dataclass

from tests.torture.history import Operation


@dataclass(frozen=True, slots=True)
class Violation:
    promise: str
    what: str
    operation: Operation

    def __str__(self) -> str:
        operation = self.operation
        return (
            f"{self.promise}: {self.what} ({operation.client} {operation.op} {operation.key} mode={operation.mode} "
            f"asked={operation.asked} status={operation.status} rv={operation.rv} at {operation.t_start:.3f})"
        )
