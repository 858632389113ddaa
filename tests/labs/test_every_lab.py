"""Every lab, played with both command lines: each step fails as quoted, every mistake that its file names gets the hint
that fits, every hint is heard, the solution is one, and reset undoes it.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from minikube_py.cluster.lab.course import Course
from minikube_py.cluster.lab.lab import Lab, Step, Wrong
from minikube_py.cluster.lab.lint import lint_folder
from minikube_py.cluster.lab.needs import lacking
from minikube_py.cluster.lab.quoting import holds
from minikube_py.cluster.lab.recorder import Command, record
from minikube_py.cluster.lab.world import World, background
from tests.labs.machine_state import machine_state

SYSTEM = "/usr/sbin:/sbin"
"""Where programs of the system are looked for, whatever PATH says."""


def test_nothing_is_wrong_with_its_files(lab: Lab) -> None:
    assert [str(fault) for fault in lint_folder(lab.folder)] == []


def test_it_says_beforehand_what_it_lacks(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", "/nowhere")
    root, programs = lacking(lab)
    assert root == "root: a lab's machines are namespaces, which only root can make; run this with sudo"
    needed = {package for program, package in lab.needs.programs.items() if shutil.which(program, path=SYSTEM) is None}
    assert needed <= set(programs.partition("apt-get install -y ")[2].split())
    monkeypatch.setattr("platform.system", lambda: "Plan9")
    assert lacking(lab) == ["Linux: a lab's machines are Linux namespaces, and this is Plan9"]


@pytest.mark.etcd
@pytest.mark.timeout(900)
def test_each_step_fails_then_is_solved(lab: Lab, cli: str, home: Path) -> None:
    before = machine_state(home)
    course = Course(say=lambda _: None)
    assert not course.start(lab.number)
    for step in lab.steps:
        heard = {hint_of(course, step)}
        fails_as_quoted(course, course.running()[2], step)
        heard.add(hint_of(course, step))
        for wrong in step.wrong:
            heard.add(helps_after_a_mistake(course, step, wrong))
        assert len(heard) == len(step.hintcheck), f"{step.id}: no mistake leads to other hints than {sorted(heard)}"
        course.solve()
    if cli == ("pykubectl" if int(lab.number) % 2 else "kubectl"):  # all solutions once more; each cli has played them
        course.goto(lab.steps[-1].id)  # what `reset` does
        fails_as_quoted(course, course.running()[2], lab.steps[-1])
        course.solve()
    assert course.check() is None
    progress = course.files.progress(lab.name)
    assert progress.passed == {step.id: "solved" for step in lab.steps}
    assert progress.finished
    assert course.stop()
    after = machine_state(home)
    for what, found in before.items():
        assert after[what] == found, what


def hint_of(course: Course, step: Step) -> int:
    """Which of the step's hints fits now."""
    return step.hintcheck.index(course.hint()[0])


def fails_as_quoted(course: Course, world: World, step: Step) -> None:
    """What the learner sees at the step's beginning, and what `check` says to it."""
    done = world.machines[step.failure.machine].run(step.failure.run)
    assert done.exit == step.failure.exit, f"{step.id}: {done.output}"
    assert holds(step.failure.prints, done.output), f"{step.id}: {done.output}"
    verdict = course.check()
    assert verdict is not None
    assert verdict.missing is not None, f"{step.id} is done before anything was"
    assert verdict.missing.expected in [check.expected for check in step.check]
    assert verdict.missing.seen


def helps_after_a_mistake(course: Course, step: Step, wrong: Wrong) -> int:
    """Which of the step's hints comes then."""
    if wrong.afresh:
        course.goto(step.id)
    world = course.running()[2]
    for action in wrong.actions:
        command = action.run or background(action.start)
        machine = world.machines[action.machine]
        record(machine.folder, Command(machine.run(command).exit, command))
        world.wait(action)
    verdict = course.check()
    assert verdict is not None
    assert verdict.missing is not None, f"{step.id}: {wrong} does it as well"
    assert verdict.step == step
    case = hint_of(course, step)
    said = " ".join(" ".join(step.hintcheck[case].levels).split())
    assert " ".join(wrong.hint.split()) in said, f"{step.id}: after {wrong.actions} the hint is: {said}"
    assert wrong.dead_end in " ".join(verdict.missing.dead_end.split()), f"{step.id}: after {wrong.actions} no dead end"
    if wrong.dead_end:
        course.goto(step.id)  # what `check` says that helps
    return case
