"""The spec of a PersistentVolume, with the sources that differ from those of a pod's volumes.

Kubernetes: staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from minikube_py.api.kinds.core.common import NodeSelector, ObjectReference
from minikube_py.api.kinds.core.volume import HostPathVolumeSource, NFSVolumeSource
from minikube_py.api.kinds.core.volume_legacy import (
    AWSElasticBlockStoreVolumeSource,
    AzureDiskVolumeSource,
    FCVolumeSource,
    FlockerVolumeSource,
    GCEPersistentDiskVolumeSource,
    PhotonPersistentDiskVolumeSource,
    PortworxVolumeSource,
    QuobyteVolumeSource,
    VsphereVirtualDiskVolumeSource,
)
from minikube_py.api.markers import DefaultsTo, GranularStruct, OneOf, Required
from minikube_py.api.model import Model, written
from minikube_py.api.scalars import Quantity


class SecretReference(Model):
    """A secret of any namespace."""

    is_atomic: ClassVar[bool] = True

    name: str = ""
    namespace: str = ""


class LocalVolumeSource(Model):
    """A disk or directory of one node."""

    path: str = written(str)
    fs_type: str | None = None


class VolumeNodeAffinity(Model):
    """From which nodes the volume can be reached."""

    required: NodeSelector | None = None


class AzureFilePersistentVolumeSource(Model):
    secret_name: str = written(str)
    share_name: str = written(str)
    read_only: bool = False
    secret_namespace: str | None = None


class CSIPersistentVolumeSource(Model):
    driver: str = written(str)
    volume_handle: str = written(str)
    read_only: bool = False
    fs_type: str = ""
    volume_attributes: Mapping[str, str] = {}
    controller_publish_secret_ref: SecretReference | None = None
    node_stage_secret_ref: SecretReference | None = None
    node_publish_secret_ref: SecretReference | None = None
    controller_expand_secret_ref: SecretReference | None = None
    node_expand_secret_ref: SecretReference | None = None


class CephFSPersistentVolumeSource(Model):
    monitors: tuple[str, ...] = written(tuple)
    path: str = ""
    user: str = ""
    secret_file: str = ""
    secret_ref: SecretReference | None = None
    read_only: bool = False


class CinderPersistentVolumeSource(Model):
    volume_id: str = written(str)
    fs_type: str = ""
    read_only: bool = False
    secret_ref: SecretReference | None = None


class FlexPersistentVolumeSource(Model):
    driver: str = written(str)
    fs_type: str = ""
    secret_ref: SecretReference | None = None
    read_only: bool = False
    options: Mapping[str, str] = {}


class GlusterfsPersistentVolumeSource(Model):
    endpoints: str = written(str)
    path: str = written(str)
    read_only: bool = False
    endpoints_namespace: str | None = None


class ISCSIPersistentVolumeSource(Model):
    target_portal: str = written(str)
    iqn: str = written(str)
    lun: int = written(int)
    iscsi_interface: Annotated[str, DefaultsTo("default")] = ""
    fs_type: str = ""
    read_only: bool = False
    portals: tuple[str, ...] = ()
    chap_auth_discovery: bool | None = None
    secret_ref: SecretReference | None = None
    chap_auth_session: bool | None = None
    initiator_name: str | None = None


class RBDPersistentVolumeSource(Model):
    monitors: tuple[str, ...] = written(tuple)
    image: str = written(str)
    fs_type: str = ""
    pool: Annotated[str, DefaultsTo("rbd")] = ""
    user: Annotated[str, DefaultsTo("admin")] = ""
    keyring: Annotated[str, DefaultsTo("/etc/ceph/keyring")] = ""
    secret_ref: SecretReference | None = None
    read_only: bool = False


class ScaleIOPersistentVolumeSource(Model):
    gateway: str = written(str)
    system: str = written(str)
    secret_ref: Annotated[SecretReference | None, Required()] = None
    ssl_enabled: bool | None = None
    protection_domain: str = ""
    storage_pool: str = ""
    storage_mode: Annotated[str, DefaultsTo("ThinProvisioned")] = ""
    volume_name: str = ""
    fs_type: Annotated[str, DefaultsTo("xfs")] = ""
    read_only: bool = False


class StorageOSPersistentVolumeSource(Model):
    volume_name: str = ""
    volume_namespace: str = ""
    fs_type: str = ""
    read_only: bool = False
    secret_ref: ObjectReference | None = None


class PersistentVolumeSpec(Model):
    capacity: Mapping[str, Quantity] = {}
    access_modes: tuple[str, ...] = ()
    claim_ref: Annotated[ObjectReference | None, GranularStruct()] = None
    persistent_volume_reclaim_policy: Annotated[str, OneOf("Delete", "Recycle", "Retain")] = ""
    storage_class_name: str = ""
    mount_options: tuple[str, ...] = ()
    volume_mode: Annotated[str | None, OneOf("Block", "Filesystem")] = None
    node_affinity: VolumeNodeAffinity | None = None
    volume_attributes_class_name: str | None = None
    aws_elastic_block_store: AWSElasticBlockStoreVolumeSource | None = None
    azure_disk: AzureDiskVolumeSource | None = None
    azure_file: AzureFilePersistentVolumeSource | None = None
    cephfs: CephFSPersistentVolumeSource | None = None
    cinder: CinderPersistentVolumeSource | None = None
    csi: CSIPersistentVolumeSource | None = None
    fc: FCVolumeSource | None = None
    flex_volume: FlexPersistentVolumeSource | None = None
    flocker: FlockerVolumeSource | None = None
    gce_persistent_disk: GCEPersistentDiskVolumeSource | None = None
    glusterfs: GlusterfsPersistentVolumeSource | None = None
    host_path: HostPathVolumeSource | None = None
    iscsi: ISCSIPersistentVolumeSource | None = None
    local: LocalVolumeSource | None = None
    nfs: NFSVolumeSource | None = None
    photon_persistent_disk: PhotonPersistentDiskVolumeSource | None = None
    portworx_volume: PortworxVolumeSource | None = None
    quobyte: QuobyteVolumeSource | None = None
    rbd: RBDPersistentVolumeSource | None = None
    scale_io: ScaleIOPersistentVolumeSource | None = Field(default=None, alias="scaleIO")
    storageos: StorageOSPersistentVolumeSource | None = None
    vsphere_volume: VsphereVirtualDiskVolumeSource | None = None


_QUALITIES = (
    "capacity", "access_modes", "claim_ref", "persistent_volume_reclaim_policy", "storage_class_name", "mount_options",
    "volume_mode", "node_affinity", "volume_attributes_class_name",
)  # fmt: skip

SOURCES: Mapping[str, str] = {
    name: str(field.alias) for name, field in PersistentVolumeSpec.model_fields.items() if name not in _QUALITIES
}
"""Attribute -> JSON name of each field that says where the storage is; a volume has exactly one."""
