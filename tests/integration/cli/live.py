"""A real API server in a thread of this process: verbs block, so the test's own loop could not serve them."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.api_server import api_server
from tests.support.processes import free_port


@contextmanager
def live_server() -> Iterator[str]:
    """Serve until the block ends; gives the address."""
    port = free_port()
    ready = threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        async with api_server(port=port):
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(30)
        yield f"http://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
