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
    config = ApiServerConfig(storage=storage, port=port, **settings)
    serving = asyncio.create_task(run(config, registry))
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:

            async def answers() -> bool:
                if serving.done():
                    serving.result()
                try:
                    return (await client.get("/api/v1/namespaces/kube-system")).status_code == 200
                except httpx.TransportError:
                    return False

            await eventually(answers, timeout_s=15)
            yield client
    finally:
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving
