"""Step 9 by itself: whoever writes the kubeconfig, the file is the same, and everybody can read it."""

from __future__ import annotations

import itertools
import os
import subprocess
from pathlib import Path

import pytest

from tests.support.kubectls import CLIS, program

CHANGES = (
    ("set-cluster", "localhost", "--server=http://localhost:8080"),
    ("set-context", "localhost", "--cluster=localhost"),
    ("use-context", "localhost"),
    ("set-credentials", "admin", "--token=secret"),
    ("set-context", "localhost", "--user=admin", "--namespace=kube-system"),
    ("set-cluster", "other", "--server=https://192.0.2.1:6443", "--insecure-skip-tls-verify=true"),
    ("set-context", "spare", "--cluster=other"),
    ("rename-context", "spare", "second"),
)
QUESTIONS = (
    ("view",),
    ("view", "--minify"),
    ("current-context",),
    ("get-contexts",),
    ("get-clusters",),
    ("get-users",),
)


def config(cli: str, home: Path, *argv: str) -> str:
    environment = {**os.environ, "HOME": str(home)}
    environment.pop("KUBECONFIG", None)
    command = [str(program(cli)), "config", *argv]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def homes(tmp_path: Path) -> dict[str, Path]:
    """A home folder for each command line."""
    made = {cli: tmp_path / cli for cli in CLIS}
    for home in made.values():
        home.mkdir()
    return made


def test_every_command_line_writes_the_same_file(homes: dict[str, Path]) -> None:
    for change in CHANGES:
        said = {cli: config(cli, home, *change) for cli, home in homes.items()}
        files = {cli: (home / ".kube" / "config").read_text() for cli, home in homes.items()}
        assert said["pykubectl"] == said["kubectl"] == said["kubectl-1.32"]
        assert files["pykubectl"] == files["kubectl"] == _as_today(files["kubectl-1.32"])
    assert {(home / ".kube" / "config").stat().st_mode & 0o777 for home in homes.values()} == {0o600}


def test_each_reads_what_the_others_wrote(homes: dict[str, Path]) -> None:
    for cli, home in homes.items():
        for change in CHANGES:
            config(cli, home, *change)
    for question in QUESTIONS:
        # kubectl lists clusters and users in any order.
        answers = {
            tuple(sorted(_as_today(config(reader, homes[writer], *question)).splitlines()))
            for reader, writer in itertools.product(CLIS, CLIS)
        }
        assert len(answers) == 1, answers


def _as_today(text: str) -> str:
    """Today's kubectl no longer writes a member that has no meaning since long."""
    return text.replace("preferences: {}\n", "")
