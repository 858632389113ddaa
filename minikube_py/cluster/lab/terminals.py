"""Terminals: shells on a lab's machines, and a tmux window with a pane for each machine and one for the checks."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

from minikube_py.cluster.lab.course import Course
from minikube_py.cluster.lab.lab import Lab
from minikube_py.cluster.lab.machine import INSIDE, Machine
from minikube_py.cluster.lab.recorder import Command, record, shell_settings
from minikube_py.cluster.lab.session import LabFiles
from minikube_py.errors import ConfigError

_REBUILT_S = 60.0
_KILLED = (137, -9)


def find_machine(course: Course, name: str) -> tuple[Lab, Machine]:
    """Raises: ConfigError."""
    lab, _, world = course.running()
    if name not in lab.machines:
        raise ConfigError(f'lab {lab.number} has no machine "{name}"; machines: {", ".join(lab.machines)}')
    return lab, world.machines[name]


def run_command(course: Course, name: str, command: str) -> int:
    """One command, written down like those of an interactive shell; its exit code."""
    _, machine = find_machine(course, name)
    code = subprocess.run(machine.entering("bash", "-c", command), check=False).returncode
    record(machine.folder, Command(code, command))
    return code


def open_shell(course: Course, name: str) -> int:
    """An interactive shell; when the machine is built anew below it, another one. Returns its exit code."""
    while True:
        lab, machine = find_machine(course, name)
        (machine.folder / "rc").write_text(shell_settings(lab.number, name))
        code = subprocess.run(machine.entering("bash", "--rcfile", f"{INSIDE}/rc", "-i"), check=False).returncode
        if code not in _KILLED:
            return code
        if not _is_built_anew(course.files, lab):
            print(f"\n{name} is gone: lab {lab.number} was stopped.", flush=True)
            return code
        print(f"\n{name} was built anew; this is a new shell.", flush=True)


def _is_built_anew(files: LabFiles, lab: Lab) -> bool:
    deadline = time.monotonic() + _REBUILT_S
    while time.monotonic() < deadline:
        session = files.session()
        if session is None or session.lab != lab.name:
            return False
        if session.phase == "ready":
            return True
        time.sleep(0.1)
    return False


def check_tmux() -> None:
    """Raises: ConfigError."""
    if shutil.which("tmux") is None:
        raise ConfigError("--tmux: there is no tmux here; apt-get install tmux, or open several terminals by hand")


def open_window(files: LabFiles, lab: Lab) -> None:
    """Become a tmux that shows the lab: a pane a machine, and one that watches."""
    tmux = _tmux(files)
    program = [sys.executable, "-m", "minikube_py.cluster", "lab"]
    panes = [[*program, "shell", name] for name in lab.machines]
    name = f"lab-{lab.number}"
    subprocess.run([*tmux, "kill-session", "-t", name], check=False, capture_output=True)
    subprocess.run([*tmux, "new-session", "-d", "-s", name, "-x", "160", "-y", "48", *panes[0]], check=True)
    # What the last check said is to be read when all is done: the pane stays until Enter.
    watch = ["bash", "-c", f"{shlex.join([*program, 'watch'])}; read -r"]
    for pane in [*panes[1:], watch]:
        subprocess.run([*tmux, "split-window", "-t", name, *pane], check=True)
        subprocess.run([*tmux, "select-layout", "-t", name, "main-horizontal"], check=True)
    subprocess.run([*tmux, "set-option", "-t", name, "mouse", "on"], check=True)
    subprocess.run([*tmux, "select-pane", "-t", f"{name}.0"], check=True)
    if sys.stdout.isatty():
        os.execvp("tmux", [*tmux, "attach-session", "-t", name])
    print(f"The lab's window: {' '.join(tmux)} attach-session -t {name}")


def close_windows(files: LabFiles) -> None:
    """End the lab's tmux with its panes."""
    if Path(_socket(files)).exists():
        subprocess.run([*_tmux(files), "kill-server"], check=False, capture_output=True)
        Path(_socket(files)).unlink(missing_ok=True)


def _tmux(files: LabFiles) -> list[str]:
    return ["tmux", "-f", "/dev/null", "-S", _socket(files)]


def _socket(files: LabFiles) -> str:
    return str(files.folder / "tmux")
