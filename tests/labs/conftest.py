"""Where labs are played: a data folder of their own, and each of the two command lines as `kubectl`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from minikube_py.cluster.lab.course import Course
from minikube_py.cluster.lab.lab import Lab
from minikube_py.cluster.lab.lab_folder import lab_folders, read_lab
from minikube_py.cluster.lab.session import LabFiles
from tests.support.kubectls import BIN, program

LABS = [folder.name for folder in lab_folders()]


@pytest.fixture(scope="session")
def images() -> Iterator[Path]:
    """Images that labs need are built once for all of them."""
    with tempfile.TemporaryDirectory(prefix="lab-images-") as folder:
        yield Path(folder)


@pytest.fixture
def home(images: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Not tmp_path: sockets are far below, and a socket's path has at most 107 characters."""
    if os.geteuid() != 0:
        pytest.skip("a lab's machines need root")
    with tempfile.TemporaryDirectory(prefix="lab-") as folder:
        monkeypatch.setenv("MINIKUBE_PY_HOME", folder)
        files = LabFiles()
        files.folder.mkdir()
        files.images.symlink_to(images)
        monkeypatch.setenv("PATH", f"{BIN}:{os.environ['PATH']}:/usr/sbin:/sbin")
        monkeypatch.setenv("MINIKUBE_PY_KUBECTL", str(program("pykubectl")))
        try:
            yield Path(folder)
        finally:
            Course().stop()


@pytest.fixture(params=["pykubectl", "kubectl"])
def cli(request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("MINIKUBE_PY_KUBECTL", str(program(request.param)))
    return str(request.param)


@pytest.fixture(params=LABS)
def lab(request: pytest.FixtureRequest) -> Lab:
    (folder,) = (folder for folder in lab_folders() if folder.name == request.param)
    return read_lab(folder)
