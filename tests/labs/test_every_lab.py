"""Every lab, played: each step fails as quoted, hints fit what went wrong, the solution is one, and reset undoes it.

Mistakes and reset are played with one of the two command lines, as hints look at the machine and not at what was typed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from minikube_py.cluster.lab.course import Course
from minikube_py.cluster.lab.lab import Lab, Step
from minikube_py.cluster.lab.lint import lint_folder
from minikube_py.cluster.lab.quoting import holds
from minikube_py.cluster.lab.recorder import Command, record
from minikube_py.cluster.lab.world import World, background
from tests.labs.machine_state import machine_state


def test_nothing_is_wrong_with_its_files(lab: Lab) -> None:
    assert [str(fault) for fault in lint_folder(lab.folder)] == []


@pytest.mark.etcd
@pytest.mark.timeout(600)
def test_each_step_fails_then_is_solved(lab: Lab, cli: str, home: Path) -> None:
    plays_mistakes = cli == ("pykubectl" if int(lab.number) % 2 else "kubectl")
    before = machine_state(home)
    course = Course(say=lambda _: None)
    assert not course.start(lab.number)
    for step in lab.steps:
        world = course.running()[2]
        fails_as_quoted(course, world, step)
        for number, _ in enumerate(step.wrong if plays_mistakes else ()):
            if number:
                course.goto(step.id)
            helps_after_a_mistake(course, step, number)
        course.solve()
    if plays_mistakes:
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


def helps_after_a_mistake(course: Course, step: Step, number: int) -> None:
    wrong = step.wrong[number]
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
    hint, _ = course.hint()
    said = " ".join(" ".join(hint.levels).split())
    assert " ".join(wrong.hint.split()) in said, f"{step.id}: after {wrong.actions} the hint is: {said}"
