"""Volume sources of single vendors: stored and given back, acted upon by nobody here.

Kubernetes: staging/src/k8s.io/api/core/v1/types.go (most are removed or moved to CSI there too)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from minikube_py.api.kinds.core.common import LocalObjectReference
from minikube_py.api.markers import DefaultsTo, OneOf, Required
from minikube_py.api.model import Model, written


class AWSElasticBlockStoreVolumeSource(Model):
    volume_id: str = written(str)
    fs_type: str = ""
    partition: int | None = None
    read_only: bool = False


class AzureDiskVolumeSource(Model):
    disk_name: str = written(str)
    disk_uri: str = written(str, alias="diskURI")
    caching_mode: Annotated[str, OneOf("None", "ReadOnly", "ReadWrite"), DefaultsTo("ReadWrite")] = ""
    fs_type: Annotated[str, DefaultsTo("ext4")] = ""
    read_only: Annotated[bool, DefaultsTo(False)] = False
    kind: Annotated[str, OneOf("Dedicated", "Managed", "Shared"), DefaultsTo("Shared")] = ""


class AzureFileVolumeSource(Model):
    secret_name: str = written(str)
    share_name: str = written(str)
    read_only: bool = False


class CephFSVolumeSource(Model):
    monitors: tuple[str, ...] = written(tuple)
    path: str = ""
    user: str = ""
    secret_file: str = ""
    secret_ref: LocalObjectReference | None = None
    read_only: bool = False


class CinderVolumeSource(Model):
    volume_id: str = written(str)
    fs_type: str = ""
    read_only: bool = False
    secret_ref: LocalObjectReference | None = None


class FCVolumeSource(Model):
    target_ww_ns: tuple[str, ...] = Field(default=(), alias="targetWWNs")
    lun: int | None = None
    fs_type: str = ""
    read_only: bool = False
    wwids: tuple[str, ...] = ()


class FlexVolumeSource(Model):
    driver: str = written(str)
    fs_type: str = ""
    secret_ref: LocalObjectReference | None = None
    read_only: bool = False
    options: Mapping[str, str] = {}


class FlockerVolumeSource(Model):
    dataset_name: str = ""
    dataset_uuid: str = ""


class GCEPersistentDiskVolumeSource(Model):
    pd_name: str = written(str)
    fs_type: str = ""
    partition: int | None = None
    read_only: bool = False


class GitRepoVolumeSource(Model):
    repository: str = written(str)
    revision: str = ""
    directory: str = ""


class GlusterfsVolumeSource(Model):
    endpoints: str = written(str)
    path: str = written(str)
    read_only: bool = False


class PhotonPersistentDiskVolumeSource(Model):
    pd_id: str = written(str)
    fs_type: str = ""


class PortworxVolumeSource(Model):
    volume_id: str = written(str)
    fs_type: str = ""
    read_only: bool = False


class QuobyteVolumeSource(Model):
    registry: str = written(str)
    volume: str = written(str)
    read_only: bool = False
    user: str = ""
    group: str = ""
    tenant: str = ""


class RBDVolumeSource(Model):
    monitors: tuple[str, ...] = written(tuple)
    image: str = written(str)
    fs_type: str = ""
    pool: Annotated[str, DefaultsTo("rbd")] = ""
    user: Annotated[str, DefaultsTo("admin")] = ""
    keyring: Annotated[str, DefaultsTo("/etc/ceph/keyring")] = ""
    secret_ref: LocalObjectReference | None = None
    read_only: bool = False


class ScaleIOVolumeSource(Model):
    gateway: str = written(str)
    system: str = written(str)
    secret_ref: Annotated[LocalObjectReference | None, Required()] = None
    ssl_enabled: bool | None = None
    protection_domain: str = ""
    storage_pool: str = ""
    storage_mode: Annotated[str, DefaultsTo("ThinProvisioned")] = ""
    volume_name: str = ""
    fs_type: Annotated[str, DefaultsTo("xfs")] = ""
    read_only: bool = False


class StorageOSVolumeSource(Model):
    volume_name: str = ""
    volume_namespace: str = ""
    fs_type: str = ""
    read_only: bool = False
    secret_ref: LocalObjectReference | None = None


class VsphereVirtualDiskVolumeSource(Model):
    volume_path: str = written(str)
    fs_type: str = ""
    storage_policy_name: str = ""
    storage_policy_id: str = ""
