"""Runs a program to its end and keeps what it said; the one place of this package that waits for helper programs."""

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from minikube_py.runtime.interface import RuntimeFault, RuntimeUnavailable


class ProgramFailed(RuntimeFault):
    """A helper program ended with an error; `stderr` is what it printed."""

    def __init__(self, argv: Sequence[str], exit_code: int, stderr: str) -> None:
        super().__init__(f"{Path(argv[0]).name} {_verb(argv)}: {stderr.strip() or f'exit code {exit_code}'}")
        self.exit_code = exit_code
        self.stderr = stderr


@dataclass(frozen=True, slots=True)
class Output:
    exit_code: int
    stdout: bytes
    stderr: bytes


def find_program(name: str, package: str) -> str:
    """The path of a program. Raises: RuntimeUnavailable naming the package to install."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin")
    if found is None:
        raise RuntimeUnavailable(f"{name} is not installed; try `apt-get install {package}`")
    return found


async def run(argv: Sequence[str], *, env: Mapping[str, str] | None = None) -> Output:
    """Run a program and return its output whatever its exit code; cancelled, it is killed."""
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=env,
        )
    except FileNotFoundError as error:
        raise RuntimeUnavailable(f"{argv[0]} is not installed") from error
    try:
        stdout, stderr = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    return Output(process.returncode or 0, stdout, stderr)


async def check(argv: Sequence[str], *, env: Mapping[str, str] | None = None) -> bytes:
    """Run a program and return its stdout. Raises: ProgramFailed."""
    output = await run(argv, env=env)
    if output.exit_code != 0:
        raise ProgramFailed(argv, output.exit_code, output.stderr.decode(errors="replace"))
    return output.stdout


def _verb(argv: Sequence[str]) -> str:
    return next((word for word in argv[1:] if not word.startswith("-") and "/" not in word), "")
