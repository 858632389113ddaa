#!/usr/bin/env python3
"""A ReplicaSet controller that makes and deletes, and survives an error."""

from frame import Pod, ReplicaSet, new_pod, run

from minikube_py.api.status import ApiError
from minikube_py.machinery.backoff import BackoffPolicy
from minikube_py.machinery.sources import For, Owns
from minikube_py.machinery.work_queue import WorkQueue


class Controller:
    def __init__(self, client, informers):
        self.client = client
        replica_sets, pods = informers.of(ReplicaSet), informers.of(Pod)
        self.replica_sets, self.pods = replica_sets.store, pods.store
        self.queue = WorkQueue("mine", retry=BackoffPolicy(initial_s=0.05, cap_s=1.0))
        For(replica_sets).attach(self.queue.add)  # a ReplicaSet changed: look at it
        Owns(pods, ReplicaSet).attach(self.queue.add)  # a pod changed: look at the ReplicaSet that it belongs to

    async def run(self):
        while True:
            key = await self.queue.get()
            try:
                await self.reconcile(key)
            except ApiError as error:
                print(f"{key}: {error}", flush=True)
                self.queue.add(key)  # it is not lost
            finally:
                self.queue.done(key)

    async def reconcile(self, key):
        replica_set = self.replica_sets.get(key)
        if replica_set is None:
            return
        owned = self.pods.controlled_by(replica_set.metadata.uid)
        pods = [pod for pod in owned if pod.metadata.deletion_timestamp is None]
        wanted = replica_set.spec.replicas
        print(f"{key}: wants {wanted}, has {len(pods)}", flush=True)
        for _ in range(wanted - len(pods)):
            await self.client.create(new_pod(replica_set))
        for pod in pods[wanted:]:
            await self.client.delete(Pod, pod.metadata.name, namespace=pod.metadata.namespace)


run("mine", Controller)
