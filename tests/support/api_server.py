"""An API server inside the test: memory storage, a port of its own, spoken to over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx

from minikube_py.api.registry import Registry
from minikube_py.apiserver.config import ApiServerConfig
from minikube_py.apiserver.run import run
from tests.support.eventually import eventually
from tests.support.processes import free_port


@asynccontextmanager
async def api_server(
    *, registry: Registry | None = None, storage: str = "memory://", port: int = 0, **settings: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server that serves until the block ends."""
    port = port or free_port()
    async with (
        serving(ApiServerConfig(storage=storage, port=port, **settings), registry) as task,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
    ):
        await answered(task, client, "/api/v1/namespaces/kube-system")
        yield client


@asynccontextmanager
async def serving(config: ApiServerConfig, registry: Registry | None = None) -> AsyncIterator[asyncio.Task[None]]:
    """The server as a task, cancelled when the block ends."""
    task = asyncio.create_task(run(config, registry))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def answered(task: asyncio.Task[None], client: httpx.AsyncClient, path: str) -> None:
    """Wait until a GET is answered with 200. Raises: what the server ended with."""

    async def is_answered() -> bool:
        if task.done():
            task.result()
        try:
            return (await client.get(path)).status_code == 200
        except httpx.TransportError:
            return False

    await eventually(is_answered, timeout_s=15)
