"""What the server does with the metadata of every kind: which fields are its own, and what the others may hold.

Kubernetes: staging/src/k8s.io/apiserver/pkg/registry/rest/meta.go, apimachinery/pkg/api/validation/objectmeta.go
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from minikube_py.api.meta import ObjectMeta, OwnerReference
from minikube_py.api.model import replace
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Time
from minikube_py.api.validation import (
    FieldError,
    annotation_errors,
    forbidden_value,
    immutable_errors,
    invalid_value,
    label_errors,
    qualified_name_errors,
    required,
)

_STANDARD_FINALIZERS = ("kubernetes", "orphan", "foregroundDeletion")


def new_metadata(given: ObjectMeta, *, name: str, namespace: str, has_generation: bool) -> ObjectMeta:
    """The metadata of an object that is being created: identity from the server, the rest from the client."""
    return replace(
        given,
        name=name,
        namespace=namespace,
        uid=str(uuid.uuid4()),
        creation_timestamp=Time.now(),
        deletion_timestamp=None,
        deletion_grace_period_seconds=None,
        generation=1 if has_generation else 0,
        self_link="",
    )


def kept_metadata(given: ObjectMeta, current: ObjectMeta) -> ObjectMeta:
    """The metadata of an update: what belongs to the server stays as it is; when it goes may be left out."""
    grace_s = given.deletion_grace_period_seconds
    return replace(
        given,
        name=current.name,
        namespace=current.namespace,
        uid=current.uid,
        creation_timestamp=current.creation_timestamp,
        deletion_timestamp=given.deletion_timestamp or current.deletion_timestamp,
        deletion_grace_period_seconds=current.deletion_grace_period_seconds if grace_s is None else grace_s,
        generation=current.generation,
        self_link="",
    )


def metadata_errors(resource: Resource) -> Iterable[FieldError]:
    """What is wrong with the parts of metadata that a client may set."""
    metadata = resource.metadata
    if metadata.generate_name:
        problem = resource.name_error(metadata.generate_name, prefix=True)
        if problem:
            yield invalid_value("metadata.generateName", metadata.generate_name, problem)
    if not metadata.name:
        yield required("metadata.name", "name or generateName is required")
    else:
        problem = resource.name_error(metadata.name, prefix=False)
        if problem:
            yield invalid_value("metadata.name", metadata.name, problem)
    yield from annotation_errors(metadata.annotations, "metadata.annotations")
    yield from label_errors(metadata.labels, "metadata.labels")
    yield from _owner_errors(metadata.owner_references)
    for index, finalizer in enumerate(metadata.finalizers):
        yield from _finalizer_errors(finalizer, f"metadata.finalizers[{index}]", resource.definition.any_finalizer)
    if {"orphan", "foregroundDeletion"} <= set(metadata.finalizers):
        why = "finalizer orphan and foregroundDeletion cannot be both set"
        yield invalid_value("metadata.finalizers", list(metadata.finalizers), why)


def _owner_errors(owners: tuple[OwnerReference, ...]) -> Iterable[FieldError]:
    path, controllers = "metadata.ownerReferences", []
    for owner in owners:
        if not owner.api_version:
            yield invalid_value(f"{path}.apiVersion", owner.api_version, "version must not be empty")
        if not owner.kind:
            yield invalid_value(f"{path}.kind", owner.kind, "must not be empty")
        if not owner.name:
            yield invalid_value(f"{path}.name", owner.name, "must not be empty")
        if not owner.uid:
            yield invalid_value(f"{path}.uid", owner.uid, "must not be empty")
        if (owner.api_version, owner.kind) == ("v1", "Event"):
            yield invalid_value(path, owner.to_dict(), "/v1, Kind=Event is disallowed from being an owner")
        if owner.controller:
            controllers.append(f"{owner.kind}/{owner.name}")
    if len(controllers) > 1:
        why = 'Only one reference can have Controller set to true. Found "true" in references for '
        why += " and ".join(controllers[:2])
        yield invalid_value(path, [owner.to_dict() for owner in owners], why)


def _finalizer_errors(finalizer: str, path: str, is_any_fine: bool) -> Iterable[FieldError]:
    problems = qualified_name_errors(finalizer)
    if problems:
        yield from (invalid_value(path, finalizer, problem) for problem in problems)
    elif not is_any_fine and "/" not in finalizer and finalizer not in _STANDARD_FINALIZERS:
        yield invalid_value(path, finalizer, "name is neither a standard finalizer name nor is it fully qualified")


def metadata_update_errors(new: Resource, old: Resource) -> Iterable[FieldError]:
    """What is wrong with the change: when an object goes is not written, and nobody may hold back one that is going."""
    was, now = old.metadata, new.metadata
    yield from immutable_errors(now.deletion_timestamp, was.deletion_timestamp, "metadata.deletionTimestamp")
    grace_s, path = now.deletion_grace_period_seconds, "metadata.deletionGracePeriodSeconds"
    yield from immutable_errors(grace_s, was.deletion_grace_period_seconds, path)
    if was.deletion_timestamp is None:
        return
    added = set(now.finalizers) - set(was.finalizers)
    if added:
        found = ", ".join(f'"{each}"' for each in sorted(added))
        why = "no new finalizers can be added if the object is being deleted, found new finalizers"
        yield forbidden_value("metadata.finalizers", f"{why} []string{{{found}}}")


def with_generation(new: Resource, old: Resource) -> Resource:
    """A copy whose generation is one higher if what the generation counts has changed."""
    if not new.counts_as_changed(old):
        return new
    return replace(new, metadata=replace(new.metadata, generation=old.metadata.generation + 1))


def of_status(asked: ObjectMeta, current: ObjectMeta) -> ObjectMeta:
    """Of the metadata, what a write of the status has a say in: which version it means, and who owns what."""
    return replace(current, resource_version=asked.resource_version, managed_fields=asked.managed_fields)
