"""A few short faults with one seed. `make torture` plays all of them, for longer and with more seeds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.torture.faults import FAULTS
from tests.torture.run import torture

SEED = 1


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("number", "store"),
    [(3, "sqlite"), pytest.param(1, "etcd", marks=pytest.mark.etcd)],
)
async def test_promises_are_kept_under_faults(number: int, store: str, tmp_path: Path) -> None:
    fault = next(fault for fault in FAULTS if fault.number == number)
    report = await torture(fault, store, SEED, 4, tmp_path)
    assert (report.problems, report.why_void) == ((), ""), str(report)
