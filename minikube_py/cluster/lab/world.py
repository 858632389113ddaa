"""World: the machines of the lab that is under way, on one switch, and nothing else: no way in, no way out.

    node1 192.168.50.11 ── switch 192.168.50.1 ── node2 192.168.50.12

The switch is every machine's default route. It passes nothing on, so a packet to an address that nobody has gets lost
without an answer, as on a real network.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from minikube_py.cluster.lab.lab import Action, Lab
from minikube_py.cluster.lab.lab_folder import IMAGE_RECIPES
from minikube_py.cluster.lab.machine import HOME, Machine, link_programs
from minikube_py.cluster.lab.prober import Prober, is_running
from minikube_py.cluster.processes import ProcessTable, StartFailed
from minikube_py.errors import MinikubeError

SWITCH = "switch"
_NETWORK = "192.168.50"
_IMAGE_CACHES = ("kubelet/image-builds", "minikube-py/nodes/minikube-py/image-builds")
"""Of a kubelet started by hand, and of the one of `minikube-py start`, below /var/lib/minikube-py."""
_UNTIL_S = 60.0
_POLL_S = 0.1


class ActionFailed(MinikubeError):
    """A command of a lab's own setup or solution did not do what the lab says."""


class World:
    """`folder` is there exactly as long as there are machines."""

    def __init__(self, folder: Path, names: tuple[str, ...]) -> None:
        self.folder = folder
        self.names = names
        self._table = ProcessTable(folder)
        self.machines = {name: Machine(name, folder / name, self._table) for name in (SWITCH, *names)}
        self.prober = Prober(self.machines)

    def is_running(self) -> bool:
        return all(machine.is_running() for machine in self.machines.values())

    def build(self, lab: Lab, images: Path) -> None:
        """Make all machines anew, with the lab's files in the home folder. Raises: StartFailed.

        `images` is where images are kept that were built for labs before.
        """
        self.remove()
        self.folder.mkdir(parents=True)
        for machine in self.machines.values():
            link_programs(machine.folder)
            machine.start()
            _fill_home(machine, lab.folder / "files")
            for image in lab.needs.images if machine.name != SWITCH else ():
                _give_image(machine, image, images)
        self._connect()
        self.prober = Prober(self.machines)

    def _connect(self) -> None:
        switch = self.machines[SWITCH]
        _ip(switch, "link add sw0 type bridge", f"address add {_NETWORK}.1/24 dev sw0", "link set sw0 up")
        for name in self.names:
            machine = self.machines[name]
            _ip(switch, f"link add {name} type veth peer name eth0 netns {machine.init_pid()}")
            _ip(switch, f"link set {name} master sw0", f"link set {name} up")
            address = f"{_NETWORK}.{10 + int(name.removeprefix('node'))}"
            _ip(
                machine, f"address add {address}/24 dev eth0", "link set eth0 up", f"route add default via {_NETWORK}.1"
            )
            hosts = "".join(f"{_NETWORK}.{10 + int(other[4:])} {other}\\n" for other in self.names)
            machine.run(f"printf '{hosts}' >>/etc/hosts")

    def remove(self) -> None:
        """End and take away everything; also what a killed command left half made."""
        components = [machine.component() for machine in self.machines.values()]
        # Until nothing is found: what a killed command had just begun may come up meanwhile.
        while self.folder.exists():
            self._table.adopt(components)
            for machine in reversed(self.machines.values()):
                machine.kill()
            self._table.adopt(components)
            if not self._table.read():
                shutil.rmtree(self.folder)

    def carry_out(self, actions: Iterable[Action], say: Callable[[str], None], until_s: float = _UNTIL_S) -> None:
        """`until_s` is how long each action's `until` is waited for. Raises: ActionFailed."""
        for action in actions:
            where = f"{action.machine}: " if len(self.names) > 1 else ""
            say(f"  {where}{action.run or f'{action.start} &'}".rstrip())
            self.do(action, until_s)

    def do(self, action: Action, until_s: float = _UNTIL_S) -> None:
        """What runs already is not started again. Raises: ActionFailed."""
        machine = self.machines[action.machine]
        if not (action.start and is_running(machine, action.start)):
            done = machine.run(action.run or background(action.start))
            if done.exit != 0:
                raise ActionFailed(f"{action.run or action.start}: exit code {done.exit}\n{done.output.rstrip()}")
        self.wait(action, until_s)

    def wait(self, action: Action, until_s: float = _UNTIL_S) -> None:
        """Raises: ActionFailed when what it says does not come about."""
        deadline = time.monotonic() + until_s
        for probe in action.until:
            while not (answer := self.prober.ask(probe)).is_yes:
                if time.monotonic() > deadline:
                    raise ActionFailed(f"{action.run or action.start}: waited {until_s:.0f} s; {answer.seen}")
                time.sleep(_POLL_S)


def _fill_home(machine: Machine, files: Path) -> None:
    (machine.folder / "home" / ".kube").mkdir(exist_ok=True)
    if files.is_dir():
        shutil.copytree(files, machine.folder / "home", dirs_exist_ok=True)


def _give_image(machine: Machine, recipe: str, images: Path) -> None:
    """Put an image where kubelets look for what they built before: so they need no registry and no packages."""
    from minikube_py.runtime.oci.recipes import build  # slow to import, and few labs need it

    built = asyncio.run(build(IMAGE_RECIPES / recipe, images))
    for cache in _IMAGE_CACHES:
        target = machine.folder / "minikube-py" / cache / built.layout.name
        shutil.copytree(built.layout, target, copy_function=os.link)


def background(command: str) -> str:
    """The bash command that starts a program which outlives its shell, with its output in ~/PROGRAM.log."""
    log = f"{HOME}/{Path(shlex.split(command)[0]).name}.log"
    return f"nohup setsid {command} >>{log} 2>&1 </dev/null &"


def _ip(machine: Machine, *lines: str) -> None:
    argv = ["nsenter", f"--target={machine.init_pid()}", "--net", "ip", "-batch", "-"]
    done = subprocess.run(argv, input="\n".join(lines) + "\n", capture_output=True, text=True, check=False)
    if done.returncode:
        raise StartFailed(f"{machine.name} cannot be connected: {done.stderr.strip()}")
