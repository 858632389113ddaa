"""What the oci runtime remembers in files, so that a later process finds every sandbox and container again.

    sandboxes/<id>/sandbox.json       SandboxRecord; namespaces and shared memory are mounted beside it
    containers/<id>/container.json    ContainerRecord; the bundle, the writable layer and conmon's files beside it
    containers/<id>/started.json      StartedRecord, written once the process runs

Every file is written under another name, then renamed: a reader sees the old or the new text, never half of one.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from minikube_py.runtime.interface import ContainerConfig, RuntimeFault, SandboxConfig
from minikube_py.runtime.oci.processes import Process

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class SandboxRecord:
    id: str
    config: SandboxConfig
    created_at: datetime
    addresses: tuple[str, ...] = ()
    is_ready: bool = False
    """False until everything is made (or after a stop); a half-made one is removed at the next `open`."""
    was_ready: bool = False


@dataclass(frozen=True, slots=True)
class ContainerRecord:
    id: str
    sandbox_id: str
    config: ContainerConfig
    created_at: datetime
    image_id: str
    image_digest: str
    cgroup: str
    stop_signal: str
    start_failure: str = ""
    """Why the process could not be started; then it counts as exited with 128."""
    start_began: bool = False


@dataclass(frozen=True, slots=True)
class StartedRecord:
    started_at: datetime
    container: Process
    monitor: Process
    """conmon, whose end tells that the container has ended."""


class RecordFile(Generic[R]):
    """Reads and writes one kind of record by the name of its file."""

    def __init__(self, kind: type[R], name: str) -> None:
        self._adapter: TypeAdapter[R] = TypeAdapter(kind)
        self._name = name

    def write(self, folder: Path, record: R) -> None:
        draft = folder / f"{self._name}.{uuid.uuid4().hex}.new"
        draft.write_bytes(self._adapter.dump_json(record))
        draft.rename(folder / self._name)

    def read(self, folder: Path) -> R | None:
        """None where there is no such file. Raises: RuntimeFault where it cannot be understood."""
        try:
            return self._adapter.validate_json((folder / self._name).read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError as error:
            raise RuntimeFault(f"{folder / self._name} is damaged: {error}") from error

    def read_all(self, parent: Path) -> Iterator[tuple[Path, R | None]]:
        for folder in sorted(parent.iterdir()):
            yield folder, self.read(folder)


SANDBOXES = RecordFile(SandboxRecord, "sandbox.json")
CONTAINERS = RecordFile(ContainerRecord, "container.json")
STARTS = RecordFile(StartedRecord, "started.json")
