"""Garbage collector: deletes what only existed for owners that are gone, and ends deletions that wait for others.

For one object, by its uid:

    ending with finalizer `orphan`              its dependents lose it as their owner, then it may go
    ending with finalizer `foregroundDeletion`  it may go once no dependent blocks it; until then they are looked at
    some owner lives                            references to dead owners are taken out
    owners only wait for it                     deleted in the foreground, if it has dependents itself
    no owner left                               deleted

Invariants: nothing is deleted because of what a cache says: the object and each missing owner are asked for first, and
the deletion names the uid and resourceVersion that were seen.

Kubernetes: pkg/controller/garbagecollector/garbagecollector.go
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from minikube_py.api.meta import DeleteOptions, OwnerReference, Preconditions
from minikube_py.api.status import NotFound
from minikube_py.client.partial import PartialObject, partial_kind
from minikube_py.controllers.context import ControllerContext
from minikube_py.controllers.garbage_collector.graph import FOREGROUND, ORPHAN, Graph, Node
from minikube_py.controllers.garbage_collector.owners import Owners, classify
from minikube_py.machinery.controller import Result


class GarbageCollector:
    name = "garbage-collector"

    def __init__(self, context: ControllerContext) -> None:
        self._client = context.client
        self._graph = Graph(context.client)
        self.sources = (self._graph,)
        context.background.append(self._graph.run)

    async def reconcile(self, uid: str) -> Result:
        seen = self._graph.node(uid)
        if seen is None:
            return Result.DONE
        try:
            live = await self._client.get(
                partial_kind(seen.definition), seen.metadata.name, namespace=seen.metadata.namespace
            )
            if live.metadata.uid != uid:
                return Result.DONE
            await self._collect(Node(seen.definition, live.metadata))
        except NotFound:
            # It is gone already, as the watch will tell.
            return Result.DONE
        return Result.DONE

    async def _collect(self, node: Node) -> None:
        if node.is_orphaning:
            await self._orphan_dependents(node)
        elif node.is_deleting_dependents:
            await self._finish_foreground_deletion(node)
        elif not node.is_ending and node.metadata.owner_references:
            await self._judge(node, await classify(self._client, self._graph, node))

    async def _orphan_dependents(self, node: Node) -> None:
        for dependent in self._graph.dependents(node.metadata.uid):
            try:
                await self._without_owners(dependent, {node.metadata.uid})
            except NotFound:
                continue
        await self._without_finalizer(node, ORPHAN)

    async def _finish_foreground_deletion(self, node: Node) -> None:
        uid = node.metadata.uid
        blocking = [dependent for dependent in self._graph.dependents(uid) if dependent.blocks(uid)]
        if not blocking:
            await self._without_finalizer(node, FOREGROUND)
        for dependent in self._graph.dependents(uid):
            if not dependent.is_ending:
                self._graph.look_at(dependent.metadata.uid)

    async def _judge(self, node: Node, owners: Owners) -> None:
        if owners.solid:
            lost = {reference.uid for reference in (*owners.dangling, *owners.waiting)}
            if lost:
                await self._without_owners(node, lost)
            return
        dependents = tuple(self._graph.dependents(node.metadata.uid))
        if owners.waiting and dependents:
            if any(dependent.is_deleting_dependents for dependent in dependents):
                # A circle: each would wait for the other, so this one stops blocking its owners.
                node = await self._unblock_owners(node)
            await self._delete(node, "Foreground")
        else:
            await self._delete(node, _policy_of(node))

    async def _delete(self, node: Node, policy: str) -> None:
        metadata = node.metadata
        seen = Preconditions(uid=metadata.uid, resource_version=metadata.resource_version)
        options = DeleteOptions(preconditions=seen, propagation_policy=policy)
        kind = partial_kind(node.definition)
        await self._client.delete(kind, metadata.name, namespace=metadata.namespace, options=options)

    async def _without_owners(self, node: Node, uids: Iterable[str]) -> None:
        live = await self._client.get(
            partial_kind(node.definition), node.metadata.name, namespace=node.metadata.namespace
        )
        if live.metadata.uid != node.metadata.uid:
            return
        left = [owner for owner in live.metadata.owner_references if owner.uid not in set(uids)]
        if len(left) != len(live.metadata.owner_references):
            await self._patch(Node(node.definition, live.metadata), ownerReferences=_documents(left))

    async def _unblock_owners(self, node: Node) -> Node:
        references = [{**owner.to_dict(), "blockOwnerDeletion": False} for owner in node.metadata.owner_references]
        return await self._patch(node, ownerReferences=references)

    async def _without_finalizer(self, node: Node, finalizer: str) -> None:
        await self._patch(node, finalizers=[each for each in node.metadata.finalizers if each != finalizer])

    async def _patch(self, node: Node, **metadata: object) -> Node:
        """Change metadata of exactly the object that was seen. Raises: Conflict if it is another by now."""
        seen = {"uid": node.metadata.uid, "resourceVersion": node.metadata.resource_version}
        patched: PartialObject = await self._client.patch(
            partial_kind(node.definition),
            node.metadata.name,
            {"metadata": {**seen, **metadata}},
            namespace=node.metadata.namespace,
            form="merge",
        )
        return Node(node.definition, patched.metadata)


def _policy_of(node: Node) -> str:
    """How an object without owners is deleted: as its own finalizers ask, else in the background."""
    if ORPHAN in node.metadata.finalizers:
        return "Orphan"
    return "Foreground" if FOREGROUND in node.metadata.finalizers else "Background"


def _documents(references: Sequence[OwnerReference]) -> list[object]:
    return [reference.to_dict() for reference in references]
