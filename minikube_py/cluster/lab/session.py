"""Session: which lab is under way, and how far; Progress: what the learner has done in all labs. Pure, and their files.

Every change is one file replaced by another, so whoever is killed leaves the old state or the new one.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from minikube_py.cluster.config import clusters_folder
from minikube_py.errors import ConfigError

Phase = Literal["building", "ready"]


@dataclass(frozen=True, slots=True)
class Session:
    lab: str
    step: int = 0
    """From 0; the number of steps: the lab is done."""
    phase: Phase = "building"
    """building: the machines are not as they should be at the step's beginning, or nobody knows."""
    hint_case: int = -1
    """Which of the step's hintchecks was told last, and how many of its levels."""
    hint_level: int = 0

    def at(self, step: int) -> Session:
        """The same lab at another step, its machines to be built."""
        return Session(self.lab, step)

    def built(self) -> Session:
        return replace(self, phase="ready")

    def passed(self) -> Session:
        return replace(self, step=self.step + 1, hint_case=-1, hint_level=0)

    def hinted(self, case: int) -> Session:
        """One level further in the same situation; another situation begins with the question."""
        level = min(self.hint_level + 1, 3) if case == self.hint_case else 1
        return replace(self, hint_case=case, hint_level=level)


@dataclass(frozen=True, slots=True)
class LabProgress:
    predictions: Mapping[str, str] = field(default_factory=dict)
    """Step id -> what the learner said would happen."""
    passed: Mapping[str, str] = field(default_factory=dict)
    """Step id -> `done`, or `solved` where the lab did it."""
    hints: int = 0
    started: float = 0.0
    finished: float = 0.0
    """Seconds since 1970; 0: not yet."""

    def predicted(self, step: str, text: str) -> LabProgress:
        return replace(self, predictions={**self.predictions, step: text})

    def through(self, step: str, how: str) -> LabProgress:
        return self if step in self.passed else replace(self, passed={**self.passed, step: how})


class LabFiles:
    """Everything that `lab` keeps, below the folder of the clusters."""

    def __init__(self) -> None:
        self.folder = clusters_folder() / ".labs"
        self.world = self.folder / "world"
        self.images = self.folder / "images"
        self._session = self.folder / "session.json"
        self._progress = self.folder / "progress.json"

    def session(self) -> Session | None:
        document = _read(self._session)
        return None if document is None else _made(Session, document, self._session)

    def set_session(self, session: Session | None) -> None:
        if session is None:
            self._session.unlink(missing_ok=True)
        else:
            _write(self._session, asdict(session))

    def progress(self, lab: str) -> LabProgress:
        found = (_read(self._progress) or {}).get(lab)
        return LabProgress() if found is None else _made(LabProgress, found, self._progress)

    def set_progress(self, lab: str, progress: LabProgress) -> None:
        _write(self._progress, {**(_read(self._progress) or {}), lab: asdict(progress)})

    @contextmanager
    def alone(self) -> Iterator[None]:
        """For what builds or removes machines. Raises: ConfigError while another command does."""
        with _locked(self.folder / "lock", fcntl.LOCK_EX | fcntl.LOCK_NB):
            yield

    def is_busy(self) -> bool:
        """Whether a command that builds or removes machines is at it."""
        try:
            with self.alone():
                return False
        except ConfigError:
            return True

    @contextmanager
    def state(self) -> Iterator[None]:
        """Between reading the state and writing it; waits for others, which is never long."""
        with _locked(self.folder / "state.lock", fcntl.LOCK_EX):
            yield


@contextmanager
def _locked(path: Path, how: int) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, how)
        except BlockingIOError as error:
            raise ConfigError(
                "another `minikube-py lab` command is building or removing the machines; wait for it"
            ) from error
        yield


def _read(path: Path) -> dict[str, Any] | None:
    try:
        document = json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ConfigError(f"{path} is damaged ({error}); remove it, then: minikube-py lab stop") from error
    if not isinstance(document, dict):
        raise ConfigError(f"{path} is damaged; remove it, then: minikube-py lab stop")
    return document


def _write(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(document, indent=2) + "\n")
    draft.replace(path)


def _made(kind: Any, document: dict[str, Any], path: Path) -> Any:
    try:
        return kind(**document)
    except TypeError as error:
        raise ConfigError(f"{path} is of another version ({error}); remove it, then: minikube-py lab stop") from error
