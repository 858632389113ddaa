"""Places: the network namespaces of this machine, found by the addresses that live in them, and programs run inside.

A node that is a namespace, and every pod, is such a place. Only processes' namespaces are seen, and only root sees all.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from minikube_py.network.commands import find_program
from minikube_py.network.interface import CommandFailed

_LOCAL = re.compile(r"\|-- ([0-9.]+)\n\s+/32 host LOCAL")
_HERE = "/proc/self/ns/net"
_ALWAYS = "127.0.0.1"
DEFAULT = "default"
"""The target of the route for everything that has none of its own."""


def addresses_in(fib_trie: str) -> frozenset[str]:
    """The local addresses in the kernel's own listing of routes (/proc/PID/net/fib_trie)."""
    return frozenset(_LOCAL.findall(fib_trie))


def place_of(address: str) -> Path | None:
    """The namespace in which an IPv4 address is local, the caller's own first; None: not here, or not seen."""
    return next((place for place, addresses in _places() if address in addresses), None)


def addresses_of(place: Path) -> frozenset[str]:
    """All addresses that are local there."""
    return addresses_in(_text(place.parents[1] / "net" / "fib_trie"))


def _places() -> Iterator[tuple[Path, frozenset[str]]]:
    seen: set[str] = set()
    for place in (Path(_HERE), *Path("/proc").glob("[0-9]*/ns/net")):
        try:
            identity = str(place.readlink())
        except OSError:
            # Ended meanwhile, or not ours to see.
            continue
        if identity not in seen:
            seen.add(identity)
            yield place, addresses_of(place)


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def routes_from(place: Path, addresses: Sequence[str]) -> dict[str, str]:
    """How packets leave a place for each address, as `ip route get` says it, and the route for all others (DEFAULT).

    An address without a way is left out. Raises: NetworkFault when that cannot be found out.
    """
    lines = "".join(f"route get {address}\n" for address in (_ALWAYS, *addresses))
    # -force: an address without a way is an error for `ip`, and no reason to stop.
    command = (*_enter(place), find_program("ip", "iproute2"), "-o", "-force", "-batch", "-")
    try:
        done = subprocess.run(
            command, input=f"route show {DEFAULT}\n{lines}", capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CommandFailed(command, str(error)) from error
    found = dict(routes_in(done.stdout))
    if found.pop(_ALWAYS, None) is None:
        raise CommandFailed(command, done.stderr or "there is not even a route to itself")
    return found


def routes_in(shown: str) -> Iterator[tuple[str, str]]:
    """The target and the text of each route that `ip -o` shows."""
    for line in shown.splitlines():
        text = line.partition(" uid ")[0].partition(" \\ ")[0].strip().removeprefix("local ")
        if text:
            yield text.split()[0], text


def _enter(place: Path) -> tuple[str, ...]:
    return () if str(place) == _HERE else (find_program("nsenter", "util-linux"), f"--net={place}")


def run_in(place: Path, argv: Sequence[str], *, timeout_s: float = 30) -> str:
    """Run a program in a place and return what it printed. Raises: CommandFailed, NetworkFault."""
    command = (*_enter(place), *argv)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CommandFailed(command, str(error)) from error
    if done.returncode != 0:
        raise CommandFailed(command, done.stderr)
    return done.stdout
