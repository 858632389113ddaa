"""The notes, step by step: each part started by hand, and what is seen while the next one is missing."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.support.eventually import eventually
from tests.support.processes import free_port, require_binary

BIN = Path(sys.executable).parent


class Machine:
    """A learner's machine: commands in the foreground, components in the background."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.environment = {
            **os.environ,
            "KUBECONFIG": str(folder / "kubeconfig"),
            "HOME": str(folder),
            "PATH": f"{BIN}:{os.environ['PATH']}",
        }
        self._started: list[subprocess.Popen[bytes]] = []

    def run(self, *argv: str) -> tuple[int, str]:
        """Exit code and everything printed."""
        done = subprocess.run(argv, env=self.environment, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout + done.stderr

    def background(self, name: str, *argv: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            self._started.append(subprocess.Popen(argv, env=self.environment, stdout=log, stderr=log))

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def close(self) -> None:
        for process in reversed(self._started):
            process.terminate()
        deadline = time.monotonic() + 10
        for process in self._started:
            try:
                process.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with ExitStack() as stack:
        found = Machine(tmp_path)
        stack.callback(found.close)
        yield found


def test_without_a_store_the_api_server_says_what_it_lacks(machine: Machine) -> None:
    code, text = machine.run("pykube-apiserver")
    assert (code, text) == (1, "error: --etcd-servers must be specified\n")


def test_with_nothing_running_both_clis_are_refused(machine: Machine) -> None:
    nobody = f"--server=http://localhost:{free_port()}"
    for kubectl in ("kubectl", "pykubectl"):
        code, text = machine.run(kubectl, nobody, "get", "pods")
        assert code == 1
        assert "was refused - did you specify the right host or port?" in text.splitlines()[-1]


@pytest.mark.etcd
@pytest.mark.timeout(240)
@pytest.mark.parametrize("kubectl", ["kubectl", "pykubectl"])
async def test_each_part_is_missed_until_it_runs(machine: Machine, kubectl: str) -> None:
    require_binary("etcd", "etcd-server")
    client, peer = free_port(), free_port()
    urls = f"http://127.0.0.1:{client}"
    machine.background(
        "etcd", "etcd", f"--data-dir={machine.folder / 'etcd'}", f"--listen-client-urls={urls}",
        f"--advertise-client-urls={urls}", f"--listen-peer-urls=http://127.0.0.1:{peer}",
    )  # fmt: skip
    await eventually(lambda: "ready to serve client requests" in machine.log("etcd"), timeout_s=20)
    server = f"http://localhost:{machine.port}"
    machine.background("apiserver", "pykube-apiserver", f"--etcd-servers={urls}", f"--port={machine.port}")
    await eventually(lambda: _answers(server), timeout_s=30)

    def ctl(*argv: str) -> str:
        code, text = machine.run(kubectl, f"--server={server}", *argv)
        assert code == 0, text
        return text

    assert ctl("create", "deployment", "web", "--image=nginx") == "deployment.apps/web created\n"
    assert "web" not in ctl("get", "replicasets,pods")

    machine.background("controllers", "pykube-controller-manager", f"--master={server}", "--no-leader-elect")
    refused = 'no API token found for service account "default"'
    await eventually(lambda: refused in ctl("get", "events"), timeout_s=30)
    assert "replicaset" in ctl("get", "replicasets", "-o", "name")
    assert "No resources found" in ctl("get", "pods")
    assert refused in machine.log("controllers")

    _opt_out_of_tokens(server)
    await eventually(lambda: "Pending" in ctl("get", "pods"), timeout_s=60)

    machine.background("scheduler", "pykube-scheduler", f"--master={server}", "--no-leader-elect")
    await eventually(lambda: "no nodes available to schedule pods" in ctl("get", "events"), timeout_s=30)
    assert "Pending" in ctl("get", "pods")

    code, text = machine.run("pykubelet", f"--container-runtime-endpoint=unix://{machine.folder}/none.sock")
    assert code == 1
    assert "Cannot connect to the Docker daemon" in text
    assert "dockerd" in text


def _answers(server: str) -> bool:
    try:
        return httpx.get(f"{server}/api/v1/namespaces/default").status_code == 200
    except httpx.TransportError:
        return False


def _opt_out_of_tokens(server: str) -> None:
    """What the notes do with `edit sa default`."""
    path = f"{server}/api/v1/namespaces/default/serviceaccounts/default"
    headers = {"Content-Type": "application/merge-patch+json"}
    answer = httpx.patch(path, json={"automountServiceAccountToken": False}, headers=headers)
    answer.raise_for_status()
