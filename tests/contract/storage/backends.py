"""How the suite opens, closes and restarts each implementation."""

from pathlib import Path
from typing import Protocol

from minikube_py.storage import Storage, open_storage
from tests.support.eventually import eventually
from tests.support.processes import EtcdServer


class Backend(Protocol):
    """A place for data that outlives the Storage objects opened on it."""

    async def open(self) -> Storage:
        """Open the store as a program does when it starts."""
        ...

    async def restart(self) -> None:
        """Restart whatever serves the data; called while no Storage is open."""
        ...


class MemoryBackend:
    async def open(self) -> Storage:
        return await open_storage("memory://")

    async def restart(self) -> None:
        raise AssertionError("memory does not outlive a restart")


class SqliteBackend:
    def __init__(self, path: Path) -> None:
        self._path = path

    async def open(self) -> Storage:
        return await open_storage(f"sqlite://{self._path}")

    async def restart(self) -> None:
        """The file is all there is."""


class EtcdBackend:
    def __init__(self, server: EtcdServer) -> None:
        self._server = server

    async def open(self) -> Storage:
        return await open_storage(self._server.endpoint)

    async def restart(self) -> None:
        self._server.kill()
        self._server.start()
        await eventually(self._server.is_healthy, timeout_s=30)
