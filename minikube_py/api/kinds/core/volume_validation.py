"""What is wrong with a pod's volumes.

Kubernetes: pkg/apis/core/validation/validation.go (ValidateVolumes, validateVolumeSource)
Simplified: the sources of single vendors are checked for being the only source, and not inside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from minikube_py.api.kinds.core.common import KeyToPath
from minikube_py.api.kinds.core.environment_validation import FIELDS_IN_FILES, field_ref_errors, resource_ref_errors
from minikube_py.api.kinds.core.volume import (
    ConfigMapVolumeSource,
    CSIVolumeSource,
    DownwardAPIVolumeFile,
    DownwardAPIVolumeSource,
    EmptyDirVolumeSource,
    EphemeralVolumeSource,
    HostPathVolumeSource,
    ImageVolumeSource,
    NFSVolumeSource,
    PersistentVolumeClaimVolumeSource,
    ProjectedVolumeSource,
    SecretVolumeSource,
    ServiceAccountTokenProjection,
    Volume,
    VolumeProjection,
)
from minikube_py.api.kinds.field_checks import (
    Errors,
    absolute_path_errors,
    backsteps_errors,
    choice_errors,
    label_name_errors,
    relative_path_errors,
    required_errors,
)
from minikube_py.api.validation import duplicate_value, forbidden_value, invalid_value, required

_HOST_PATH_TYPES = (
    "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket",
)  # fmt: skip
_MODE = "must be a number between 0 and 0777 (octal), both inclusive"


def volume_errors(volumes: tuple[Volume, ...], path: str) -> Errors:
    seen: set[str] = set()
    for index, volume in enumerate(volumes):
        yield from _source_errors(volume, f"{path}[{index}]")
        yield from label_name_errors(volume.name, f"{path}[{index}].name")
        if volume.name and volume.name in seen:
            yield duplicate_value(f"{path}[{index}].name", volume.name)
        seen.add(volume.name)


def sound_volumes(volumes: tuple[Volume, ...], *, all_sound: bool) -> dict[str, Volume]:
    """The volumes that a container may mount: those with nothing wrong."""
    return {volume.name: volume for volume in volumes if all_sound or not any(volume_errors((volume,), ""))}


def given_sources(volume: Volume) -> list[str]:
    """The attributes of the sources that a volume has; exactly one in a sound volume."""
    return [name for name in _IN_ORDER if name in volume.model_fields_set and getattr(volume, name) is not None]


def _source_errors(volume: Volume, path: str) -> Errors:
    sources = given_sources(volume)
    if not sources:
        yield required(path, "must specify a volume type")
        return
    for index, source in enumerate(sources):
        name = Volume.model_fields[source].alias or source
        check = _CHECKS.get(source)
        if index:
            yield forbidden_value(f"{path}.{name}", "may not specify more than 1 volume type")
        elif check is not None:
            yield from check(getattr(volume, source), f"{path}.{name}")


def _empty_dir_errors(source: EmptyDirVolumeSource, path: str) -> Errors:
    if source.size_limit is not None and source.size_limit.startswith("-"):
        yield forbidden_value(f"{path}.sizeLimit", "SizeLimit field must be a valid resource quantity")


def host_path_errors(source: HostPathVolumeSource, path: str) -> Errors:
    if not source.path:
        yield required(f"{path}.path")
        return
    yield from backsteps_errors(source.path, f"{path}.path")
    yield from choice_errors(source.type, _HOST_PATH_TYPES, f"{path}.type")


def _secret_errors(source: SecretVolumeSource, path: str) -> Errors:
    yield from required_errors(source.secret_name, f"{path}.secretName")
    yield from _mode_errors(source.default_mode, f"{path}.defaultMode")
    yield from _item_errors(source.items, f"{path}.items")


def _config_map_errors(source: ConfigMapVolumeSource, path: str) -> Errors:
    yield from required_errors(source.name, f"{path}.name")
    yield from _mode_errors(source.default_mode, f"{path}.defaultMode")
    yield from _item_errors(source.items, f"{path}.items")


def _mode_errors(mode: int | None, path: str) -> Errors:
    if mode is not None and not 0 <= mode <= 0o777:
        yield invalid_value(path, mode, _MODE)


def _item_errors(items: tuple[KeyToPath, ...], path: str) -> Errors:
    for index, item in enumerate(items):
        yield from required_errors(item.key, f"{path}[{index}].key")
        yield from required_errors(item.path, f"{path}[{index}].path")
        yield from _file_errors(item.path, f"{path}[{index}].path")
        yield from _mode_errors(item.mode, f"{path}[{index}].mode")


def _file_errors(file: str, path: str) -> Errors:
    """A file below the volume's root; names that begin with two dots are the kubelet's own."""
    found = False
    for error in relative_path_errors(file, path):
        found = True
        yield error
    if not found and file.startswith(".."):
        yield invalid_value(path, file, "must not start with '..'")


def _downward_errors(source: DownwardAPIVolumeSource, path: str) -> Errors:
    yield from _mode_errors(source.default_mode, f"{path}.defaultMode")
    for item in source.items:
        yield from _downward_file_errors(item, path)


def _downward_file_errors(item: DownwardAPIVolumeFile, path: str) -> Errors:
    yield from required_errors(item.path, f"{path}.path")
    yield from _file_errors(item.path, f"{path}.path")
    if item.field_ref is not None:
        yield from field_ref_errors(item.field_ref, FIELDS_IN_FILES, f"{path}.fieldRef")
        if item.resource_field_ref is not None:
            why = "fieldRef and resourceFieldRef can not be specified simultaneously"
            yield invalid_value(path, "resource", why)
    elif item.resource_field_ref is not None:
        yield from resource_ref_errors(item.resource_field_ref, f"{path}.resourceFieldRef", in_volume=True)
    else:
        yield required(path, "one of fieldRef and resourceFieldRef is required")
    yield from _mode_errors(item.mode, f"{path}.mode")


def _projected_errors(source: ProjectedVolumeSource, path: str) -> Errors:
    yield from _mode_errors(source.default_mode, f"{path}.defaultMode")
    taken: set[str] = set()
    for index, projection in enumerate(source.sources):
        yield from _projection_errors(projection, taken, path, f"{path}.sources[{index}]")


def _projection_errors(projection: VolumeProjection, taken: set[str], path: str, source_path: str) -> Errors:
    given = 0
    for name, reference in (("secret", projection.secret), ("configMap", projection.config_map)):
        if reference is not None:
            given += 1
            yield from required_errors(reference.name, f"{source_path}.{name}.name")
            yield from _item_errors(reference.items, f"{source_path}.{name}.items")
            yield from _conflicts((item.path for item in reference.items), reference.name, taken, path)
    if projection.downward_api is not None:
        given += 1
        for item in projection.downward_api.items:
            yield from _downward_file_errors(item, f"{source_path}.downwardAPI")
            yield from _conflicts((item.path,), "downwardAPI", taken, path)
    if projection.service_account_token is not None:
        given += 1
        yield from _token_errors(projection.service_account_token, path, f"{source_path}.serviceAccountToken")
    if given > 1:
        yield forbidden_value(source_path, "may not specify more than 1 volume type per source")


def _token_errors(token: ServiceAccountTokenProjection, path: str, token_path: str) -> Errors:
    lifetime_s = token.expiration_seconds
    if lifetime_s is not None and lifetime_s < 600:
        why = "may not specify a duration less than 10 minutes"
        yield invalid_value(f"{token_path}.expirationSeconds", lifetime_s, why)
    elif lifetime_s is not None and lifetime_s > 2**32:
        why = "may not specify a duration larger than 2^32 seconds"
        yield invalid_value(f"{token_path}.expirationSeconds", lifetime_s, why)
    yield from required_errors(token.path, f"{path}.path")
    yield from _file_errors(token.path, f"{path}.path")


def _conflicts(files: Iterable[str], source: str, taken: set[str], path: str) -> Errors:
    for file in files:
        if file and file in taken:
            yield invalid_value(path, source, "conflicting duplicate paths")
        taken.add(file)


def nfs_errors(source: NFSVolumeSource, path: str) -> Errors:
    yield from required_errors(source.server, f"{path}.server")
    if not source.path:
        yield required(f"{path}.path")
    else:
        yield from absolute_path_errors(source.path, f"{path}.path")


def _claim_errors(source: PersistentVolumeClaimVolumeSource, path: str) -> Errors:
    return required_errors(source.claim_name, f"{path}.claimName")


def _csi_errors(source: CSIVolumeSource, path: str) -> Errors:
    return required_errors(source.driver, f"{path}.driver")


def _ephemeral_errors(source: EphemeralVolumeSource, path: str) -> Errors:
    if source.volume_claim_template is None:
        yield required(f"{path}.volumeClaimTemplate")


def _image_errors(source: ImageVolumeSource, path: str) -> Errors:
    yield from required_errors(source.reference, f"{path}.reference")
    if source.reference != source.reference.strip():
        yield invalid_value(f"{path}.reference", source.reference, "must not have leading or trailing whitespace")


_CHECKS: dict[str, Callable[[Any, str], Errors]] = {
    "empty_dir": _empty_dir_errors,
    "host_path": host_path_errors,
    "secret": _secret_errors,
    "nfs": nfs_errors,
    "persistent_volume_claim": _claim_errors,
    "downward_api": _downward_errors,
    "config_map": _config_map_errors,
    "projected": _projected_errors,
    "csi": _csi_errors,
    "ephemeral": _ephemeral_errors,
    "image": _image_errors,
}

_IN_ORDER = (
    "empty_dir", "host_path", "git_repo", "gce_persistent_disk", "aws_elastic_block_store", "secret", "nfs", "iscsi",
    "glusterfs", "flocker", "persistent_volume_claim", "rbd", "cinder", "cephfs", "quobyte", "downward_api", "fc",
    "flex_volume", "config_map", "azure_file", "vsphere_volume", "photon_persistent_disk", "portworx_volume",
    "azure_disk", "storageos", "projected", "scale_io", "csi", "ephemeral", "image",
)  # fmt: skip
"""The order in which sources are looked for: the first one found is checked, the others are one too many."""
