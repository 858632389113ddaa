"""pykubectl plugin list, and how a plugin is run: any program on PATH named pykubectl-NAME or kubectl-NAME is a verb.

Kubernetes: kubectl pkg/cmd/plugin.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from minikube_py.cli.command import Entry, Invocation, Verb, VerbGroup
from minikube_py.cli.errors import PROGRAM, CommandError
from minikube_py.cli.flags import flag

PREFIXES = (f"{PROGRAM}-", "kubectl-")


@dataclass(frozen=True)
class ListFlags:
    """What plugin list takes."""

    name_only: bool = flag(False, "", "Show names without their folders.")


def run_plugin(words: Sequence[str]) -> None:
    """Become the plugin that the words name, the longest name first; return when there is none.

    Raises: CommandError when the program cannot be run.
    """
    names: list[str] = []
    for word in words:
        if word.startswith("-"):
            break
        names.append(word.replace("-", "_"))
    for length in range(len(names), 0, -1):
        path = find_plugin("-".join(names[:length]))
        if path is not None:
            sys.stdout.flush()
            try:
                os.execv(path, [str(path), *words[length:]])
            except OSError as error:
                raise CommandError(f"fork/exec {path}: {(error.strerror or '').lower()}") from error


def find_plugin(name: str) -> Path | None:
    """Find a plugin's program; pykubectl's own go before kubectl's."""
    for prefix in PREFIXES:
        for folder in _folders():
            path = folder / f"{prefix}{name}"
            if path.is_file() and os.access(path, os.X_OK):
                return path
    return None


def list_plugins(call: Invocation[ListFlags]) -> None:
    """Show every plugin, with a warning for those that cannot be used."""
    warnings, seen = 0, set[str]()
    found = list(_plugins())
    if found:
        print("The following compatible plugins are available:\n")
    for path in found:
        print(path.name if call.flags.name_only else path)
        for warning in _warnings(path, seen):
            warnings += 1
            print(f"  - {warning}", file=sys.stderr)
        seen.add(path.name)
    if not found:
        raise CommandError("unable to find any kubectl plugins in your PATH")
    if warnings:
        said = "one plugin warning was found" if warnings == 1 else f"{warnings} plugin warnings were found"
        raise CommandError(said)


def _warnings(path: Path, seen: set[str]) -> Iterator[str]:
    if not os.access(path, os.X_OK):
        yield f"warning: {path} identified as a kubectl plugin, but it is not executable"
    if path.name in seen:
        yield f"warning: {path} is overshadowed by a similarly named plugin"


def _plugins() -> Iterator[Path]:
    for folder in _folders():
        try:
            paths = sorted(folder.iterdir())
        except OSError:
            continue
        yield from (path for path in paths if path.name.startswith(PREFIXES) and path.is_file())


def _folders() -> list[Path]:
    return [Path(folder) for folder in dict.fromkeys(filter(None, os.environ.get("PATH", "").split(os.pathsep)))]


LIST = Verb("list", list_plugins, ListFlags, summary="Show the plugins that are on PATH", usage="list [--name-only]")
COMMAND = VerbGroup(
    "plugin",
    (Entry("list", "minikube_py.cli.verbs.plugin", "Show the plugins that are on PATH", attribute="LIST"),),
    summary=f"Programs named {PROGRAM}-NAME or kubectl-NAME that are on PATH are commands",
)
