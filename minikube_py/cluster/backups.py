"""Backups of a cluster's store, and of any store that is named by its URL.

    backup:   read the store beside its API server -> file -> read that again
    restore:  end everything but etcd -> write the store -> start what ran

Between the two the API server must not run: it keeps in memory which addresses are given, and its components would
write. What of them runs when its informers come back lists anew, because the history before the restore is forgotten.

Kubernetes: https://kubernetes.io/docs/tasks/administer-cluster/configure-upgrade-etcd/#backing-up-an-etcd-cluster
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from minikube_py.cluster import lifecycle
from minikube_py.cluster.components import components, storage_url
from minikube_py.cluster.config import ClusterConfig
from minikube_py.cluster.processes import ProcessTable
from minikube_py.cluster.progress import Progress
from minikube_py.errors import ConfigError, MinikubeError
from minikube_py.storage import open_storage
from minikube_py.storage.backup import Backup, Restored, put_back
from minikube_py.storage.sqlite import read_snapshot

PREFIX = "/registry/"
"""Where an API server keeps its objects; in a store that it shares with others, theirs are not looked at."""

_ETCD = "etcd"


def of_url(url: str) -> Backup:
    """What is in a store, whoever else has it open. Raises: ConfigError, StorageError."""
    return asyncio.run(_of_url(url))


async def _of_url(url: str) -> Backup:
    store = store_of(url)
    if store != _ETCD:
        # Not through SqliteStorage, of which a file can have one.
        return Backup.of(store, read_snapshot(Path(url.removeprefix("sqlite://")), PREFIX))
    storage = await open_storage(url)
    try:
        return Backup.of(store, await storage.snapshot(PREFIX))
    finally:
        await storage.close()


def of_cluster(config: ClusterConfig, progress: Progress) -> Backup:
    with lifecycle.only_one(config), _store_answers(config, progress), progress.step("Reading the store"):
        return of_url(storage_url(config))


def write(made: Backup, file: Path) -> None:
    """Write the file, and look whether all is in it. Raises: MinikubeError, OSError."""
    made.write(file)
    if Backup.read(file) != made:
        raise MinikubeError(f"{file} is not what was written to it; check the disk, then take another backup")


def read(file: Path) -> Backup:
    """Raises: StorageError, OSError."""
    return Backup.read(file)


def into_url(url: str, kept: Backup) -> Restored:
    """Raises: ConfigError for a backup of another kind of store; StorageError."""
    _check_store(store_of(url), kept)
    return asyncio.run(_into_url(url, kept))


async def _into_url(url: str, kept: Backup) -> Restored:
    storage = await open_storage(url)
    try:
        return await put_back(storage, kept, PREFIX)
    finally:
        await storage.close()


def into_cluster(config: ClusterConfig, kept: Backup, progress: Progress) -> Restored:
    """Raises: ConfigError for a backup of another kind of store; StorageError; StartFailed."""
    _check_store(config.store, kept)
    with lifecycle.only_one(config):
        running = _running(config) - {_ETCD}
        if running:
            with progress.step("Stopping the components"):
                ProcessTable(config.folder).stop(running)
        with _store_answers(config, progress), progress.step("Putting the objects back"):
            done = into_url(storage_url(config), kept)
    if running:
        lifecycle.start(config, progress)
    return done


def _running(config: ClusterConfig) -> set[str]:
    table = ProcessTable(config.folder)
    table.adopt(components(config))
    return {name for name, identity in table.read().items() if identity.is_alive()}


@contextmanager
def _store_answers(config: ClusterConfig, progress: Progress) -> Iterator[None]:
    """Start etcd where the cluster has one and it does not run; whoever comes after finds it as it was."""
    if config.store != _ETCD or _ETCD in _running(config):
        yield
        return
    lifecycle.start_all([component for component in components(config) if component.name == _ETCD], config, progress)
    try:
        yield
    finally:
        ProcessTable(config.folder).stop([_ETCD])


def store_of(url: str) -> str:
    """The kind of store that a URL names. Raises: ConfigError."""
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite" and rest:
        return scheme
    if scheme in ("http", "https") and rest:
        return _ETCD
    raise ConfigError(f"--storage={url}: use sqlite:///PATH, or http://HOST:PORT of an etcd")


def _check_store(store: str, kept: Backup) -> None:
    if kept.store != store:
        raise ConfigError(
            f"the backup is of a store in {kept.store}, and this one is in {store}; name one of that kind"
        )
