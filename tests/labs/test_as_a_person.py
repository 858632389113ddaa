"""A lab as a person does it: the README's commands typed into a real terminal, beside a `watch` that turns green."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from minikube_py.cluster.lab.course import Course
from minikube_py.cluster.lab.lab_folder import find_lab
from minikube_py.cluster.lab.readme import read_readme
from tests.labs.terminal import Terminal, terminal
from tests.support.eventually import eventually
from tests.support.kubectls import BIN, program
from tests.support.processes import require_binary


@pytest.mark.etcd
@pytest.mark.timeout(600)
@pytest.mark.parametrize("number", ["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11"])
async def test_the_text_says_what_happens(number: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one of the two command lines; what fails in a step is compared with both in test_every_lab.py."""
    require_binary("tmux", "tmux")
    monkeypatch.setenv("MINIKUBE_PY_KUBECTL", str(program("kubectl" if int(number) % 2 else "pykubectl")))
    lab = find_lab(number)
    readme = read_readme(lab.folder)
    course = Course()
    await asyncio.to_thread(course.start, number)
    with terminal(home) as person:
        await person.open("watch", str(BIN / "minikube-py"), "lab", "watch")
        await person.open("main")
        for index in range(len(lab.steps)):
            section = readme.step(index)
            assert section is not None
            await person.play(section)
            await eventually(lambda done=index: is_after(course, done, person), timeout_s=60)  # type: ignore[misc, arg-type]
        assert course.files.progress(lab.name).passed == {step.id: "done" for step in lab.steps}


def is_after(course: Course, index: int, person: Terminal) -> bool:
    lab, session = course.lab()
    assert session.step > index, f"step {lab.steps[index].id} is not done: {person.text('watch')}"
    return True
