"""`minikube-py backup` and `restore`: a cluster's store as a file, and back.

Kubernetes: `etcdctl snapshot save`; k3s etcd-snapshot
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from minikube_py.cluster.arguments import existing, name_option, told
from minikube_py.cluster.progress import Progress, Silence

_file = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
_storage = click.option(
    "--storage",
    "url",
    default="",
    metavar="URL",
    help="Instead of a cluster's store the one at sqlite:///PATH, or http://HOST:PORT of an etcd.",
)
_output = click.option("-o", "--output", type=click.Choice(["json"]), help="As a document.")


@click.command()
@_file
@name_option
@_storage
@_output
@told
def backup(file: Path, name: str, url: str, output: str | None) -> None:
    """Write all objects of a cluster to FILE, while it runs or not.

    Secrets are in the file; it is readable by its owner only.
    """
    from minikube_py.cluster import backups

    progress = Silence() if output else Progress()
    made = backups.of_url(url) if url else backups.of_cluster(existing(name), progress)
    backups.write(made, file)
    if output:
        document = {"file": str(file), "store": made.store, "revision": made.revision, "keys": len(made.entries)}
        print(json.dumps(document, indent=2))
    else:
        print(f"{file}: {len(made.entries)} objects at version {made.revision} ({made.store})")


@click.command()
@_file
@name_option
@_storage
@_output
@told
def restore(file: Path, name: str, url: str, output: str | None) -> None:
    """Make the objects what they were when FILE was written.

    A cluster that runs is stopped for it, and started again; its containers are not touched meanwhile. With --storage
    no API server may run on that store.
    """
    from minikube_py.cluster import backups

    progress = Silence() if output else Progress()
    kept = backups.read(file)
    config = None if url else existing(name)
    done = backups.into_cluster(config, kept, progress) if config else backups.into_url(url, kept)
    if output:
        print(json.dumps({"file": str(file), "store": kept.store, **asdict(done)}, indent=2))
        return
    print(
        f"{file}: {len(kept.entries)} objects: {done.created} created, {done.changed} changed, "
        f"{done.unchanged} as they were; {done.deleted} others deleted\n"
        f"Versions go on at {done.revision}; watches from before it are told 410, and list again."
    )
