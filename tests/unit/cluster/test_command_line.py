"""The command line of minikube-py: what cannot be meant is refused before anything is touched."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from minikube_py.cluster.__main__ import main
from minikube_py.cluster.config import ClusterConfig


def run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(main, words, env={"MINIKUBE_PY_HOME": str(home)})


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("start", "--nodes=0"), "0 is not in the range"),
        (("start", "--port=70000"), "70000 is not in the range"),
        (("start", "--store=mysql"), "'mysql' is not one of 'sqlite', 'etcd'"),
        (("start", "--container-runtime=podman"), "not one of 'oci', 'docker', 'simulated'"),
        (("status", "--output=yaml"), "'yaml' is not 'json'"),
        (("lab", "strat"), "Did you mean"),
        (("strat",), "Did you mean one of: 'start', 'status', 'trace'?"),
        (("start", "--node=2"), "'--nodes'"),
        (("logs",), "Missing argument 'COMPONENT'"),
        (("node", "add", "Web"), "'Web' is no node's name"),
        (("node", "add", "--server=https://x"), "--server needs --on-another-host"),
        (("node", "rm"), "Missing argument 'NAME'"),
        (("start", "web"), "Got unexpected extra argument (web)"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_choices(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = run(tmp_path / "home", *words)
    assert (done.exit_code, said in done.output) == (2, True), done.output
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("name", ["Web", "a b", "../../etc", "", "x" * 59, "-a"])
@pytest.mark.parametrize("verb", ["start", "stop", "delete", "status"])
def test_a_name_that_is_none_is_refused_before_any_folder_is_touched(tmp_path: Path, verb: str, name: str) -> None:
    done = run(tmp_path / "home", verb, f"--name={name}")
    assert (done.exit_code, "is no cluster's name" in done.output) == (2, True)
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("flag", ["--nodes=3", "--store=etcd", "--container-runtime=oci", "--port=1"])
def test_a_cluster_stays_what_it_was_made_as(tmp_path: Path, flag: str) -> None:
    ClusterConfig("kept", tmp_path / "kept", runtime="simulated").save()
    done = run(tmp_path, "start", "--name=kept", flag)
    assert (done.exit_code, "begin anew: minikube-py delete --name kept" in done.output) == (1, True)
    assert f"was made with {flag.partition('=')[0]}=" in done.output


@pytest.mark.parametrize("words", [("stop",), ("logs", "apiserver"), ("image", "ls"), ("node", "rm", "x")])
def test_a_cluster_that_is_not_there_is_told_with_the_next_step(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = run(tmp_path / "home", *words)
    assert (done.exit_code, "`minikube-py start` makes one" in done.output) == (1, True)


@pytest.mark.parametrize(
    "words", [(), *((name,) for name in main.commands), ("image", "build"), ("image", "load"), ("node", "add")], ids=str
)
def test_help_fits_a_small_terminal(tmp_path: Path, words: tuple[str, ...]) -> None:
    lines = run(tmp_path / "home", *words, "--help").output.splitlines()
    assert len(lines) <= 24
    assert [line for line in lines[1:] if len(line) > 80 or line.endswith("...")] == []


def test_help_and_status_import_nothing_that_takes_long() -> None:
    code = "import sys, minikube_py.cluster.__main__; print(*{'pydantic', 'cryptography', 'docker'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = [sys.executable, "-m", "minikube_py.cluster", "lab", "list"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert process.returncode == 141
