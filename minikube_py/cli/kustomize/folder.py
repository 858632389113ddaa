"""The folders that a build looks into, and the rules for what it may read there.

A kustomization reads files of its own folder and below only, so that it can be moved and shared. Another folder may be
anywhere; but none may hold a folder in which the build already is, or it would never end.

Kubernetes: kustomize api/internal/loader.
Simplified: nothing is fetched from elsewhere; Git repositories and URLs are refused.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from minikube_py.cli.errors import PROGRAM, CommandError

_REMOTE = re.compile(
    r"^[a-z+]+://|^git@|^git::|^(www\.)?github\.com[/:]|[?&](ref|version|timeout|submodules)=|\.git(//|$)"
)


class PathError(CommandError):
    """A path that leads to nothing, or out of the folder."""


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder of a build; `inside` are those whose kustomizations led here."""

    path: Path
    inside: tuple[Path, ...] = ()
    reads_anywhere: bool = False

    def read(self, name: str) -> bytes:
        """Read a file.

        Raises: PathError
        """
        path = _resolved(self.path / name)
        if path.is_dir():
            raise PathError(f"'{path}' must resolve to a file")
        if not (self.reads_anywhere or path.is_relative_to(self.path)):
            raise PathError(f"security; file '{path}' is not in or below '{self.path}'")
        try:
            return path.read_bytes()
        except OSError as error:
            raise PathError(f"open {path}: {(error.strerror or '').lower()}") from error

    def enter(self, name: str) -> "Folder":
        """Go to another folder.

        Raises: CommandError for one that is none, or that holds one of those we are in.
        """
        if not name:
            raise CommandError("new root cannot be empty")
        if name.startswith("/"):
            raise CommandError(f"new root '{name}' cannot be absolute")
        path = _directory(self.path / name)
        visited = (*self.inside, self.path)
        for seen in reversed(visited):
            if seen.is_relative_to(path):
                raise CommandError(f"cycle detected: candidate root '{path}' contains visited root '{seen}'")
        return Folder(path, visited, self.reads_anywhere)


def root_folder(name: str, reads_anywhere: bool = False) -> Folder:
    """The folder that a command line names.

    Raises: CommandError
    """
    refuse_remote(name)
    return Folder(_directory(Path.cwd() / name, name), reads_anywhere=reads_anywhere)


def refuse_remote(name: str) -> None:
    """Raises: CommandError for what is not on this machine."""
    if _REMOTE.search(name):
        why = f"remote resources are not supported by {PROGRAM}: download {name} and name the files instead"
        raise CommandError(why)


def _directory(path: Path, shown: str = "") -> Path:
    """Find a folder; `shown` is how errors name it."""
    try:
        found = _resolved(path, shown)
    except CommandError as error:
        raise CommandError(f"must build at directory: not a valid directory: {error.message}") from error
    if not found.is_dir():
        raise CommandError(f"must build at directory: '{shown or found}': file is not directory")
    return found


def _resolved(path: Path, shown: str = "") -> Path:
    whole = Path(os.path.normpath(path))
    for part in (*reversed(whole.parents), whole):
        if not os.path.lexists(part):
            raise PathError(f"evalsymlink failure on '{shown or whole}' : lstat {part}: no such file or directory")
    return whole.resolve()
