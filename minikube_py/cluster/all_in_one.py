"""The all-in-one process: the components of a cluster as tasks of one event loop, talking HTTP over loopback.

    python -m minikube_py.cluster.all_in_one FOLDER COMPONENT...

Each component is the same coroutine that its own program runs; only processes, and so interpreters, are saved. The
store etcd stays a process, as nothing of it is Python. The kubelet and the proxy are in it too, because they block
little. Measured with real containers on 2 cores, one process against five: start 3.2 s and 4.0 s, memory 119 MB and
306 MB, 20 pods ready in 4.3 s and 2.9 s, a GET meanwhile (99th percentile) 92 ms and 43 ms.

A component's code is read when its work begins, which is when the API server is ready: so that is ready sooner.

Kubernetes: k3s and its one binary
"""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from minikube_py.api.kinds.core.node import Node
from minikube_py.client.client import Client
from minikube_py.cluster.components import PROCESS
from minikube_py.cluster.config import ClusterConfig, ClusterNode, read_config
from minikube_py.cluster.processes import ProcessTable
from minikube_py.cluster.settings import apiserver_settings, kubelet_settings, proxy_settings
from minikube_py.cluster.supervisor import ComponentLogs, Job, supervise
from minikube_py.cluster.trouble import TroubleFiles
from minikube_py.controllers.context import ControllersConfig
from minikube_py.machinery.component import ComponentConfig, serve_component
from minikube_py.proxy.run import serve as serve_proxy
from minikube_py.telemetry.process import run_process

_POLL_S = 0.1
_SETTLED_S = 20.0
"""By then every component has what it keeps for as long as it lives."""

Run = Callable[[], Awaitable[None]]


def jobs(config: ClusterConfig) -> dict[str, Job]:
    """Every component that can be a task, by name, in the order of starting."""
    found = [
        Job("apiserver", "kube-apiserver", lambda: _apiserver(config)),
        Job("controller-manager", "kube-controller-manager", lambda: _controllers(config)),
        Job("scheduler", "kube-scheduler", lambda: serve_component(_connection(config, "scheduler"), _scheduler)),
        *(Job(node.kubelet, "kubelet", _kubelet(config, node)) for node in config.local_nodes),
        *(Job(node.proxy, "kube-proxy", _proxy(config, node)) for node in config.local_nodes),
    ]
    return {job.name: job for job in found}


def _connection(config: ClusterConfig, name: str) -> ComponentConfig:
    is_leading = name in ("scheduler", "controller-manager")
    title = name if name.startswith("kubelet") else f"kube-{name}"
    return ComponentConfig(
        title.rstrip("-0123456789"), kubeconfig=str(config.kubeconfig_of(name)), leader_elect=is_leading
    )


async def _apiserver(config: ClusterConfig) -> None:
    from minikube_py.apiserver.run import run

    await run(apiserver_settings(config))


async def _scheduler(client: Client) -> None:
    from minikube_py.scheduler.run import run

    await run(client)


async def _controllers(config: ClusterConfig) -> None:
    root_ca = await asyncio.to_thread((config.folder / "pki" / "ca.crt").read_text)
    settings = ControllersConfig(root_ca=root_ca, use_service_account_credentials=True)

    async def work(client: Client) -> None:
        from minikube_py.controllers.manager import run

        await run(client, settings)

    await serve_component(_connection(config, "controller-manager"), work)


def _kubelet(config: ClusterConfig, node: ClusterNode) -> Run:
    settings, connection = kubelet_settings(config, node), _connection(config, node.kubelet)

    async def work(client: Client) -> None:
        from minikube_py.kubelet.run import run

        await run(settings, client)

    return lambda: serve_component(connection, work)


def _proxy(config: ClusterConfig, node: ClusterNode) -> Run:
    """The proxy begins when its node is Ready, so that what both make on the machine is undone in reverse order."""
    connection = _connection(config, node.proxy)

    async def run() -> None:
        await serve_component(connection, lambda client: _wait_for_node(client, node.name))
        await serve_proxy(connection, proxy_settings(config, node))

    return run


async def _wait_for_node(client: Client, name: str) -> None:
    while True:
        (node,) = (await client.list(Node, field_selector=f"metadata.name={name}")).items or (None,)
        if node is not None and any(each.type == "Ready" and each.status == "True" for each in node.status.conditions):
            return
        await asyncio.sleep(_POLL_S)


def _leave_out_what_stays() -> None:
    """Spare the garbage collector the code of all components: to look at that stops everything for 100 ms."""
    gc.collect()
    gc.freeze()


def main(folder: Path, names: list[str]) -> None:
    """Run the named components of the cluster in `folder` until a signal ends them."""
    config = read_config(folder)
    known = jobs(config)
    wanted = [known[name] for name in names]
    table = ProcessTable(folder)

    async def run() -> None:
        root = logging.getLogger()
        logs = ComponentLogs(wanted, table.log_path, PROCESS)
        root.handlers[:] = [logs]
        asyncio.get_running_loop().call_later(_SETTLED_S, _leave_out_what_stays)
        await supervise(wanted, TroubleFiles(folder))

    run_process(PROCESS, run)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
