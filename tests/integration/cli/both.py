"""One command line, run by pykubectl and by the real kubectl, each against a server of its own, and compared."""

import os
import re
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from minikube_py.cli.main import main
from tests.integration.cli.outcome import Outcome
from tests.support.kubectls import program

_MASKS = (
    (r"pykubectl", "kubectl"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "(uid)"),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( \+0000|Z)", "(time)"),
    (r"(?<=resourceVersion: )\"\d+\"", "(version)"),
    (r"eyJ[\w-]+\.[\w-]+\.[\w-]+", "(token)"),
    (r"/tmp/\S*?(LIVE|MERGED)-\w+", r"\1"),
    (r"(?<=kubectl-edit-)\w+", "(file)"),
    (r"W\d{4} [\d:.]+ +\d+ (?=prune)", "(log) "),
    (r"127\.0\.0\.1:\d+", "(server)"),
    (r"\b\d+s\b", "(age)"),
)


@dataclass(frozen=True)
class Both:
    """Calls compare; what both said is returned, so that a test can say more about it."""

    ours: str
    theirs: str
    folder: Path
    captured: pytest.CaptureFixture[bytes]

    def __call__(self, *arguments: str) -> Outcome:
        expected, got = _masked(self.kubectl(*arguments)), _masked(self.pykubectl(*arguments))
        assert got == expected, f"{expected}\n{got}"
        return got

    def fails(self, *arguments: str) -> Outcome:
        """As a call, of a command that must fail."""
        told = self(*arguments)
        assert told.code != 0, told
        return told

    def set_up(self, *arguments: str) -> None:
        """Do something by both that need not be compared."""
        self.kubectl(*arguments)
        self.pykubectl(*arguments)

    def pykubectl(self, *arguments: str) -> Outcome:
        self.captured.readouterr()
        code = main(["--server", self.ours, *arguments])
        said = self.captured.readouterr()
        return Outcome(code, said.out.decode(), said.err.decode())

    def kubectl(self, *arguments: str) -> Outcome:
        done = subprocess.run(
            [program("kubectl"), "--server", self.theirs, *arguments],
            env={**os.environ, "HOME": str(self.folder)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
        return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())


def _masked(outcome: Outcome) -> Outcome:
    out, err = outcome.out, outcome.err
    for pattern, replacement in _MASKS:
        out, err = re.sub(pattern, replacement, out), re.sub(pattern, replacement, err)
    return replace(outcome, out=out, err=err)
