"""What does not change while your controller grows: the connection, the informers, and how a pod is made."""

import asyncio
import sys

from minikube_py.api.kinds.apps.replica_set import ReplicaSet
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.meta import ObjectMeta
from minikube_py.machinery.component import ComponentConfig, run_component
from minikube_py.machinery.informer import Informers
from minikube_py.machinery.ownership import controller_reference


def new_pod(replica_set: ReplicaSet) -> Pod:
    """The pod that the template stands for; its owner reference says whose it is."""
    template = replica_set.spec.template
    metadata = ObjectMeta(
        generate_name=f"{replica_set.metadata.name}-",
        namespace=replica_set.metadata.namespace,
        labels=template.metadata.labels,
        owner_references=(controller_reference(replica_set),),
    )
    return Pod(metadata=metadata, spec=template.spec)


def run(name, make):
    """Run what make(client, informers) returns, with the API server on port 8080, or on the one in the command."""
    port = sys.argv[1] if len(sys.argv) > 1 else "8080"

    async def work(client):
        informers = Informers(client)
        mine = make(client, informers)
        async with asyncio.TaskGroup() as group:
            group.create_task(informers.run())
            await informers.synced()
            group.create_task(mine.run())

    run_component(ComponentConfig(name, master=f"http://localhost:{port}"), work)
