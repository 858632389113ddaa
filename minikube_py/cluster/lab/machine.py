"""Machine: one computer of a lab, made of namespaces. Its first process is machine.sh; all else on it are its children.

Network, processes, mounts, /tmp, /run, /etc, /var and the learner's home folder are the machine's own, so a lab uses
the ports and paths that its text says, whatever else this computer runs; and when its first process is killed, the
kernel ends everything on it and takes links, rules and mounts away. Only its folder and its cgroups are left to remove.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import zlib
from dataclasses import dataclass
from pathlib import Path

from minikube_py.cluster.components import Component
from minikube_py.cluster.processes import ProcessTable, StartFailed

HOME = "/var/lib/learner"
INSIDE = Path("/run/machine")
"""The machine's folder, as its own processes see it."""
_SCRIPT = Path(__file__).with_name("machine.sh")
_NAMESPACES = ("--mount", "--pid", "--net", "--uts", "--ipc", "--cgroup")
_READY_S = 20.0
_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class Done:
    """A command that ended; `exit` is 124 when its time was over."""

    exit: int
    output: str


class Machine:
    """`folder` belongs to the machine; the table of processes to all machines of the lab together."""

    def __init__(self, name: str, folder: Path, table: ProcessTable) -> None:
        self.name = name
        self.folder = folder
        self._table = table

    def component(self) -> Component:
        """Its command line has the folder in it, so that it is known again by everybody."""
        kept = dict.fromkeys((sys.prefix, sys.base_prefix, str(Path(__file__).parents[3]), str(Path(kubectl()).parent)))
        argv = ("unshare", "--fork", "--kill-child", "--propagation", "private", *_NAMESPACES[:-1])
        return Component(self.name, (*argv, "bash", str(_SCRIPT), str(self.folder), self.name, self.cgroup, *kept))

    @property
    def cgroup(self) -> str:
        """Its folder in each tree of cgroups: of this lab's, and of nobody else's."""
        return f"minikube-py-lab-{self.name}-{zlib.crc32(bytes(self.folder)):08x}"

    def start(self) -> None:
        """Raises: StartFailed, with what the system said."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._table.start(self.component())
        deadline = time.monotonic() + _READY_S
        while not (self.folder / "ready").exists():
            if not self.is_running() or time.monotonic() > deadline:
                raise StartFailed(f"this system does not let us make a machine: {self._table.tail(self.name)}")
            time.sleep(_POLL_S)

    def is_running(self) -> bool:
        identity = self._table.read().get(self.name)
        return identity is not None and identity.is_alive()

    def init_pid(self) -> int:
        """The first process of the machine, as this computer counts. Raises: StartFailed when there is none."""
        identity = self._table.read().get(self.name)
        if identity is not None and identity.is_alive():
            for pid, parent in parents().items():
                if parent == identity.pid:
                    return pid
        raise StartFailed(f"{self.name} does not run any more; build it again: minikube-py lab reset")

    def kill(self) -> None:
        """End everything on it, at once."""
        with contextlib.suppress(StartFailed, ProcessLookupError):
            os.kill(self.init_pid(), signal.SIGKILL)
        self._table.stop([self.name])
        self._remove_cgroups()

    def entering(self, *argv: str, clean: bool = False) -> list[str]:
        """The command line that runs a program on the machine."""
        environment = [f"{name}={value}" for name, value in self.environment().items()]
        enter = ["nsenter", f"--target={self.init_pid()}", *_NAMESPACES, f"--wdns={HOME}"]
        return [*enter, "env", *(["-i"] if clean else []), *environment, *argv]

    def environment(self) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in ("TERM", "LANG", "NO_COLOR") if name in os.environ}
        programs = Path(sys.executable).parent
        return {
            **inherited,
            "HOME": HOME,
            "USER": "root",
            "PATH": f"{INSIDE}/bin:{programs}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "KUBECONFIG": f"{HOME}/.kube/config",
            "LAB_MACHINE": f"{self.folder.parent} {self.name}",
        }

    def run(self, command: str, timeout_s: float = 60.0) -> Done:
        """Run a bash command in the learner's home folder and wait for it."""
        argv = self.entering("bash", "-c", command, clean=True)
        with subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            try:
                output, _ = process.communicate(timeout=timeout_s)
            except subprocess.TimeoutExpired:
                # What runs inside is a child of nsenter, and ends with its output closed or with the machine.
                process.kill()
                return Done(124, f"no end after {timeout_s:.0f} s")
        return Done(process.returncode, output)

    def pids(self) -> list[int]:
        """Everything that runs on it."""
        mark = _namespace(self.init_pid())
        return [pid for pid in parents() if _namespace(pid) == mark]

    def _remove_cgroups(self) -> None:
        for line in Path("/proc/mounts").read_text().splitlines():
            _, point, kind, *_ = line.split()
            top = Path(point, self.cgroup)
            if kind in ("cgroup", "cgroup2") and top.is_dir():
                remove_cgroup(top)


def remove_cgroup(top: Path) -> None:
    """The kernel lets go of processes that ended in a few milliseconds."""
    deadline = time.monotonic() + 2.0
    while top.is_dir():
        for folder in sorted((path for path in top.rglob("*") if path.is_dir()), reverse=True):
            with contextlib.suppress(OSError):
                folder.rmdir()
        with contextlib.suppress(OSError):
            top.rmdir()
        if time.monotonic() > deadline:
            return
        time.sleep(_POLL_S)


def parents() -> dict[int, int]:
    """Every process of this computer, with its parent."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                found[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    return found


def _namespace(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")  # noqa: PTH115  # not a path, a name
    except OSError:
        return ""


def kubectl() -> str:
    """The program that `kubectl` is on a machine: MINIKUBE_PY_KUBECTL, else kubectl, else pykubectl."""
    return shutil.which(os.environ.get("MINIKUBE_PY_KUBECTL", "kubectl")) or str(
        Path(sys.executable).with_name("pykubectl")
    )


def link_programs(folder: Path) -> None:
    """`pykubectl` is always there as itself."""
    bin_folder = folder / "bin"
    bin_folder.mkdir(parents=True, exist_ok=True)
    (bin_folder / "kubectl").unlink(missing_ok=True)
    (bin_folder / "kubectl").symlink_to(kubectl())
