"""minikube-py lab: the command line of `course`."""

from __future__ import annotations

import contextlib
import sys
import time

import click

from minikube_py.cluster.arguments import told
from minikube_py.cluster.lab import presentation, terminals
from minikube_py.cluster.lab.course import Course, Verdict
from minikube_py.cluster.lab.lab import Lab
from minikube_py.cluster.lab.lab_folder import Fault, lab_folders, read_lab
from minikube_py.cluster.lab.lint import lint_folder
from minikube_py.cluster.progress import Progress
from minikube_py.errors import MinikubeError

_WATCH_S = 0.5


@click.group()
def lab() -> None:
    """Learn Kubernetes part by part, checked as you go."""


@lab.command("list")
@told
def list_() -> None:
    """Show the labs and what you did of them."""
    course = Course()
    session = course.files.session()
    for folder in lab_folders():
        found = read_lab(folder)
        progress = course.files.progress(found.name)
        is_under_way = session is not None and session.lab == found.name
        line = presentation.list_line(found, progress, is_under_way=is_under_way)
        print(line + (f"  {progress.hints} hints" if progress.hints else ""))


@lab.command()
@click.argument("number")
@click.option("--tmux", is_flag=True, help="Open a window with a pane for each machine and one for the checks.")
@told
def start(number: str, tmux: bool) -> None:
    """Begin lab NUMBER, or go on with it."""
    if tmux:
        terminals.check_tmux()
    course = Course()
    with Progress().step(f"Building the machines of lab {number}"):
        goes_on = course.start(number)
    found, session = course.lab()
    print("\n" + presentation.begun_text(found, session.step, goes_on=goes_on))
    if tmux:
        terminals.open_window(course.files, found)
    else:
        _show_step(course)


@lab.command()
@click.argument("step", default="")
@told
def read(step: str) -> None:
    """Show the text of this step, or of STEP."""
    course = Course()
    found, session = course.lab()
    index = found.index_of(step) if step else min(session.step, len(found.steps) - 1)
    if index is None:
        raise MinikubeError(f'lab {found.number} has no step "{step}"')
    print(presentation.section_text(found, index))


@lab.command()
@click.argument("text", nargs=-1)
@told
def predict(text: tuple[str, ...]) -> None:
    """Say what will happen; shown again when it has."""
    course = Course()
    found, session = course.lab()
    if session.step >= len(found.steps):
        raise MinikubeError(f"lab {found.number} is done")
    if not text:
        print(presentation.question_text(found.steps[session.step]))
    course.predict(" ".join(text) or click.prompt("you say", prompt_suffix="> "))


@lab.command()
@told
def check() -> None:
    """Look once whether this step is done."""
    course = Course()
    verdict = course.check()
    if verdict is None:
        found, _ = course.lab()
        print(presentation.done_text(found, course.files.progress(found.name)))
    elif verdict.missing is not None:
        print(presentation.missing_text(verdict.lab, verdict.looked_at, verdict.missing))
        sys.exit(1)
    else:
        _show_passed(course, verdict)


@lab.command()
@told
def watch() -> None:
    """Look again and again, until all is done."""
    with contextlib.suppress(KeyboardInterrupt):
        _watch(Course())


def _watch(course: Course) -> None:
    shown = ""
    while True:
        try:
            verdict = course.check()
        except MinikubeError:
            if not course.is_there_or_will_be():
                raise
            time.sleep(_WATCH_S)
            continue
        if verdict is None:  # another `check` or `watch` saw the last step first
            found, _ = course.lab()
            print(presentation.done_text(found, course.files.progress(found.name)))
            return
        if verdict.missing is None:
            print(presentation.now())
            _show_passed(course, verdict, may_ask=False)
            shown = ""
            if verdict.is_last:
                return
            continue
        text = presentation.missing_text(verdict.lab, verdict.looked_at, verdict.missing)
        if text != shown:
            print(f"{presentation.now()}\n{text}", flush=True)
            shown = text
        time.sleep(_WATCH_S)


@lab.command()
@told
def hint() -> None:
    """Help a little; again: more."""
    print(presentation.hint_text(*Course().hint()))


@lab.command()
@click.argument("step", default="")
@told
def solve(step: str) -> None:
    """Do this step, or STEP, and show the commands."""
    course = Course()
    verdict = course.solve(step)
    _show_passed(course, verdict)


@lab.command()
@told
def reset() -> None:
    """Go back to the beginning of this step."""
    _goto("")


@lab.command()
@click.argument("step")
@told
def goto(step: str) -> None:
    """Go to the beginning of STEP, by number or name."""
    _goto(step)


def _goto(step: str) -> None:
    course = Course()
    with Progress().step("Building the machines anew"):
        course.goto(step)
    _show_step(course)


@lab.command()
@click.argument("machine", default="node1")
@click.option("-c", "command", default="", help="Run one command instead of a shell.")
@told
def shell(machine: str, command: str) -> None:
    """Open a shell on a machine of the lab."""
    course = Course()
    sys.exit(terminals.run_command(course, machine, command) if command else terminals.open_shell(course, machine))


@lab.command()
@told
def stop() -> None:
    """End the lab and take its machines away."""
    course = Course()
    if course.stop():
        print("The lab's machines are gone; your progress is kept.")
    else:
        print("No lab is under way.")
    terminals.close_windows(course.files)


@lab.command()
@click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False))
@told
def lint(folders: tuple[str, ...]) -> None:
    """Say what is wrong with the labs in FOLDERS."""
    faults: list[Fault] = []
    for folder in folders or tuple(map(str, lab_folders())):
        faults += lint_folder(folder)
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)


def _show_step(course: Course, *, may_ask: bool = True) -> None:
    found, session = course.lab()
    if session.step < len(found.steps):
        if may_ask:
            _ask(course, found, session.step)
        print(presentation.section_text(found, session.step), flush=True)


def _ask(course: Course, found: Lab, index: int) -> None:
    """The prediction, where there is somebody to ask."""
    step = found.steps[index]
    if sys.stdin.isatty() and step.id not in course.files.progress(found.name).predictions:
        print(f"{presentation.question_text(step)}\n(Enter alone: no idea)")
        if said := click.prompt("you say", prompt_suffix="> ", default="", show_default=False):
            course.predict(said)


def _show_passed(course: Course, verdict: Verdict, *, may_ask: bool = True) -> None:
    progress = course.files.progress(verdict.lab.name)
    print(presentation.passed_text(verdict.lab, verdict.looked_at, progress) + "\n", flush=True)
    if not verdict.is_last:
        _show_step(course, may_ask=may_ask)
