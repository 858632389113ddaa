"""start, stop, delete: the life of a cluster on this machine.

Kubernetes: kind create/delete cluster, minikube start/stop/delete
"""

from __future__ import annotations

import asyncio
import fcntl
import itertools
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from minikube_py.cluster.components import Component, components
from minikube_py.cluster.config import ClusterConfig, forget_clusters_folder
from minikube_py.cluster.material import enter_context, leave_context, make_material
from minikube_py.cluster.node_network import NodeNetwork
from minikube_py.cluster.preflight import check_can_start
from minikube_py.cluster.processes import ProcessTable, StartFailed
from minikube_py.cluster.progress import Progress
from minikube_py.cluster.readiness import Readiness
from minikube_py.cluster.trouble import TroubleFiles
from minikube_py.errors import ConfigError, MinikubeError

_READY_TIMEOUT_S = 120.0
_POLL_S = 0.05


def start(config: ClusterConfig, progress: Progress) -> None:
    """Start what does not run yet, wait until it is ready, and enter the context.

    Raises: ConfigError, StartFailed (what was started keeps running, for a look at it).
    """
    with only_one(config):
        bring_up(config, progress)


def bring_up(config: ClusterConfig, progress: Progress) -> None:
    """The same, for who keeps others out already."""
    table = ProcessTable(config.folder)
    table.adopt(components(config))
    running = {name for name, identity in table.read().items() if identity.is_alive()}
    if not running:
        check_can_start(config)
    config.save()
    with progress.step("Preparing keys and folders"):
        make_material(config)
    if config.has_node_network:
        with progress.step("Connecting the nodes"):
            asyncio.run(NodeNetwork(config).set_up())
    wanted = [component for component in components(config) if component.process_name not in running]
    start_all([c for c in wanted if not c.needs_nodes], config, progress)
    with progress.step(f"Waiting for the node{'s' * (len(config.local_nodes) > 1)} to be Ready"):
        _wait_for_nodes(config, table)
    start_all([c for c in wanted if c.needs_nodes], config, progress)
    enter_context(config)


@contextmanager
def only_one(config: ClusterConfig) -> Iterator[None]:
    """Keep a second start, stop or delete of the same cluster out. Raises: ConfigError."""
    config.folder.mkdir(parents=True, exist_ok=True)
    with (config.folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigError(f'another command is starting or ending cluster "{config.name}"; wait for it') from error
        try:
            yield
        finally:
            _forget_folder_of_nothing(config)


def _forget_folder_of_nothing(config: ClusterConfig) -> None:
    """A start that was refused leaves no folder behind."""
    if config.folder.is_dir() and [entry.name for entry in config.folder.iterdir()] == ["lock"]:
        shutil.rmtree(config.folder)
    forget_clusters_folder()


def apart(config: ClusterConfig) -> ClusterConfig:
    """The cluster with one process a component from now on. Raises: ConfigError while it runs in one."""
    if not config.processes and any(identity.is_alive() for identity in ProcessTable(config.folder).read().values()):
        raise ConfigError(f"--processes: the cluster runs in one process; first: minikube-py stop --name {config.name}")
    return replace(config, processes=True)


def start_all(wanted: Sequence[Component], config: ClusterConfig, progress: Progress) -> None:
    """Start components in their order, and wait for each that says when it is ready. Raises: StartFailed."""
    table = ProcessTable(config.folder)
    for _, group in itertools.groupby(wanted, lambda component: component.process_name):
        together = list(group)
        with progress.step(f"Starting {', '.join(component.name for component in together)}"):
            for component in together:
                # What an earlier process complained of, this one has not met yet.
                TroubleFiles(config.folder).clear(component.name)
            table.start(together[0])
            for component in (c for c in together if c.ready_url):
                _wait_until_ready(component, config, table)


def _wait_until_ready(component: Component, config: ClusterConfig, table: ProcessTable) -> None:
    deadline = time.monotonic() + _READY_TIMEOUT_S
    identity = table.read()[component.process_name]
    trouble = TroubleFiles(config.folder)
    readiness = Readiness(config)
    while not readiness.answers(component.ready_url):
        if said := trouble.read(component.name):
            raise StartFailed(f"{component.name} ended: {said}")
        if not identity.is_alive() or time.monotonic() > deadline:
            why = "does not answer" if identity.is_alive() else "ended"
            log = table.tail(component.name) or "(its log is empty)"
            raise StartFailed(f"{component.name} {why}; the end of {table.log_path(component.name)}:\n{log}")
        time.sleep(_POLL_S)


def _wait_for_nodes(config: ClusterConfig, table: ProcessTable) -> None:
    deadline = time.monotonic() + _READY_TIMEOUT_S
    trouble = TroubleFiles(config.folder)
    readiness = Readiness(config)
    nodes = config.local_nodes
    while not (all(readiness.node_is_ready(node.name) for node in nodes) and readiness.pods_can_be_created()):
        for name, identity in table.read().items():
            if not identity.is_alive():
                raise StartFailed(f"{name} ended; the end of {table.log_path(name)}:\n{table.tail(name)}")
        for node in nodes:
            if said := trouble.read(node.kubelet):
                raise StartFailed(f"{node.kubelet} ended: {said}")
        if time.monotonic() > deadline:
            log = "kubelet" if readiness.pods_can_be_created() else "controller-manager"
            raise StartFailed(f"the cluster is not ready after {_READY_TIMEOUT_S:.0f} s: see `minikube-py logs {log}`")
        time.sleep(_POLL_S)


def stop(config: ClusterConfig, progress: Progress) -> None:
    """End the components. Containers, addresses and rules stay, as when a node's daemons are stopped."""
    with only_one(config):
        _stop(config, progress)


def _stop(config: ClusterConfig, progress: Progress) -> None:
    table = ProcessTable(config.folder)
    with progress.step("Stopping the components"):
        table.adopt(components(config))
        table.stop(reversed(list(table.read())))


def delete(config: ClusterConfig, progress: Progress, *, is_forced: bool = False) -> None:
    """End everything and take everything away: pods, links, rules, mounts, files, and the kubeconfig entries.

    Raises: MinikubeError where something cannot be taken away; forced, that is left behind.
    """
    # It knows all components, so it takes its time to be imported; nobody else needs it.
    from minikube_py.cluster.teardown import remove_pods_and_rules

    with only_one(config):
        _stop(config, progress)
        try:
            with progress.step("Removing pods, links and rules"):
                remove_pods_and_rules(config)
        except MinikubeError as error:
            if not is_forced:
                way_out = f"minikube-py delete --name {config.name} --force"
                raise MinikubeError(f"{error}; to leave the pods behind: {way_out}") from error
        with progress.step("Removing files and the context"):
            leave_context(config)
            shutil.rmtree(config.folder)
