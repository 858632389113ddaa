"""One secure API server for each file of tests; they leave nothing behind that another could trip over."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.support.secure_api_server import ADMIN_TOKEN, SecureServer, secure_api_server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SecureServer]:
    async with secure_api_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def admin(server: SecureServer) -> AsyncIterator[httpx.AsyncClient]:
    async with server.client(token=ADMIN_TOKEN) as client:
        yield client
