"""Volume: where the files that a pod mounts come from.

Kubernetes: staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from minikube_py.api.kinds.core.common import (
    KeyToPath,
    LocalObjectReference,
    ObjectFieldSelector,
    ResourceFieldSelector,
    TypedLocalObjectReference,
    TypedObjectReference,
)
from minikube_py.api.kinds.core.volume_legacy import (
    AWSElasticBlockStoreVolumeSource,
    AzureDiskVolumeSource,
    AzureFileVolumeSource,
    CephFSVolumeSource,
    CinderVolumeSource,
    FCVolumeSource,
    FlexVolumeSource,
    FlockerVolumeSource,
    GCEPersistentDiskVolumeSource,
    GitRepoVolumeSource,
    GlusterfsVolumeSource,
    PhotonPersistentDiskVolumeSource,
    PortworxVolumeSource,
    QuobyteVolumeSource,
    RBDVolumeSource,
    ScaleIOVolumeSource,
    StorageOSVolumeSource,
    VsphereVirtualDiskVolumeSource,
)
from minikube_py.api.markers import DefaultsTo, NoDefault, OneOf, Required
from minikube_py.api.meta import LabelSelector, ObjectMeta
from minikube_py.api.model import Model, written
from minikube_py.api.scalars import Int64, Quantity


class ConfigMapVolumeSource(Model):
    """The entries of a config map as files."""

    items: tuple[KeyToPath, ...] = ()
    default_mode: int | None = None
    optional: bool | None = None
    name: Annotated[str, DefaultsTo("")] = ""


class CSIVolumeSource(Model):
    driver: str = written(str)
    read_only: bool = False
    fs_type: str = ""
    volume_attributes: Mapping[str, str] = {}
    node_publish_secret_ref: LocalObjectReference | None = None


class DownwardAPIVolumeFile(Model):
    path: str = written(str)
    field_ref: ObjectFieldSelector | None = None
    resource_field_ref: ResourceFieldSelector | None = None
    mode: int | None = None


class DownwardAPIVolumeSource(Model):
    """Fields of the pod as files."""

    items: tuple[DownwardAPIVolumeFile, ...] = ()
    default_mode: int | None = None


class EmptyDirVolumeSource(Model):
    """A directory that is empty at first and lives as long as the pod."""

    medium: str = ""
    size_limit: Quantity | None = None


class VolumeResourceRequirements(Model):
    limits: Mapping[str, Quantity] = {}
    requests: Mapping[str, Quantity] = {}


class PersistentVolumeClaimSpec(Model):
    access_modes: tuple[str, ...] = ()
    resources: VolumeResourceRequirements = written(VolumeResourceRequirements)
    volume_name: str = ""
    selector: LabelSelector | None = None
    storage_class_name: str | None = None
    volume_mode: Annotated[str | None, OneOf("Block", "Filesystem")] = None
    data_source: TypedLocalObjectReference | None = None
    data_source_ref: TypedObjectReference | None = None
    volume_attributes_class_name: str | None = None


class PersistentVolumeClaimTemplate(Model):
    metadata: ObjectMeta = written(ObjectMeta)
    spec: Annotated[PersistentVolumeClaimSpec, Required()] = written(PersistentVolumeClaimSpec)


class EphemeralVolumeSource(Model):
    volume_claim_template: PersistentVolumeClaimTemplate | None = None


class HostPathVolumeSource(Model):
    """A file or directory of the node."""

    path: str = written(str)
    type: Annotated[
        str | None,
        OneOf("", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"),
    ] = None


class ImageVolumeSource(Model):
    reference: str = ""
    pull_policy: Annotated[str, OneOf("Always", "IfNotPresent", "Never")] = ""


class ISCSIVolumeSource(Model):
    target_portal: str = written(str)
    iqn: str = written(str)
    lun: int = written(int)
    iscsi_interface: Annotated[str, DefaultsTo("default")] = ""
    fs_type: str = ""
    read_only: bool = False
    portals: tuple[str, ...] = ()
    chap_auth_discovery: bool | None = None
    secret_ref: LocalObjectReference | None = None
    chap_auth_session: bool | None = None
    initiator_name: str = ""


class NFSVolumeSource(Model):
    server: str = written(str)
    path: str = written(str)
    read_only: bool = False


class PersistentVolumeClaimVolumeSource(Model):
    claim_name: str = written(str)
    read_only: bool = False


class ClusterTrustBundleProjection(Model):
    name: str = ""
    signer_name: str = ""
    label_selector: LabelSelector | None = None
    path: str = written(str)
    optional: bool | None = None


class ConfigMapProjection(Model):
    items: tuple[KeyToPath, ...] = ()
    optional: bool | None = None
    name: Annotated[str, DefaultsTo("")] = ""


class DownwardAPIProjection(Model):
    items: tuple[DownwardAPIVolumeFile, ...] = ()


class PodCertificateProjection(Model):
    signer_name: Annotated[str, NoDefault()] = written(str)
    key_type: Annotated[str, NoDefault()] = written(str)
    max_expiration_seconds: int | None = None
    credential_bundle_path: str = ""
    key_path: str = ""
    certificate_chain_path: str = ""
    user_annotations: Mapping[str, str] = {}


class SecretProjection(Model):
    items: tuple[KeyToPath, ...] = ()
    optional: bool | None = None
    name: Annotated[str, DefaultsTo("")] = ""


class ServiceAccountTokenProjection(Model):
    audience: str = ""
    expiration_seconds: Int64 | None = None
    path: str = written(str)


class VolumeProjection(Model):
    secret: SecretProjection | None = None
    downward_api: DownwardAPIProjection | None = None
    config_map: ConfigMapProjection | None = None
    service_account_token: ServiceAccountTokenProjection | None = None
    cluster_trust_bundle: ClusterTrustBundleProjection | None = None
    pod_certificate: PodCertificateProjection | None = None


class ProjectedVolumeSource(Model):
    """Several sources in one directory."""

    are_often_the_same: ClassVar[bool] = True

    sources: tuple[VolumeProjection, ...] = ()
    default_mode: int | None = None


class SecretVolumeSource(Model):
    """The entries of a secret as files."""

    secret_name: str = ""
    items: tuple[KeyToPath, ...] = ()
    default_mode: int | None = None
    optional: bool | None = None


class Volume(Model):
    """A directory for the containers of a pod; exactly one source says what is in it."""

    name: str = written(str)
    aws_elastic_block_store: AWSElasticBlockStoreVolumeSource | None = None
    azure_disk: AzureDiskVolumeSource | None = None
    azure_file: AzureFileVolumeSource | None = None
    cephfs: CephFSVolumeSource | None = None
    cinder: CinderVolumeSource | None = None
    config_map: ConfigMapVolumeSource | None = None
    csi: CSIVolumeSource | None = None
    downward_api: DownwardAPIVolumeSource | None = None
    empty_dir: EmptyDirVolumeSource | None = None
    ephemeral: EphemeralVolumeSource | None = None
    fc: FCVolumeSource | None = None
    flex_volume: FlexVolumeSource | None = None
    flocker: FlockerVolumeSource | None = None
    gce_persistent_disk: GCEPersistentDiskVolumeSource | None = None
    git_repo: GitRepoVolumeSource | None = None
    glusterfs: GlusterfsVolumeSource | None = None
    host_path: HostPathVolumeSource | None = None
    image: ImageVolumeSource | None = None
    iscsi: ISCSIVolumeSource | None = None
    nfs: NFSVolumeSource | None = None
    persistent_volume_claim: PersistentVolumeClaimVolumeSource | None = None
    photon_persistent_disk: PhotonPersistentDiskVolumeSource | None = None
    portworx_volume: PortworxVolumeSource | None = None
    projected: ProjectedVolumeSource | None = None
    quobyte: QuobyteVolumeSource | None = None
    rbd: RBDVolumeSource | None = None
    scale_io: ScaleIOVolumeSource | None = Field(default=None, alias="scaleIO")
    secret: SecretVolumeSource | None = None
    storageos: StorageOSVolumeSource | None = None
    vsphere_volume: VsphereVirtualDiskVolumeSource | None = None
