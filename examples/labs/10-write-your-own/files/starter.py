#!/usr/bin/env python3
"""A ReplicaSet controller: each ReplicaSet gets as many pods as it says. So far it only looks."""

from frame import Pod, ReplicaSet, run

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
            await self.reconcile(key)
            self.queue.done(key)

    async def reconcile(self, key):
        replica_set = self.replica_sets.get(key)
        if replica_set is None:
            return
        owned = self.pods.controlled_by(replica_set.metadata.uid)
        pods = [pod for pod in owned if pod.metadata.deletion_timestamp is None]
        wanted = replica_set.spec.replicas
        print(f"{key}: wants {wanted}, has {len(pods)}", flush=True)
        # TODO(you): make the pods that are missing. new_pod(replica_set), which is in frame.py, is one of them, and
        # `await self.client.create(pod)` has it made.


run("mine", Controller)
