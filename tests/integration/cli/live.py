"""A real API server in a thread of this process: verbs block, so the test's own loop could not serve them."""

import asyncio
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.api_server import api_server
from tests.support.eventually import eventually
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


@contextmanager
def server_process() -> Iterator[str]:
    """One more API server, in a process of its own: a process holds the metrics of one."""
    url = f"http://127.0.0.1:{free_port()}"
    argv = [sys.executable, "-m", "minikube_py.apiserver", "--storage=memory://", f"--port={url.rpartition(':')[2]}"]
    process = subprocess.Popen([*argv, "-v0"])
    try:
        asyncio.run(eventually(lambda: _is_serving(url), timeout_s=30))
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _is_serving(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/api/v1/namespaces/default", timeout=5):
            return True
    except OSError:
        return False
