"""`make demo` as README shows it, then what it says to try next; afterwards the machine is as it was."""

from __future__ import annotations

import difflib
import re
import socket
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import Shell
from tests.e2e.test_first_deployment import machine
from tests.support.documents import ROOT, blocks, commands_in
from tests.support.terminal import seen_on_terminal

INSTALL = ("/bin/sh", str(ROOT / "examples" / "install-packages.sh"))
_MASKS = (
    (re.compile(r"\([\d.]+ s\)"), "(TIME)"),
    (re.compile(r"\bweb-[0-9a-f]{8,10}-[a-z0-9]{5}\b"), "POD"),
    (re.compile(r"\b10(\.\d+){3}\b"), "ADDRESS"),
    (re.compile(r"\b\d+s\b"), "AGE"),
    (re.compile(r"^  [3-6]: Welcome .*\n", re.MULTILINE), ""),
    # How far the image was when somebody looked, and what the registry said, differ.
    (re.compile(r"^  (Pulling|Building|Built|Failed)\w*: .*\n", re.MULTILINE), ""),
    (re.compile(r"  +"), "  "),
)


def masked(text: str) -> str:
    for pattern, replacement in _MASKS:
        text = pattern.sub(replacement, text)
    return text.strip()


def play(shell: Shell) -> str:
    shell.environment.pop("TERM", None)
    return shell.run("make", "--silent", "-C", str(ROOT), "demo")


@pytest.mark.oci
@pytest.mark.timeout(300)
def test_the_demo_is_as_the_readme_shows_it_and_can_be_played_again(shell: Shell) -> None:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", 8080)) == 0:
            pytest.skip("port 8080 is in use on this machine, and the demo takes it")
    assert commands_in("README.md", "## Two commands") == ["make demo", "make test"]
    before = machine()
    try:
        printed = play(shell)
        (shown,) = blocks("README.md", "console")
        seen = printed.partition("\nIt works.")[0]
        assert masked(seen) == masked(shown), "\n".join(
            difflib.ndiff(masked(shown).split("\n"), masked(seen).split("\n"))
        )
        pods = shell.run("pykubectl", "get", "pods", "-o", "name")
        again = play(shell)
        assert "The deployment is there already" in again
        assert shell.run("pykubectl", "get", "pods", "-o", "name") == pods
        tried = [line.partition("  #")[0].strip() for line in again.partition("What to try next:\n")[2].splitlines()]
        commands = [line for line in tried if line and not line.startswith("export")]
        assert commands[-1] == "minikube-py delete"
        for command in commands[:-1]:
            assert shell.run("sh", "-c", command), command
        shell.run("pykubectl", "rollout", "status", "deployment/web", "--timeout=60s")
    finally:
        shell.run("minikube-py", "delete")
    assert machine() == before
    assert not Path(shell.environment["KUBECONFIG"]).exists()
    assert list(Path(shell.environment["MINIKUBE_PY_HOME"]).iterdir()) == []


def bare_machine(folder: Path, *programs: str) -> dict[str, str]:
    """An environment in which hardly a program is installed; apt-get leaves a mark when it is run."""
    folder.mkdir()
    for program in programs:
        (folder / program).symlink_to(f"/usr/bin/{program}")
    (folder / "apt-get").write_text(f"#!/bin/sh\necho run >>{folder}/ran\n")
    return {"PATH": str(folder)}


def test_on_another_distribution_the_packages_are_listed(tmp_path: Path) -> None:
    environment = bare_machine(tmp_path / "bin", "id")
    done = subprocess.run([*INSTALL, "pods"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert re.search(r"error: this is no Debian.* python3-venv.* conmon skopeo umoci", done.stderr)


def test_a_person_is_asked_before_packages_are_installed(tmp_path: Path) -> None:
    environment = bare_machine(tmp_path / "bin", "id")
    (tmp_path / "bin" / "apt-get").chmod(0o755)
    code, text = seen_on_terminal([*INSTALL, "pods"], environment, typed="n\n")
    assert (code, "Install them with apt-get? [Y/n]" in text, "Nothing was installed" in text) == (1, True, True)
    assert not (tmp_path / "bin" / "ran").exists()
