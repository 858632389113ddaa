"""Ownership: who controls an object, and how a controller comes by the objects that its selector names.

An object has at most one controlling owner. A controller adopts what matches its selector and belongs to nobody, and
releases what is its own and matches no longer. `plan_claims` decides, `claim` acts.

Kubernetes: pkg/controller/controller_ref_manager.go, KEP-242 (controller references)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic

from minikube_py.api.meta import OwnerReference
from minikube_py.api.model import Json
from minikube_py.api.resource import Resource
from minikube_py.api.selectors import Selector
from minikube_py.api.status import Invalid, NotFound
from minikube_py.client.client import Client
from minikube_py.machinery.store import R, Store


def controller_of(resource: Resource) -> OwnerReference | None:
    return next((owner for owner in resource.metadata.owner_references if owner.controller), None)


def is_controlled_by(resource: Resource, owner: Resource) -> bool:
    controller = controller_of(resource)
    return controller is not None and controller.uid == owner.metadata.uid


def controller_reference(owner: Resource) -> OwnerReference:
    """The reference that makes `owner` an object's controller, and the object one that `owner`'s deletion waits for."""
    return OwnerReference(
        api_version=owner.definition.api_version,
        kind=owner.definition.kind,
        name=owner.metadata.name,
        uid=owner.metadata.uid,
        controller=True,
        block_owner_deletion=True,
    )


def index_orphans(store: Store[R]) -> None:
    """Let `candidates` find the objects that belong to nobody."""
    store.add_index("orphans", lambda each: () if controller_of(each) is not None else (each.metadata.namespace,))


def candidates(store: Store[R], owner: Resource) -> tuple[R, ...]:
    """The objects that are `owner`'s, and those of its namespace that could become so."""
    return (*store.controlled_by(owner.metadata.uid), *store.by_index("orphans", owner.metadata.namespace))


@dataclass(frozen=True, slots=True)
class Claims(Generic[R]):
    keep: tuple[R, ...]
    adopt: tuple[R, ...]
    release: tuple[R, ...]


def plan_claims(owner: Resource, selector: Selector, candidates: Iterable[R]) -> Claims[R]:
    """Sort the candidates: what is `owner`'s and matches, what it should adopt, what it should release."""
    keep: list[R] = []
    adopt: list[R] = []
    release: list[R] = []
    is_ending = owner.metadata.deletion_timestamp is not None
    for candidate in candidates:
        controller = controller_of(candidate)
        matches = selector.matches(candidate.metadata.labels)
        if controller is not None:
            if controller.uid != owner.metadata.uid:
                continue
            if matches:
                keep.append(candidate)
            elif not is_ending:
                release.append(candidate)
        elif matches and not is_ending and candidate.metadata.deletion_timestamp is None:
            adopt.append(candidate)
    return Claims(tuple(keep), tuple(adopt), tuple(release))


async def claim(client: Client, owner: Resource, claims: Claims[R], finalizer: str = "") -> tuple[R, ...]:
    """Adopt and release as planned; return all that is `owner`'s now. A `finalizer` is put on and taken off with that.

    An owner that a cache still has may be gone, so it is asked for once before anything is adopted.
    """
    owned = list(claims.keep)
    if claims.adopt and await _is_alive(client, owner):
        for orphan in claims.adopt:
            adopted = await _adopt(client, owner, orphan, finalizer)
            if adopted is not None:
                owned.append(adopted)
    for stranger in claims.release:
        await _release(client, owner, stranger, finalizer)
    return tuple(owned)


async def _is_alive(client: Client, owner: Resource) -> bool:
    try:
        fresh = await client.get(type(owner), owner.metadata.name, namespace=owner.metadata.namespace)
    except NotFound:
        return False
    return fresh.metadata.uid == owner.metadata.uid and fresh.metadata.deletion_timestamp is None


async def _adopt(client: Client, owner: Resource, orphan: R, finalizer: str) -> R | None:
    patch: dict[str, dict[str, Json]] = {
        "metadata": {"uid": orphan.metadata.uid, "ownerReferences": [controller_reference(owner).to_dict()]},
    }
    if finalizer:
        patch["metadata"]["finalizers"] = [finalizer]
    try:
        return await _patch(client, orphan, patch)
    except (NotFound, Invalid):
        # Gone meanwhile, or another object has its name, or another controller was faster: not ours.
        return None


async def _release(client: Client, owner: Resource, stranger: R, finalizer: str) -> None:
    patch: dict[str, dict[str, Json]] = {
        "metadata": {
            "uid": stranger.metadata.uid,
            "ownerReferences": [{"$patch": "delete", "uid": owner.metadata.uid}],
        },
    }
    if finalizer:
        patch["metadata"]["$deleteFromPrimitiveList/finalizers"] = [finalizer]
    try:
        await _patch(client, stranger, patch)
    except (NotFound, Invalid):
        # Gone, or owned by somebody else by now: in both cases it is released.
        return


async def _patch(client: Client, resource: R, patch: Json) -> R:
    """Patch exactly this object: with its uid in the patch the server refuses another of the same name."""
    return await client.patch(
        type(resource), resource.metadata.name, patch, namespace=resource.metadata.namespace, form="strategic"
    )
