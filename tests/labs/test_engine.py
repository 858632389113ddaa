"""The verbs of `minikube-py lab` as programs: refusals, kills, shells, and that nothing is left."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from minikube_py.cluster.lab.course import Course
from minikube_py.cluster.lab.lab_folder import find_lab
from minikube_py.cluster.lab.needs import lacking
from minikube_py.errors import ConfigError
from tests.labs.machine_state import machine_state
from tests.labs.terminal import terminal
from tests.support.eventually import eventually
from tests.support.kubectls import BIN
from tests.support.processes import require_binary
from tests.unit.cluster.lab.good import LAB, good_lab


@pytest.fixture
def labs(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two small labs: one on one machine, one on two."""
    good_lab(tmp_path)
    two = tmp_path / "02-two"
    shutil.copytree(tmp_path / "01-small", two)
    (two / "lab.yaml").write_text(LAB.replace("minutes: 1", "minutes: 1\nmachines: [node1, node2]"))
    monkeypatch.setenv("MINIKUBE_PY_LABS", str(tmp_path))
    return tmp_path


def run(*argv: str) -> tuple[int, str]:
    done = subprocess.run(
        [str(BIN / "minikube-py"), "lab", *argv], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_a_lab_from_the_first_word_to_the_last(labs: Path, home: Path) -> None:
    before = machine_state(home)
    code, text = run("start", "1")
    assert code == 0, text
    assert "Step 1 of 1: The first" in text
    code, text = run("check")
    assert code == 1
    assert text.splitlines() == [
        "✗ step 1: The first",
        "  expected: there is a page",
        "  seen:     there is no file ~/page",
        "  next:     you write it",
    ]
    assert run("hint")[1] == "a question: How does one make a file?\n(minikube-py lab hint again for a pointer)\n"
    assert "a pointer: touch makes one." in run("hint")[1]
    assert run("predict", "no", "idea") == (0, "")
    assert run("shell", "-c", "hostname; echo $KUBECONFIG; pwd; touch page; exit 3") == (
        3,
        "node1\n/var/lib/learner/.kube/config\n/var/lib/learner\n",
    )
    code, text = run("check")
    assert code == 0
    passed = "✓ step 1: The first\n  you said: no idea\n  it was:   That.\n\n✓ lab 01 is done. Hints used: 2."
    assert text.startswith(passed)
    assert run("list")[1].splitlines()[0].startswith("✓ 01  Small")
    assert run("goto", "first")[0] == 0
    assert run("check")[0] == 1
    assert run("solve")[1].startswith("  touch page\n✓ step 1: The first")
    assert run("stop") == (0, "The lab's machines are gone; your progress is kept.\n")
    assert run("stop") == (0, "No lab is under way.\n")
    after = machine_state(home)
    for what, found in before.items():
        assert after[what] == found, what


def test_two_labs_at_once_are_refused_by_name(labs: Path) -> None:
    Course().start("1")
    code, text = run("start", "2")
    assert code == 1
    assert "error: lab 01-small is under way, and there is one at a time: minikube-py lab stop ends it" in text
    assert run("start", "3")[1].splitlines()[-1] == 'error: there is no lab "3"; labs: 01-small, 02-two'


def test_machines_of_a_lab_reach_each_other_and_nobody_else(labs: Path) -> None:
    course = Course()
    course.start("2")
    machines = course.running()[2].machines
    assert machines["node1"].run("ping -c1 -W1 node2").exit == 0
    assert machines["node2"].run("ping -c1 -W1 192.168.50.11").exit == 0
    nowhere = machines["node1"].run("curl -s --max-time 1 http://10.0.0.7/")
    assert nowhere.exit == 28  # no answer, and no error either
    machines["node1"].run("touch /etc/here /tmp/here /var/tmp/here /run/here /root/here /var/lib/here")
    for folder in ("/etc", "/tmp", "/var/tmp", "/run", "/root", "/var/lib"):
        assert not Path(folder, "here").exists()
        assert machines["node2"].run(f"test -e {folder}/here").exit == 1
    assert machines["node1"].run("ps ax | grep -c '[m]achine.sh'").output == "1\n"


async def test_shells_and_the_watch_outlive_a_reset(labs: Path, home: Path) -> None:
    require_binary("tmux", "tmux")
    with terminal(home) as person:
        await person.open("starts", str(BIN / "minikube-py"), "lab", "start", "1", "--tmux")
        await eventually(lambda: "node1" in person.panes(home / ".labs" / "tmux"), timeout_s=30)
        await person.open("watch", "sh", "-c", f"{BIN / 'minikube-py'} lab watch; sleep 60")
        await person.open("main")
        person.type("main", "touch pgae; echo $((40 + 2))")
        await eventually(lambda: "42" in person.text("main"), timeout_s=10)
        assert "a question: Is it spelt so?" in run("hint")[1]
        assert run("reset")[0] == 0
        await eventually(lambda: "node1 was built anew; this is a new shell." in person.text("main"), timeout_s=20)
        await eventually(lambda: person.is_at_prompt("main"), timeout_s=20)
        person.clear("main")
        person.type("main", "test -e pgae || echo gone $((40 + 3))")
        await eventually(lambda: "gone 43" in person.text("main"), timeout_s=20)
        person.type("main", "touch page")
        await eventually(lambda: "✓ lab 01 is done." in person.text("watch"), timeout_s=20)
        assert run("stop")[0] == 0
        assert not (home / ".labs" / "tmux").exists()


async def test_a_person_is_asked_for_a_prediction(labs: Path, home: Path) -> None:
    require_binary("tmux", "tmux")
    with terminal(home) as person:
        await person.open("starts", "sh", "-c", f"{BIN / 'minikube-py'} lab start 1; sleep 60")
        await eventually(lambda: "you say>" in person.text("starts"), timeout_s=30)
        person.type("starts", "that it is there")
        await eventually(lambda: "Step 1 of 1" in person.text("starts"), timeout_s=20)
    assert Course().files.progress("01-small").predictions == {"first": "that it is there"}


def test_without_machines_each_verb_says_so(labs: Path) -> None:
    for verb in ("check", "hint", "solve", "reset", "read", "shell"):
        code, text = run(verb)
        assert code == 1
        assert text.splitlines()[-1].startswith("error: no lab is under way; minikube-py lab list shows them"), verb
    course = Course()
    course.start("1")
    course.running()[2].machines["node1"].kill()
    expected = "error: the machines of lab 01 are not there; build them: minikube-py lab start 01"
    assert run("check")[1].strip() == expected
    assert run("start", "1")[0] == 0
    assert run("check")[0] == 1


def test_what_is_lacking_is_said_beforehand(labs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = labs / "01-small" / "lab.yaml"
    needs = "minutes: 1\nneeds: {programs: {no-such-program: some-package, nor-this: another}}"
    path.write_text(LAB.replace("minutes: 1", needs))
    code, text = run("start", "1")
    assert code == 1
    assert text.splitlines()[-2:] == [
        "error: lab 01 cannot run here; it lacks:",
        "  no-such-program, nor-this: apt-get install -y another some-package",
    ]
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert lacking(find_lab("2")) == [
        "root: a lab's machines are namespaces, which only root can make; run this with sudo"
    ]
    monkeypatch.setattr("platform.system", lambda: "Plan9")
    assert lacking(find_lab("2")) == ["Linux: a lab's machines are Linux namespaces, and this is Plan9"]


@pytest.mark.timeout(240)
def test_killed_at_any_moment_it_leaves_nothing_and_begins_again(labs: Path, home: Path) -> None:
    before = machine_state(home)
    for moment_s in (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2):
        killed_while_it_builds(home / ".labs" / "world", moment_s)
    course = Course()
    course.start("2")
    assert course.running()[2].machines["node1"].run("ping -c1 -W1 node2").exit == 0
    course.stop()
    after = machine_state(home)
    for what, found in before.items():
        assert after[what] == found, what


def killed_while_it_builds(world: Path, moment_s: float) -> None:
    """`start` gets SIGKILL so long after it began with the machines (if it is not done before)."""
    earlier = world.stat().st_ino if world.exists() else 0
    with subprocess.Popen(
        [str(BIN / "minikube-py"), "lab", "start", "2"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    ) as process:
        while process.poll() is None and not (world.exists() and world.stat().st_ino != earlier):
            _wait(process, 0.01)
        _wait(process, moment_s)
        process.kill()


def _wait(process: subprocess.Popen[bytes], timeout_s: float) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout_s)


def test_a_killed_stop_is_finished_by_the_next_one(labs: Path, home: Path) -> None:
    course = Course()
    course.start("1")
    session = course.files.session()
    assert session is not None
    course.files.set_session(session.at(0))  # what `stop` writes before it takes anything away
    with pytest.raises(ConfigError, match="are not there"):
        course.check()
    assert run("stop")[1] == "The lab's machines are gone; your progress is kept.\n"
    assert not (home / ".labs" / "world").exists()
