"""A folder whose files change all at once: readers see the old set or the new one, never a mixture.

    volume/key          -> ..data/key          (what a program opens)
    volume/..data       -> ..2026_11_23_…      (the one link that is swapped)
    volume/..2026_11_23_…/key                  (the files)

Kubernetes: pkg/volume/util/atomic_writer.go
"""

import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from minikube_py.kubelet.volume_files import Files

_DATA = "..data"


def write_files(folder: Path, files: Files, group: int | None = None) -> bool:
    """Make the folder hold exactly these files; returns False if it did already.

    Blocking. With `group` the files belong to it and it may read them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    current = folder / _DATA
    if current.exists() and _holds(current, files):
        return False
    stamp = datetime.now(UTC).strftime("..%Y_%m_%d_%H_%M_%S.")
    fresh = Path(tempfile.mkdtemp(prefix=stamp, dir=folder))
    fresh.chmod(0o755)
    for name, file in files.items():
        _write(fresh / name, file.data, file.mode | (0o440 if group is not None else 0), group)
    old = current.readlink().name if current.is_symlink() else None
    swap = folder / "..data_tmp"
    swap.unlink(missing_ok=True)
    swap.symlink_to(fresh.name)
    swap.rename(current)
    _link_names(folder, files)
    if old is not None:
        shutil.rmtree(folder / old, ignore_errors=True)
    return True


def _write(path: Path, data: bytes, mode: int, group: int | None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(mode)
    if group is not None:
        os.chown(path, -1, group)


def _holds(current: Path, files: Files) -> bool:
    found = {str(path.relative_to(current)) for path in current.rglob("*") if path.is_file()}
    if found != set(files):
        return False
    return all((current / name).read_bytes() == file.data for name, file in files.items())


def _link_names(folder: Path, files: Files) -> None:
    """One link for each first part of a path; links that lead nowhere any more go."""
    names = {Path(name).parts[0] for name in files}
    for name in names:
        link = folder / name
        if not link.is_symlink():
            link.symlink_to(Path(_DATA) / name)
    for path in folder.iterdir():
        if path.is_symlink() and not path.name.startswith("..") and path.name not in names:
            path.unlink()
