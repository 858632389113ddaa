"""What a computer is like: all that a lab could leave behind. Two of these are equal, or somebody left something."""

from __future__ import annotations

import subprocess
from pathlib import Path

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
_PROGRAMS = (
    "etcd",
    "dockerd",
    "containerd",
    "pykube-apiserver",
    "pykube-controller-manager",
    "pykubelet",
    "machine.sh",
)


def machine_state(home: Path) -> dict[str, list[str]]:
    """`home`, the data folder of the test, is the one place that may change."""
    state = {" ".join(argv): _lines(argv) for argv in _COMMANDS}
    state["mounts"] = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    state["cgroups"] = [str(path) for path in Path("/sys/fs/cgroup").rglob("minikube-py-lab-*") if _is_ours(path, home)]
    for folder in map(Path, _FOLDERS):
        state[str(folder)] = sorted(map(str, folder.iterdir())) if folder.is_dir() else []
    state["files of /etc"] = [_file(path) for path in sorted(Path("/etc").rglob("*")) if path.is_file()]
    state["processes"] = [line for line in _command_lines() if any(name in line for name in _PROGRAMS)]
    return state


def _is_ours(path: Path, home: Path) -> bool:
    """Another test's lab may be under way in another folder."""
    world = home / ".labs" / "world"
    return not world.exists() or path.name.endswith(str(world.stat().st_ino))


def _lines(argv: tuple[str, ...]) -> list[str]:
    text = subprocess.run(argv, capture_output=True, text=True, check=False).stdout
    return [line for line in text.splitlines() if not line.startswith("#") and "BROADCAST" not in line]


def _file(path: Path) -> str:
    status = path.stat()
    return f"{path} {status.st_size} {status.st_mtime_ns}"


def _command_lines() -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found.append((entry / "cmdline").read_text(errors="replace").replace("\0", " ").strip())
            except OSError:
                continue  # it ended
    return sorted(found)
