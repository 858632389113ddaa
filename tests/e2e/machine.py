"""A learner's machine: a network namespace with a home folder, so that every port and path is the notes' own.

Links, addresses, iptables rules and ports are the namespace's and go with it; etcd listens on 2379 and the API server
on 8080 as the notes say, whatever else this computer runs.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.transcript import masked
from tests.support.kubectls import BIN, program
from tests.support.namespaces import Namespace

ADDRESS = "192.0.2.2"
SERVER = "http://localhost:8080"
_EDITOR = '#!/bin/sh\necho "automountServiceAccountToken: false" >> "$1"\n'
_KUBELET_FLAGS = ("--hostname-override=node-1", "--cluster-name=notes")


class Machine:
    """Commands in the foreground, components in the background, and a transcript of what kubectl said."""

    def __init__(self, folder: Path, network: Namespace, cli: str) -> None:
        self.folder = folder
        self.network = network
        self.cli = str(program(cli))
        self.seen: list[str] = []
        self.typed: list[list[str]] = []
        editor = folder / "editor"
        editor.write_text(_EDITOR)
        editor.chmod(0o755)
        kept = {name: value for name, value in os.environ.items() if not name.upper().endswith("_PROXY")}
        kept.pop("KUBECONFIG", None)
        self._environment = {
            **kept,
            "HOME": str(folder),
            "KUBE_EDITOR": str(editor),
            "PATH": f"{BIN}:{os.environ['PATH']}:/usr/sbin:/sbin",
        }
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def run(self, *argv: str) -> tuple[int, str]:
        """Exit code and everything printed."""
        self._note(argv)
        done = subprocess.run(
            self._inside(argv),
            env=self._environment, cwd=self.folder, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def ctl(self, *argv: str) -> str:
        """What the command line under test prints; it must succeed."""
        code, text = self.run(self.cli, *argv)
        assert code == 0, f"kubectl {' '.join(argv)}: {text}"
        return text

    def see(self, *argv: str, code: int = 0) -> str:
        """The same for all to see: the masked text becomes part of the transcript."""
        found, text = self.run(self.cli, *argv)
        assert found == code, f"kubectl {' '.join(argv)}: {text}"
        self.seen.append(f"$ kubectl {' '.join(argv)}\n{masked(text)}")
        return text

    def value(self, resource: str, path: str) -> str:
        """One value of an object by its JSON path."""
        return self.ctl("get", *resource.split(), "-o", f"jsonpath={{{path}}}")

    def curl(self, url: str, *options: str) -> str:
        """What a page says; empty if nobody answers."""
        return self.run("curl", "-s", "--max-time", "2", *options, url)[1]

    def background(self, name: str, *argv: str) -> None:
        """Start a component, once more if its name has been used before."""
        self._note(argv)
        with (self.folder / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                self._inside(argv), env=self._environment, stdout=log, stderr=log, cwd=self.folder
            )

    def pid(self, name: str) -> int:
        return self._running[name].pid

    def kubelet(self, *flags: str, runtime: str = "docker") -> tuple[str, ...]:
        """A kubelet's command line that touches nothing outside this machine's folder."""
        fixed = [*_KUBELET_FLAGS, f"--root-dir={self.folder}/kubelet"]
        if runtime == "docker":
            return "pykubelet", *fixed, f"--container-runtime-endpoint=unix://{self.folder}/engine/docker.sock", *flags
        return "pykubelet", *fixed, f"--container-runtime={runtime}", *flags

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def stop(self, name: str) -> None:
        """SIGTERM, and by force if it does not follow."""
        process = self._running.pop(name)
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise

    def close(self) -> None:
        for process in reversed(self._running.values()):
            process.terminate()
        deadline = time.monotonic() + 10
        for process in self._running.values():
            try:
                process.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _note(self, argv: tuple[str, ...]) -> None:
        """Keep a command as a document would show it."""
        words = [word.replace(str(self.folder), "~") for word in argv]
        self.typed.append(["pykubectl" if words[0] == self.cli else words[0], *words[1:]])

    def _inside(self, argv: tuple[str, ...]) -> list[str]:
        return ["nsenter", f"--net={self.network.path}", *argv]


@contextmanager
def learners_machine(folder: Path, cli: str) -> Iterator[Machine]:
    """A machine on which nothing runs; whatever was started on it ends with it."""
    network = Namespace("notes")
    try:
        # The Services' range leads nowhere: packets to an address that nobody serves get lost, as on a real network.
        network.ip(
            "link add eth0 type veth peer name nowhere",
            f"address add {ADDRESS}/24 dev eth0",
            "link set eth0 up",
            "link set nowhere up",
            "neighbour add 192.0.2.1 lladdr 02:00:00:00:00:01 dev eth0",
            "route add 10.0.0.0/24 via 192.0.2.1",
        )
        machine = Machine(folder, network, cli)
        try:
            yield machine
        finally:
            machine.close()
    finally:
        network.remove()
