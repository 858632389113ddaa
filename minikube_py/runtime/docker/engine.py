"""The Docker SDK, which blocks, called from threads of its own; its many errors become ours here and nowhere else."""

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeAlias, TypeVar

import docker
import docker.errors
import requests.exceptions

from minikube_py.runtime.interface import RuntimeFault, RuntimeUnavailable

Json: TypeAlias = Any  # what the engine answers
P = ParamSpec("P")
T = TypeVar("T")

_OLDEST_API = (1, 41)
_THREADS = 32


def default_address() -> str:
    """Where the engine listens unless something else was said; what the docker command asks, too."""
    return os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"


class NotFound(RuntimeFault):
    """The engine does not know the object."""


class Engine:
    """One Docker engine, reached at `address`, or where the environment says."""

    def __init__(self, address: str = "") -> None:
        self.address = address or default_address()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="docker")
        self._client: docker.APIClient | None = None

    @property
    def api(self) -> docker.APIClient:
        if self._client is None:
            raise RuntimeUnavailable(self._gone())
        return self._client

    async def connect(self) -> Json:
        """Say hello and return the engine's version document. Raises: RuntimeUnavailable."""
        version = await self.call(self._connect)
        spoken = tuple(int(part) for part in version["ApiVersion"].split("."))
        if spoken < _OLDEST_API:
            oldest = ".".join(map(str, _OLDEST_API))
            raise RuntimeUnavailable(f"Docker at {self.address} speaks API {version['ApiVersion']}; {oldest} is needed")
        return version

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a blocking call of the SDK. Raises: NotFound, RuntimeUnavailable, RuntimeFault."""

        def guarded() -> T:
            try:
                return function(*args, **kwargs)
            except docker.errors.NotFound as error:
                raise NotFound(str(error.explanation or error)) from error
            except docker.errors.APIError as error:
                raise RuntimeFault(str(error.explanation or error)) from error
            except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
                raise RuntimeUnavailable(self._gone()) from error

        return await asyncio.get_running_loop().run_in_executor(self._threads, guarded)

    def listen(
        self, loop: asyncio.AbstractEventLoop, filters: dict[str, Json], handle: Callable[[Json], None]
    ) -> Callable[[], None]:
        """Call `handle` (in the event loop) with each engine event until the returned function is called.

        The last call, when the engine went away, is with None. Blocks until the engine listens to us.
        """
        stream = self.api.events(decode=True, filters=filters)

        def read() -> None:
            for event in _until_closed(stream):
                loop.call_soon_threadsafe(handle, event)
            if not loop.is_closed():
                loop.call_soon_threadsafe(handle, None)

        self._threads.submit(read)
        return stream.close

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _connect(self) -> Json:
        self._client = docker.APIClient(self.address, version="auto", timeout=120, max_pool_size=_THREADS)
        return self._client.version()

    def _gone(self) -> str:
        return f"Cannot connect to the Docker daemon at {self.address}: is it running? start it with `dockerd`"


def _until_closed(stream: Iterable[Json]) -> Iterator[Json]:
    try:
        yield from stream
    except (docker.errors.DockerException, requests.exceptions.RequestException, OSError, ValueError, AttributeError):
        return  # the engine went away or the stream was closed under us; both end the listening
