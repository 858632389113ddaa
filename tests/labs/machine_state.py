"""What a computer is like: all that a lab could leave behind. Two of these are equal, or somebody left something."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path

from minikube_py.cluster.lab.machine import Machine
from minikube_py.cluster.processes import ProcessTable

_FOLDERS = (
    "/etc",
    "/run",
    "/var/run/netns",
    "/var/lib/learner",
    "/var/lib/docker",
    "/var/lib/kubelet",
    "/root",
    "/tmp",
)
_COMMANDS = (
    ("ip", "-brief", "link"),
    ("ip", "route"),
    ("ip", "netns", "list"),
    ("iptables-save",),
    ("hostname",),
)


def machine_state(home: Path) -> dict[str, list[str]]:
    """`home`, the data folder of the test, is the one place that may change."""
    state = {" ".join(argv): _lines(argv) for argv in _COMMANDS}
    state["mounts"] = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    machines = [home / ".labs" / "world" / name for name in ("switch", "node1", "node2")]
    names = [Machine(folder.name, folder, ProcessTable(folder.parent)).cgroup for folder in machines]
    # Unlike rglob, os.walk does not mind when a cgroup of somebody else goes while it looks.
    cgroups = [(place, name) for place, folders, _ in os.walk("/sys/fs/cgroup") for name in folders]
    state["cgroups"] = [f"{place}/{name}" for place, name in cgroups if name in names]
    for folder in map(Path, _FOLDERS):
        state[str(folder)] = (
            sorted(str(path) for path in folder.iterdir() if not _is_a_tests(path)) if folder.is_dir() else []
        )
    state["files of /etc"] = [_file(path) for path in sorted(Path("/etc").rglob("*")) if path.is_file()]
    state["processes"] = sorted(found for found in _processes() if str(home) in found)
    return state


def _is_a_tests(path: Path) -> bool:
    """Other tests run beside this one, in folders of their own."""
    return path.name.startswith(("lab-", "pytest-", "tmp"))


def _lines(argv: tuple[str, ...]) -> list[str]:
    text = subprocess.run(argv, capture_output=True, text=True, check=False).stdout
    return [line for line in text.splitlines() if not line.startswith("#") and "BROADCAST" not in line]


def _file(path: Path) -> str:
    status = path.stat()
    return f"{path} {status.st_size} {status.st_mtime_ns}"


def _processes() -> list[str]:
    """Command line and environment of each: whatever runs on a lab's machines has the lab's folder in one of them."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                text = (entry / "cmdline").read_text(errors="replace") + (entry / "environ").read_text(errors="replace")
                found.append(text.replace("\0", " "))
    return found
