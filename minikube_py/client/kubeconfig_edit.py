"""Changes single entries of the kubeconfig files, in the file that holds them.

    with editing_kubeconfig() as editor:
        editor.set_entry("clusters", "lab", {"server": "https://127.0.0.1:6443"})
        editor.current_context = "lab"

A changed entry goes to the file that defines it, a new one to the first file that exists, else to the last of the
list. The files are read and written under kubectl's own lock (FILE.lock), replaced atomically, mode 0600.

Invariant: entries and fields that are not named stay as they were.

Kubernetes: client-go tools/clientcmd/config.go (ModifyConfig).
"""

import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from pathlib import Path

from minikube_py.client.kubeconfig import SECTIONS, KubeConfig, KubeConfigFile, kubeconfig_paths, read_files
from minikube_py.client.yaml_text import Document, dump
from minikube_py.errors import ConfigError

LOCK_WAIT_S = 5.0
_LOCK_POLL_S = 0.05


class KubeConfigEditor:
    """The files of a kubeconfig, open for changes; used through `editing_kubeconfig`."""

    def __init__(self, config: KubeConfig) -> None:
        self._files = [(file.path, deepcopy(file.document), file.exists) for file in config.files]
        self._changed: set[int] = set()
        self._unwanted_when_empty: set[Path] = set()

    @property
    def default_path(self) -> Path:
        """The file that gets new entries."""
        return self._files[self._default()][0]

    @property
    def config(self) -> KubeConfig:
        """The files as they stand now, changes included."""
        return KubeConfig(tuple(KubeConfigFile(path, document, exists) for path, document, exists in self._files))

    @property
    def current_context(self) -> str:
        return self.config.current_context

    @current_context.setter
    def current_context(self, name: str) -> None:
        owner = next(
            (index for index, (_, document, _) in enumerate(self._files) if document.get("current-context")),
            self._default(),
        )
        self._files[owner][1]["current-context"] = name
        self._changed.add(owner)

    def set_entry(self, section: str, name: str, body: Document) -> None:
        """Replace or add the body of an entry of `clusters`, `contexts` or `users`."""
        index = self._owner(section, name)
        if index is None:
            index = self._default()
            entry: Document = {"name": name}
            self._files[index][1].setdefault(section, None)
            self._files[index][1][section] = [*(self._files[index][1][section] or []), entry]
        else:
            entry = next(item for item in self._files[index][1][section] if str(item.get("name", "")) == name)
        entry[SECTIONS[section]] = body
        self._changed.add(index)

    def remove_entry(self, section: str, name: str) -> Path | None:
        """Take an entry out; returns the file that held it, or None when there was none."""
        index = self._owner(section, name)
        if index is None:
            return None
        path, document, _ = self._files[index]
        document[section] = [item for item in document[section] if str(item.get("name", "")) != name]
        self._changed.add(index)
        return path

    def remove_when_empty(self, path: Path) -> None:
        """Do not leave a file behind in which no entry is left after the changes."""
        self._unwanted_when_empty.add(path.resolve())

    def save(self) -> None:
        """Write the changed files.

        Raises: ConfigError when one cannot be written.
        """
        for index in sorted(self._changed):
            path, document, _ = self._files[index]
            if path in self._unwanted_when_empty and not any(document.get(section) for section in SECTIONS):
                path.unlink(missing_ok=True)
            else:
                _replace(path, dump(_tidy(document)))

    def _owner(self, section: str, name: str) -> int | None:
        files = self.config.files
        return next((index for index, file in enumerate(files) if name in file.entries(section)), None)

    def _default(self) -> int:
        return next((index for index, (_, _, exists) in enumerate(self._files) if exists), len(self._files) - 1)


@contextmanager
def editing_kubeconfig(explicit: str = "", environment: Mapping[str, str] | None = None) -> Iterator[KubeConfigEditor]:
    """Lock and read the files, and write what the body changed; an exception in the body changes nothing.

    Raises: ConfigError when a file is locked by somebody else, or cannot be read or written.
    """
    paths = [path.resolve() for path in kubeconfig_paths(explicit, environment)]
    with ExitStack() as locks:
        for path in sorted(set(paths)):
            locks.enter_context(_locked(path))
        editor = KubeConfigEditor(read_files(paths))
        yield editor
        editor.save()


def _tidy(document: Document) -> Document:
    """Bring a document into the shape that kubectl writes: all sections present, entries by name."""
    tidy: Document = {"apiVersion": "v1", "kind": "Config", **document}
    for section in SECTIONS:
        tidy[section] = sorted(document.get(section) or [], key=lambda entry: str(entry.get("name", ""))) or None
    tidy["current-context"] = document.get("current-context") or ""
    return tidy


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    lock = path.with_name(f"{path.name}.lock")
    deadline = time.monotonic() + LOCK_WAIT_S
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        while not _take(lock):
            if time.monotonic() > deadline:
                raise ConfigError(f"{path} is locked by another program; when none is running, remove {lock}")
            time.sleep(_LOCK_POLL_S)
    except OSError as error:
        raise ConfigError(f"open {lock}: {(error.strerror or '').lower()}") from error
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _take(lock: Path) -> bool:
    try:
        os.close(os.open(lock, os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return False
    return True


def _replace(path: Path, text: str) -> None:
    try:
        # mkstemp makes the file with mode 0600, and it stays so: a kubeconfig holds credentials.
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ConfigError(f"open {path}: {(error.strerror or '').lower()}") from error
