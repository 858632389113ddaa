"""An API server with its controllers and simulated nodes, inside the test, over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.service_account import ServiceAccount
from minikube_py.api.status import NotFound
from minikube_py.apiserver.config import ApiServerConfig
from minikube_py.apiserver.run import run as run_api_server
from minikube_py.client.client import Client
from minikube_py.client.kubeconfig import ClientConfig
from minikube_py.controllers.context import ControllersConfig
from minikube_py.controllers.manager import run as run_controllers
from minikube_py.machinery.component import wait_for_api_server
from minikube_py.machinery.controller import Controller
from minikube_py.machinery.informer import Informers
from tests.support.eventually import eventually
from tests.support.processes import free_port
from tests.support.simulated_kubelet import SimulatedKubelet, every_pod


def write_signing_key(path: Path) -> Path:
    """A key for service account tokens, without which no pod is admitted."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


@asynccontextmanager
async def control_plane(
    signing_key: Path | None, *, becomes_ready: Callable[[Pod], bool] = every_pod
) -> AsyncIterator[Client]:
    """A client of a cluster that lives until the block ends; pods that `becomes_ready` agrees to run at once."""
    port = free_port()
    config = ApiServerConfig(storage="memory://", port=port, service_account_signing_key_file=signing_key)
    async with Client.connect(ClientConfig(server=f"http://127.0.0.1:{port}")) as client:
        tasks = [asyncio.create_task(run_api_server(config))]
        try:
            await wait_for_api_server(client)
            tasks.append(asyncio.create_task(run_controllers(client, ControllersConfig())))
            informers = Informers(client)
            kubelet = Controller(SimulatedKubelet(client, informers.of(Pod), becomes_ready))
            tasks += [asyncio.create_task(informers.run()), asyncio.create_task(kubelet.run())]
            await eventually(lambda: _has_default_account(client))
            yield client
        finally:
            for task in reversed(tasks):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


async def _has_default_account(client: Client) -> bool:
    try:
        await client.get(ServiceAccount, "default", namespace="default")
    except NotFound:
        return False
    return True
