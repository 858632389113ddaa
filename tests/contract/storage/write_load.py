"""A program for test_sqlite_crash: writes to a SQLite store until it is killed, and reports each acknowledged write.

python -m tests.contract.storage.write_load PATH
"""

import asyncio
import sys

from minikube_py.storage import Storage, open_storage

_WRITERS = 8


async def _write(storage: Storage, writer: int) -> None:
    number = 0
    while True:
        key = f"/load/{writer}/{number}"
        revision = await storage.create(key, key.encode() * 20)
        sys.stdout.write(f"{revision} {key}\n")
        sys.stdout.flush()
        number += 1


async def _main(path: str) -> None:
    storage = await open_storage(f"sqlite://{path}")
    async with asyncio.TaskGroup() as writers:
        for writer in range(_WRITERS):
            writers.create_task(_write(storage, writer))


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
