"""B17: how long `lab goto` to the last step of each lab takes: all that comes before, from nothing."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path

from benchmarks.frame import Figure, NotHere, Options
from minikube_py.cluster.lab.course import Course
from minikube_py.cluster.lab.lab import Lab
from minikube_py.cluster.lab.lab_folder import lab_folders, read_lab
from minikube_py.cluster.lab.needs import lacking

_MOST_S = 20.0


async def run(options: Options) -> tuple[Figure, ...]:
    labs = [read_lab(folder) for folder in lab_folders()]
    if found := next(filter(None, map(lacking, labs)), None):
        raise NotHere("; ".join(found))
    return tuple([await asyncio.to_thread(_measure, lab) for lab in (labs[:1] if options.quick else labs)])


def _measure(lab: Lab) -> Figure:
    # A short path: sockets are far below it.
    with tempfile.TemporaryDirectory(prefix="lab-") as folder:
        os.environ["MINIKUBE_PY_HOME"] = str(Path(folder))
        course = Course(say=lambda _: None)
        try:
            course.start(lab.number)  # builds images, which the learner does once
            began = time.monotonic()
            course.goto(lab.steps[-1].id)
            took_s = time.monotonic() - began
        finally:
            course.stop()
    what = f"goto step {len(lab.steps)} of lab {lab.number}"
    return Figure("B17", what, took_s, "s", _MOST_S, "what a learner waits", 1.0)
