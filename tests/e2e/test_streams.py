"""Bytes to and from running containers: port-forward, a terminal, attach and cp, by both programs alike."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.conftest import Shell
from tests.support.compatibility import Cell, keep
from tests.support.eventually import eventually
from tests.support.processes import free_port
from tests.support.terminal import Terminal

PROGRAMS = ("kubectl", "pykubectl")
TALKS = "i=0; while true; do echo line $i; i=$((i+1)); sleep 0.2; done"
LISTENS = "while read word; do echo heard $word; done"


@pytest.mark.oci
@pytest.mark.timeout(400)
async def test_streams_reach_running_containers(shell: Shell, tmp_path: Path) -> None:
    shell.run("minikube-py", "start", "--name", "e2e", f"--port={free_port()}")
    shell.run("pykubectl", "create", "deployment", "web", "--image=nginx", "--port=80")
    shell.run("pykubectl", "expose", "deployment", "web", "--port=8080", "--target-port=80")
    for name, options, script in (("talks", (), TALKS), ("listens", ("-i", "--leave-stdin-open"), LISTENS)):
        shell.run("pykubectl", "run", name, "--image=busybox", *options, "--attach=false", "--", "sh", "-c", script)
    shell.run("pykubectl", "wait", "--for=condition=Ready", "pod/talks", "pod/listens", "--timeout=90s")
    shell.run("pykubectl", "rollout", "status", "deployment/web", "--timeout=90s")
    for program in PROGRAMS:
        for target, port in (("deployment/web", 80), ("service/web", 8080)):
            await _page_comes_through(shell, program, target, port)
        _shell_has_a_terminal_of_the_same_size(shell, program)
        _attach_shows_what_is_printed(shell, program)
        _attach_carries_what_is_typed(shell, program)
        _file_goes_there_and_back(shell, program, tmp_path / program)
        _pod_for_one_command_is_gone_afterwards(shell, program)
        for verb in ("attach", "cp", "port-forward"):
            keep(Cell("verbs", (verb,), program), passed=True)


@contextmanager
def _running(shell: Shell, *argv: str) -> Iterator[subprocess.Popen[str]]:
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        argv, env=shell.environment, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True, bufsize=1
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


async def _page_comes_through(shell: Shell, program: str, target: str, port: int) -> None:
    local = free_port()
    page = ("curl", "-s", "--noproxy", "*", "--max-time", "5", f"http://127.0.0.1:{local}/")
    with _running(shell, program, "port-forward", target, f"{local}:{port}") as forwarding:
        await eventually(lambda: "Welcome to nginx!" in shell.run(*page, check=False), timeout_s=30)
        assert "Welcome to nginx!" in shell.run(*page)  # a second connection on the same session
        forwarding.send_signal(signal.SIGINT)
        said, _ = forwarding.communicate(timeout=20)
    assert f"Forwarding from 127.0.0.1:{local} -> 80\n" in said
    assert said.count(f"Handling connection for {local}\n") >= 2


def _shell_has_a_terminal_of_the_same_size(shell: Shell, program: str) -> None:
    terminal = Terminal([program, "exec", "-it", "talks", "--", "sh"], shell.environment)
    terminal.read_until("/ # ")
    terminal.type("until stty size 2>/dev/null; do sleep 0.1; done; echo to-$((40+2)); exit 7\n")
    terminal.read_until("33 99\r+\n")  # runc may leave it to both terminals on the way to end a line
    assert terminal.end() == 7
    assert "to-42\r" in terminal.text
    assert terminal.text.endswith("command terminated with exit code 7\r\n")


def _attach_shows_what_is_printed(shell: Shell, program: str) -> None:
    with _running(shell, program, "attach", "talks") as attached:
        assert attached.stdout is not None
        lines = [attached.stdout.readline() for _ in range(6)]
    numbers = [int(line.split()[-1]) for line in lines if line.startswith("line ")]
    assert len(numbers) >= 3, lines
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _attach_carries_what_is_typed(shell: Shell, program: str) -> None:
    with _running(shell, program, "attach", "-i", "listens") as attached:
        assert attached.stdin is not None
        assert attached.stdout is not None
        attached.stdin.write(f"{program}\n")
        while line := attached.stdout.readline():
            if line == f"heard {program}\n":
                return
    raise AssertionError("what was typed did not come back")


def _file_goes_there_and_back(shell: Shell, program: str, folder: Path) -> None:
    folder.mkdir()
    (folder / "sent").mkdir()
    content = bytes(range(256)) * 4096
    (folder / "sent" / "file").write_bytes(content)
    shell.run(program, "cp", str(folder / "sent"), f"talks:/tmp/{program}")
    assert shell.run(program, "exec", "talks", "--", "ls", f"/tmp/{program}") == "file\n"
    shell.run(program, "cp", f"talks:/tmp/{program}", str(folder / "back"))
    assert (folder / "back" / "file").read_bytes() == content
    shell.run(program, "cp", f"talks:/tmp/{program}/file", str(folder / "one"))
    assert (folder / "one").read_bytes() == content


def _pod_for_one_command_is_gone_afterwards(shell: Shell, program: str) -> None:
    options = ("run", "-it", "--rm", "once", "--image=busybox", "--restart=Never", "--", "sh")
    terminal = Terminal([program, *options], shell.environment)
    terminal.read_until("try pressing enter")
    terminal.type("\n")
    terminal.read_until("/ # ")
    terminal.type("echo is-$((40+2)); exit 5\n")
    assert terminal.end() == 5, terminal.text
    assert "is-42\r" in terminal.text
    assert 'pod "once" deleted' in terminal.text
    assert "pod default/once terminated (Error)" in terminal.text
    shell.run("pykubectl", "wait", "--for=delete", "pod/once", "--timeout=30s")
