"""Processes: started in the background, known again by (pid, start time), ended by SIGTERM and then SIGKILL.

A pid alone is never trusted: pids are reused, and ending a stranger's process would be unforgivable.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from minikube_py.cluster.components import Component, inside
from minikube_py.errors import ConfigError, MinikubeError

_GRACE_S = 10.0
_POLL_S = 0.02


class StartFailed(MinikubeError):
    """A component ended before it was ready; the text ends with the last lines of its log."""


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    pid: int
    start_ticks: int
    """Field 22 of /proc/PID/stat: clock ticks from boot to the process's start."""

    def is_alive(self) -> bool:
        return _start_ticks(self.pid) == self.start_ticks


def _start_ticks(pid: int) -> int | None:
    """When the process began; None when there is none, or only a zombie of it."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] == "Z" else int(fields[19])


def _argv(pid: int) -> tuple[str, ...]:
    try:
        return tuple(Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0")[:-1])
    except OSError:
        return ()


class ProcessTable:
    """The processes that were started for one cluster, kept in a file beside the components' logs."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "processes.json"
        self._logs = folder / "logs"

    def log_path(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def read(self) -> dict[str, ProcessIdentity]:
        """Name -> identity, in the order of starting; the dead ones too."""
        try:
            document = json.loads(self._path.read_text())
            return {name: ProcessIdentity(**identity) for name, identity in document.items()}
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError, AttributeError) as error:
            raise ConfigError(
                f"{self._path} cannot be read ({error}); remove it, then start or delete again"
            ) from error

    def _write(self, table: dict[str, ProcessIdentity]) -> None:
        draft = self._path.with_suffix(".new")
        draft.write_text(json.dumps({name: asdict(identity) for name, identity in table.items()}, indent=2))
        draft.replace(self._path)

    def adopt(self, components: Iterable[Component]) -> None:
        """Enter processes that run and are not in the table: a `start` was killed before it could write them down.

        A command line of ours has the cluster's folder in it, so no other program's is equal to it.
        """
        table = self.read()
        known = {identity.pid for identity in table.values() if identity.is_alive()}
        found = {}
        for pid in (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()):
            for component in components:
                if pid not in known and _argv(pid) == component.argv:
                    found[component.process_name] = ProcessIdentity(pid, _start_ticks(pid) or 0)
        if found:
            self._write({**table, **found})

    def start(self, component: Component) -> ProcessIdentity:
        """Start a component's process in the background, its output in its log. Raises: StartFailed."""
        table = self.read()
        self._logs.mkdir(parents=True, exist_ok=True)
        with self.log_path(component.process_name).open("ab") as log:
            try:
                process = subprocess.Popen(
                    inside(component.netns, component.argv),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    cwd="/",
                )
            except OSError as error:
                raise StartFailed(f"{component.argv[0]} cannot be started: {error.strerror}") from error
        identity = ProcessIdentity(process.pid, _start_ticks(process.pid) or 0)
        # The process outlives us on purpose: it is remembered in the table, not waited for.
        process.returncode = 0
        self._write({**table, component.process_name: identity})
        return identity

    def stop(self, names: Iterable[str]) -> None:
        """End components, in the order given, all at once; forget them."""
        table = self.read()
        wanted = [table[name] for name in names if name in table]
        for number in (signal.SIGTERM, signal.SIGKILL):
            for identity in wanted:
                if identity.is_alive():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(identity.pid, number)
            if _all_gone(wanted):
                break
        if wanted:
            self._write({name: identity for name, identity in table.items() if identity not in wanted})

    def tail(self, name: str, lines: int = 5) -> str:
        try:
            return "\n".join(self.log_path(name).read_text(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return ""


def _all_gone(identities: list[ProcessIdentity]) -> bool:
    deadline = time.monotonic() + _GRACE_S
    while time.monotonic() < deadline:
        if not any(identity.is_alive() for identity in identities):
            return True
        time.sleep(_POLL_S)
    return False
