"""VolumeAttachment: that a volume shall be attached to a node, and whether it is.

Kubernetes: pkg/registry/storage/volumeattachment/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Self

from minikube_py.api.columns import AGE, NAME
from minikube_py.api.definition import Column
from minikube_py.api.kinds.core.persistent_volume_spec import PersistentVolumeSpec
from minikube_py.api.kinds.storage.validation import provisioner_errors
from minikube_py.api.markers import Required
from minikube_py.api.model import Model, written
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Time
from minikube_py.api.validation import (
    FieldError,
    dns_subdomain_error,
    forbidden_value,
    immutable_errors,
    invalid_value,
    required,
)


class VolumeAttachmentSource(Model):
    persistent_volume_name: str | None = None
    inline_volume_spec: PersistentVolumeSpec | None = None


class VolumeAttachmentSpec(Model):
    """Which volume, which node, by whom."""

    attacher: str = written(str)
    source: Annotated[VolumeAttachmentSource, Required()] = written(VolumeAttachmentSource)
    node_name: str = written(str)


class VolumeError(Model):
    time: Time | None = None
    message: str = ""
    error_code: int | None = None


class VolumeAttachmentStatus(Model):
    attached: bool = written(bool)
    attachment_metadata: Mapping[str, str] = {}
    attach_error: VolumeError | None = None
    detach_error: VolumeError | None = None


class VolumeAttachment(
    Resource,
    group="storage.k8s.io",
    version="v1",
    plural="volumeattachments",
    status_writes_metadata=False,
    namespaced=False,
    generation_of=(),
    allows_unconditional_update=False,
    columns=(
        NAME,
        Column("Attacher", lambda attachment: attachment.spec.attacher, format="name"),
        Column("PV", lambda attachment: attachment.spec.source.persistent_volume_name or ""),
        Column("Node", lambda attachment: attachment.spec.node_name),
        Column("Attached", lambda attachment: attachment.status.attached, type="boolean"),
        AGE,
    ),
):
    spec: Annotated[VolumeAttachmentSpec, Required()] = written(VolumeAttachmentSpec)
    status: VolumeAttachmentStatus = written(VolumeAttachmentStatus)

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        spec = self.spec
        yield from provisioner_errors(spec.attacher, "spec.attacher")
        source = spec.source
        if source.inline_volume_spec is None and source.persistent_volume_name is None:
            yield required("spec.source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName")
        elif source.inline_volume_spec is not None and source.persistent_volume_name is not None:
            yield forbidden_value(
                "spec.source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName"
            )
        elif source.persistent_volume_name == "":
            yield required("spec.source.persistentVolumeName", "must specify non empty persistentVolumeName")
        if problem := dns_subdomain_error(spec.node_name):
            yield invalid_value("spec.nodeName", spec.node_name, problem)
        if old is not None:
            yield from immutable_errors(spec, old.spec, "spec")
