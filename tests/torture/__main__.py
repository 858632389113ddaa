"""`make torture [STORE=sqlite|etcd] [SEEDS=5] [FAULTS=1,9] [SECONDS=20]`: faults under load; are promises kept?"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
import traceback
from pathlib import Path

from tests.torture.faults import FAULTS
from tests.torture.run import torture


def main() -> int:
    parser = argparse.ArgumentParser(prog="make torture", description=__doc__)
    parser.add_argument("--store", default="", help="one store only: sqlite, etcd")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--faults", default="", help="numbers with commas; all by default")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--out", type=Path, default=Path("build/torture"), help="where histories of bad runs are kept")
    asked = parser.parse_args()
    numbers = [int(number) for number in asked.faults.split(",") if number]
    bad = 0
    for fault in FAULTS:
        for store in fault.stores:
            if (numbers and fault.number not in numbers) or asked.store not in ("", store):
                continue
            for seed in range(1, asked.seeds + 1):
                bad += _run(fault.number, store, seed, asked)
    print(f"{bad} runs were bad or void" if bad else "every promise was kept in every run")
    return 1 if bad else 0


def _run(number: int, store: str, seed: int, asked: argparse.Namespace) -> int:
    """Play one fault; 1 when it found something or counts for nothing."""
    fault = next(fault for fault in FAULTS if fault.number == number)
    folder = Path(tempfile.mkdtemp(prefix=f"torture-{number}-{store}-{seed}-"))
    folder.chmod(0o755)
    is_bad = True
    try:
        try:
            report = asyncio.run(torture(fault, store, seed, asked.seconds, folder))
            print(report, flush=True)
            for problem in report.problems[:20]:
                print(f"    {problem}", flush=True)
            is_bad = bool(report.problems or report.why_void)
        except AssertionError:
            print(f"fault {fault.number:2} {store:6} seed {seed}: BROKEN OFF", flush=True)
            traceback.print_exc()
        if is_bad:
            kept = asked.out / folder.name
            shutil.copytree(folder, kept, dirs_exist_ok=True, ignore=shutil.ignore_patterns("disk"))
            print(f"    kept in {kept}", flush=True)
        return int(is_bad)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
