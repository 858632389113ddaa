"""`make overload [STORE=sqlite|etcd] [KINDS=lists,events] [SECONDS=60]`: bad users; does anybody else notice?"""

from __future__ import annotations

import argparse
import asyncio
import sys

from tests.overload.run import KINDS, overload, stage


def main() -> int:
    parser = argparse.ArgumentParser(prog="make overload", description=__doc__)
    parser.add_argument("--store", default="", help="one store only: sqlite, etcd")
    parser.add_argument("--kinds", default="", help="names with commas; all by default")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--processes", action="store_true", help="a process a component, as with that flag of start")
    asked = parser.parse_args()
    names = [name for name in asked.kinds.split(",") if name]
    bad = 0
    for store in ("sqlite", "etcd"):
        if asked.store in ("", store):
            bad += asyncio.run(_play(store, names, asked.seconds, processes=asked.processes))
    print(f"{bad} promises were not kept" if bad else "every promise was kept")
    return 1 if bad else 0


async def _play(store: str, names: list[str], seconds: float, *, processes: bool) -> int:
    """How many promises were broken on this store."""
    bad = 0
    async with stage(store, processes=processes) as on:
        for kind in KINDS:
            if not names or kind.name in names:
                report = await overload(on, kind, seconds)
                print(f"{store}: {report}", flush=True)
                bad += sum(not line.is_kept for line in report.lines)
    return bad


if __name__ == "__main__":
    sys.exit(main())
