"""What is wrong with a PersistentVolume, or with a change of one.

Kubernetes: pkg/apis/core/validation/validation.go (ValidatePersistentVolumeSpec)
Simplified: the sources of single vendors are checked for being the only source, and not inside.
"""

from __future__ import annotations

from minikube_py.api.kinds.core.access_modes import VOLUME_MODES, access_mode_errors
from minikube_py.api.kinds.core.persistent_volume_spec import SOURCES, PersistentVolumeSpec
from minikube_py.api.kinds.core.resource_validation import positive_errors
from minikube_py.api.kinds.core.scheduling_validation import node_selector_errors
from minikube_py.api.kinds.core.volume_validation import host_path_errors, nfs_errors
from minikube_py.api.kinds.field_checks import Errors, choice_errors, qualified_errors, subdomain_errors
from minikube_py.api.validation import forbidden_value, immutable_errors, invalid_value, required, unsupported_value


def volume_spec_errors(spec: PersistentVolumeSpec, path: str) -> Errors:
    if not spec.access_modes:
        yield required(f"{path}.accessModes")
    yield from access_mode_errors(spec.access_modes, f"{path}.accessModes")
    if not spec.capacity:
        yield required(f"{path}.capacity")
    if set(spec.capacity) != {"storage"}:
        yield unsupported_value(f"{path}.capacity", dict(spec.capacity) or None, ("storage",))
    for name, amount in spec.capacity.items():
        yield from qualified_errors(name, f"{path}.capacity[{name}]")
        yield from positive_errors(amount, f"{path}.capacity[{name}]")
    policies = ("Delete", "Recycle", "Retain")
    yield from choice_errors(spec.persistent_volume_reclaim_policy, policies, f"{path}.persistentVolumeReclaimPolicy")
    if spec.node_affinity is not None:
        if spec.node_affinity.required is None:
            yield required(f"{path}.nodeAffinity.required", "must specify required node constraints")
        else:
            yield from node_selector_errors(spec.node_affinity.required, f"{path}.nodeAffinity.required")
    yield from _source_errors(spec, path)
    if spec.storage_class_name:
        yield from subdomain_errors(spec.storage_class_name, f"{path}.storageClassName")
    yield from choice_errors(spec.volume_mode, VOLUME_MODES, f"{path}.volumeMode")


def _source_errors(spec: PersistentVolumeSpec, path: str) -> Errors:
    given = [name for name in SOURCES if getattr(spec, name) is not None]
    if not given:
        yield required(path, "must specify a volume type")
    for name in given[1:]:
        yield forbidden_value(f"{path}.{SOURCES[name]}", "may not specify more than 1 volume type")
    yield from _inside_errors(spec, path)


def _inside_errors(spec: PersistentVolumeSpec, path: str) -> Errors:
    """What is wrong inside the sources that are looked into."""
    if spec.host_path is not None:
        yield from host_path_errors(spec.host_path, f"{path}.hostPath")
        if spec.host_path.path == "/" and spec.persistent_volume_reclaim_policy == "Recycle":
            why = "may not be 'recycle' for a hostPath mount of '/'"
            yield forbidden_value(f"{path}.persistentVolumeReclaimPolicy", why)
    if spec.nfs is not None:
        yield from nfs_errors(spec.nfs, f"{path}.nfs")
    if spec.local is not None:
        if not spec.local.path:
            yield required(f"{path}.local.path")
        if spec.node_affinity is None:
            yield required(f"{path}.nodeAffinity", "Local volume requires node affinity")
    if spec.csi is not None:
        for name, value in (("driver", spec.csi.driver), ("volumeHandle", spec.csi.volume_handle)):
            if not value:
                yield required(f"{path}.csi.{name}")


def volume_change_errors(new: PersistentVolumeSpec, old: PersistentVolumeSpec, path: str) -> Errors:
    if any(getattr(new, name) != getattr(old, name) for name in SOURCES):
        yield forbidden_value(
            f"{path}.persistentvolumesource", f"{path}.persistentvolumesource is immutable after creation"
        )
    yield from immutable_errors(new.volume_mode, old.volume_mode, f"{path}.volumeMode")
    if old.node_affinity is not None and new.node_affinity != old.node_affinity:
        yield invalid_value(f"{path}.nodeAffinity", new.node_affinity, "field is immutable")
