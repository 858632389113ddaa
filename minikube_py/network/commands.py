"""Runs `ip` and `iptables`: the network's only hands. Every failure is a CommandFailed with the command in it.

`ip` is given its commands in one batch: one process for a whole pod instead of six, and what happens to the node can
be read (and typed) as the lines a person would type.
"""

import asyncio
import contextlib
import shutil
from collections.abc import Sequence
from pathlib import Path

from minikube_py.network.interface import CommandFailed, NetworkFault


def find_program(name: str, package: str) -> str:
    """The path of a program. Raises: NetworkFault naming the package to install."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin")
    if found is None:
        raise NetworkFault(f"{name} is not installed; try `apt-get install {package}`")
    return found


async def ip_batch(lines: Sequence[str], netns: Path | None = None) -> None:
    """Carry out `ip` commands in order, inside a network namespace if one is given. Raises: CommandFailed."""
    # nsenter and not `ip -netns`: that one knows only names under /var/run/netns and mounts a second /sys.
    inside = () if netns is None else (find_program("nsenter", "util-linux"), f"--net={netns}")
    await run((*inside, find_program("ip", "iproute2"), "-batch", "-"), "\n".join(lines) + "\n")


async def run(argv: Sequence[str], text: str = "") -> str:
    """Run a program with `text` as its input and return what it printed. Raises: CommandFailed."""
    process = await asyncio.create_subprocess_exec(
        *argv, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        stdout, stderr = await process.communicate(text.encode())
    except asyncio.CancelledError:
        # It may have ended in this very moment.
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise
    if process.returncode != 0:
        said = stderr.decode(errors="replace")
        raise CommandFailed(tuple(argv), f"{said}(input: {text.strip()})" if text else said)
    return stdout.decode(errors="replace")
