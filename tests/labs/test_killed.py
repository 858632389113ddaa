"""`minikube-py lab` killed at moments that nobody chose: the lab goes on with the next command, and leaves nothing.

The moments come from a seed, and so are the same in each run; LAB_KILL_SEED takes others.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path
from random import Random

import pytest

from minikube_py.cluster.lab.course import Course
from minikube_py.cluster.lab.lab_folder import find_lab
from tests.labs.machine_state import machine_state
from tests.support.kubectls import BIN

SEED = os.environ.get("LAB_KILL_SEED", "1")
LONGEST_S = 6.0


@pytest.mark.etcd
@pytest.mark.timeout(600)
@pytest.mark.parametrize("number", ["02", "05", "07"])
def test_killed_at_any_moment_a_lab_goes_on(number: str, home: Path) -> None:
    """On etcd, on the embedded store with containers of our own, and on two machines with Docker."""
    random = Random(f"{number} {SEED}")
    before = machine_state(home)
    last = str(len(find_lab(number).steps))
    killed(random, "start", number)
    killed(random, "goto", str(random.randint(2, int(last))))
    goes_on(number)
    killed(random, "solve")
    killed(random, "reset")
    killed(random, "stop")
    goes_on(number)
    course = Course(say=lambda _: None)
    course.solve()
    assert course.stop()
    after = machine_state(home)
    for what, found in before.items():
        assert after[what] == found, what


def killed(random: Random, *argv: str) -> None:
    """A verb that gets SIGKILL, unless it is done before."""
    command = [str(BIN / "minikube-py"), "lab", *argv]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(random.uniform(0, LONGEST_S))
        process.kill()


def goes_on(number: str) -> None:
    """`start` makes machines that are as they should be at the beginning of some step, or finds them."""
    course = Course()
    course.start(number)
    lab, session = course.lab()
    assert lab.number == number
    verdict = course.check()
    assert verdict is not None
    assert verdict.looked_at == session.step
