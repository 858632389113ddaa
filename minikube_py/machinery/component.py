"""Component: what every program that is a client of the API server does around its own work.

    run_component(ComponentConfig("kube-scheduler", master=master), lambda client: scheduler.run(client))

It connects, waits until the API server answers, serves /healthz and /metrics where a port is given, and runs the work;
with `leader_elect` only while this instance holds the lease. A short outage is the informers' affair: the work goes on.
In one that outlasts the lease the work stops, and begins anew with the next lease; the process stays.
Signals, logging and the last line before exit are `telemetry.process`.

Kubernetes: staging/src/k8s.io/component-base/cli/run.go, cmd/kube-controller-manager/app/controllermanager.go
(which ends with its lease, and leaves it to others to start it again)
"""

from __future__ import annotations

import logging
import os
import socket
import uuid
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import uvloop

from minikube_py.api.status import ApiError, InternalError, Unavailable
from minikube_py.client.client import Client
from minikube_py.client.kubeconfig import ClientConfig, in_cluster_config, load_kubeconfig
from minikube_py.client.request import Request
from minikube_py.errors import ConfigError
from minikube_py.machinery.backoff import Backoff, BackoffPolicy
from minikube_py.machinery.health import serve_health
from minikube_py.machinery.leader_election import LeaderElectionConfig, LeaderElector, LeadershipLost
from minikube_py.telemetry.process import run_process

log = logging.getLogger(__name__)

Work = Callable[[Client], Awaitable[None]]

_START = BackoffPolicy(initial_s=0.1, cap_s=5.0, factor=1.3, jitter=0.2)
"""For who is started beside the API server, which is there in a moment."""


@dataclass(frozen=True, slots=True)
class ComponentConfig:
    name: str
    """As in user agents, leases and events: `kube-scheduler`."""
    master: str = ""
    kubeconfig: str = ""
    health_port: int | None = None
    """Where /healthz and /metrics are served on loopback; None: nowhere, 0: wherever there is room."""
    leader_elect: bool = False
    leader_elect_renew_deadline_s: float = 10.0
    verbosity: int = 2


def run_component(config: ComponentConfig, work: Work) -> None:
    """Run `work` as a process of its own, until it ends or a signal ends it."""
    run_process(
        config.name, lambda: serve_component(config, work), config.verbosity, loop_factory=uvloop.new_event_loop
    )


async def serve_component(config: ComponentConfig, work: Work) -> None:
    """Run `work` with a connected client until it ends or is cancelled.

    Raises: ConfigError when there is nothing to connect to; whatever `work` raises.
    """
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            Client.connect(client_config(config.master, config.kubeconfig), user_agent=config.name)
        )
        if config.health_port is not None:
            await stack.enter_async_context(serve_health("127.0.0.1", config.health_port))
        await wait_for_api_server(client)
        if config.leader_elect:
            await _lead_again_and_again(client, config, work)
        else:
            await work(client)


async def _lead_again_and_again(client: Client, config: ComponentConfig, work: Work) -> None:
    """Run the work while this instance leads. Who loses the lease, as in an outage, lines up for it again."""
    identity = f"{socket.gethostname()}_{os.getpid()}_{uuid.uuid4()}"
    election = LeaderElectionConfig(config.name, identity, renew_deadline_s=config.leader_elect_renew_deadline_s)
    while True:
        try:
            await LeaderElector(client, election).run(lambda: work(client))
        except LeadershipLost as error:
            log.warning("no longer the leader; the work begins anew once it is", extra={"error": str(error)})
        else:
            return


def client_config(master: str, kubeconfig: str) -> ClientConfig:
    """The connection that the flags --master and --kubeconfig ask for; in a pod without either, the pod's own.

    Raises: ConfigError
    """
    if kubeconfig:
        config = load_kubeconfig(kubeconfig).client_config()
    elif master:
        config = ClientConfig()
    else:
        found = in_cluster_config()
        if found is None:
            raise ConfigError("--master or --kubeconfig must be specified: which API server is this for?")
        config = found
    if not master:
        return config
    server = master if "://" in master else f"http://{master}"
    if not server.startswith(("http://", "https://")):
        raise ConfigError(f"--master={master}: not an address of an API server, such as http://localhost:8080")
    return replace(config, server=server)


async def wait_for_api_server(client: Client) -> None:
    """Return once the API server answers and is ready; says once that it is being waited for."""
    backoff = Backoff(_START)
    while True:
        try:
            await client.raw(Request("GET", "/readyz", accept="*/*"))
        except (Unavailable, InternalError) as error:
            # The latter is how /readyz says: not yet.
            if backoff.failures == 0:
                log.warning("waiting for the API server", extra={"server": client.server, "error": str(error)})
            await backoff.pause()
        except ApiError:
            # It answers, if only to say that this path is not for us: it is there.
            return
        else:
            return
