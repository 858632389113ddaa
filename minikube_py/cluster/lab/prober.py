"""Prober: asks probes of a world's machines, and says what was seen.

Questions to the network are asked by a thread that is inside the machine's network namespace; those about processes
by reading /proc; nothing is installed on the machine and nothing is left there.
"""

from __future__ import annotations

import ctypes
import re
import shlex
from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from minikube_py.cluster.lab import network_probes
from minikube_py.cluster.lab.machine import HOME, Machine
from minikube_py.cluster.lab.probe import Probe
from minikube_py.cluster.lab.quoting import holds
from minikube_py.cluster.lab.recorder import recorded
from minikube_py.cluster.processes import StartFailed

_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET: Final = 0x40000000
_ASK_S = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    is_yes: bool
    seen: str
    """What was found, in a few words or lines."""


class Prober:
    def __init__(self, machines: Mapping[str, Machine]) -> None:
        self._machines = machines
        self._inside: dict[tuple[str, int], ThreadPoolExecutor] = {}
        self._ask: Final[Mapping[str, Callable[[Machine, Any], Answer]]] = {
            "run": _run,
            "http": self._network(network_probes.page),
            "packet": self._network(network_probes.packet),
            "etcd": self._network(network_probes.etcd),
            "objects": self._network(network_probes.objects),
            "port": _port,
            "process": _process,
            "log": _log,
            "file": _file,
            "typed": _typed,
        }

    def ask(self, probe: Probe) -> Answer:
        """What is the case on a machine is what was seen, never an error. Raises: StartFailed without machines."""
        if probe.any:
            answers = [self.ask(each) for each in probe.any]
            answer = Answer(any(each.is_yes for each in answers), "; ".join(each.seen for each in answers))
        else:
            machine = self._machines[probe.machine]
            try:
                answer = self._ask[probe.kind](machine, getattr(probe, probe.kind))
            except (OSError, BrokenExecutor, TimeoutError) as error:
                # It went away between two looks at it.
                raise StartFailed(f"{machine.name} does not run any more ({error})") from error
        return Answer(answer.is_yes is not probe.absent, answer.seen)

    def _network(self, question: Callable[[Any], tuple[bool, str]]) -> Callable[[Machine, Any], Answer]:
        return lambda machine, details: Answer(*self._thread(machine).submit(question, details).result(_ASK_S))

    def _thread(self, machine: Machine) -> ThreadPoolExecutor:
        key = (machine.name, machine.init_pid())
        if key not in self._inside:
            self._inside[key] = ThreadPoolExecutor(max_workers=1, initializer=_enter, initargs=(key[1],))
        return self._inside[key]

    def close(self) -> None:
        for thread in self._inside.values():
            thread.shutdown()
        self._inside.clear()


def _enter(pid: int) -> None:
    """Move the calling thread, for the rest of its life."""
    with Path(f"/proc/{pid}/ns/net").open() as handle:
        if _LIBC.setns(handle.fileno(), _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "cannot enter a machine's network")


def _run(machine: Machine, run: Any) -> Answer:
    done = machine.run(run.command, timeout_s=10)
    is_yes = run.exit in (None, done.exit) and holds(run.prints, done.output)
    said = done.output.strip() or "(nothing)"
    return Answer(is_yes, f"`{run.command}` ended with exit code {done.exit} and said:\n{said}")


def _port(machine: Machine, port: Any) -> Answer:
    inodes = {inode for number, inode in network_probes.listening(machine.init_pid()) if number == port.number}
    if not inodes:
        return Answer(False, f"nobody listens on port {port.number}")
    for pid in machine.pids():
        if inodes & _sockets(pid):
            argv = _command_line(pid)
            return Answer(
                port.held_by in " ".join(argv), f"port {port.number} is held by `{_short(argv)}`, pid {_inner(pid)}"
            )
    return Answer(not port.held_by, f"port {port.number} is held by a process that went away meanwhile")


def _process(machine: Machine, process: Any) -> Answer:
    found = programs(machine, process.name)
    if not found:
        return Answer(False, f"no {process.name} runs")
    fitting = [
        argv
        for argv in found.values()
        if any(process.with_flag in word for word in argv)
        and not (process.without_flag and any(process.without_flag in word for word in argv))
    ]
    shown = next(iter(fitting or found.values()))
    return Answer(bool(fitting), f"`{_short(shown)}` runs")


def programs(machine: Machine, name: str) -> dict[int, tuple[str, ...]]:
    """Running processes of a program, by pid; a script counts by its own name, not as python."""
    found = {pid: _command_line(pid) for pid in machine.pids()}
    return {pid: argv for pid, argv in found.items() if name in [Path(word).name for word in argv[:2]]}


def is_running(machine: Machine, command: str) -> bool:
    """Whether a program runs on the machine with just these arguments."""
    name, *arguments = shlex.split(command)
    return any(list(argv[1:]) == arguments for argv in programs(machine, Path(name).name).values())


def _log(machine: Machine, log: Any) -> Answer:
    for pid in programs(machine, log.of):
        for descriptor in (1, 2):
            path = Path(f"/proc/{pid}/fd/{descriptor}")
            if path.is_file() and (lines := [each for each in _text(path).splitlines() if log.contains in each]):
                return Answer(True, f"{log.of} says: {lines[-1].strip()}")
    return Answer(False, f"{log.of} has not said: {log.contains}")


def _file(machine: Machine, file: Any) -> Answer:
    path = machine.folder / "home" / file.path.removeprefix("~/")
    if not path.is_file():
        return Answer(False, f"there is no file ~/{file.path.removeprefix('~/')}")
    is_in_it = file.contains in _text(path)
    return Answer(is_in_it, f"{HOME}/{file.path} is there{'' if is_in_it else f', without {file.contains}'}")


def _typed(machine: Machine, typed: Any) -> Answer:
    for command in reversed(recorded(machine.folder)):
        if re.search(typed.matches, command.text) and typed.exit in (None, command.exit):
            return Answer(True, f"`{command.text}` was typed")
    return Answer(False, "it was not typed")


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def _command_line(pid: int) -> tuple[str, ...]:
    words = _text(Path(f"/proc/{pid}/cmdline")).split("\0")[:-1]
    # `python /path/pykube-apiserver --flag` is pykube-apiserver to whoever started it.
    if len(words) > 1 and Path(words[0]).name.startswith("python") and not words[1].startswith("-"):
        words = words[1:]
    return tuple(words)


def _short(argv: tuple[str, ...]) -> str:
    return " ".join((Path(argv[0]).name, *argv[1:])) if argv else "?"


def _inner(pid: int) -> str:
    """The process's number on its own machine."""
    found = re.search(r"^NSpid:.*\s(\d+)$", _text(Path(f"/proc/{pid}/status")), re.MULTILINE)
    return found[1] if found else "?"


def _sockets(pid: int) -> set[str]:
    found = set()
    try:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            target = str(descriptor.readlink())
            if target.startswith("socket:["):
                found.add(target[8:-1])
    except OSError:
        return found
    return found
