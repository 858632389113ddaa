"""Runs an exec session to its end and collects what it printed: how probes and hooks use `Exec`."""

import asyncio
from collections.abc import Sequence

from minikube_py.runtime.abilities import ExecResult, ExecSession, ExecTimeout


async def run_to_end(session: ExecSession, command: Sequence[str], timeout_s: float | None) -> ExecResult:
    """Read the session dry and close it. Raises: ExecTimeout, after the command was killed."""
    chunks: dict[str, list[bytes]] = {"stdout": [], "stderr": []}
    try:
        async with asyncio.timeout(timeout_s):
            async for stream, data in session.output():
                chunks[stream].append(data)
            code = await session.exit_code()
    except TimeoutError:
        raise ExecTimeout(f"command {' '.join(command)!r} did not end within {timeout_s:g}s") from None
    finally:
        await session.close()
    return ExecResult(code, b"".join(chunks["stdout"]), b"".join(chunks["stderr"]))
