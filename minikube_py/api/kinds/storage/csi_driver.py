"""CSIDriver: what a storage driver of the cluster can do and needs.

Kubernetes: pkg/registry/storage/csidriver/strategy.go
Simplified: no generation, which counts changes of two of the fields.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from minikube_py.api.columns import AGE, NAME, NONE, UNSET
from minikube_py.api.defaulting import changed, filled
from minikube_py.api.definition import Column
from minikube_py.api.kinds.field_checks import Errors, choice_errors
from minikube_py.api.markers import ListType, Required
from minikube_py.api.model import Model, written
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Int64
from minikube_py.api.validation import FieldError, duplicate_value, immutable_errors, invalid_value, required


class TokenRequest(Model):
    audience: str = written(str)
    expiration_seconds: Int64 | None = None


class CSIDriverSpec(Model):
    """What the driver can do and needs."""

    attach_required: bool | None = None
    pod_info_on_mount: bool | None = None
    volume_lifecycle_modes: Annotated[tuple[str, ...], ListType("set")] = ()
    storage_capacity: bool | None = None
    fs_group_policy: str | None = None
    token_requests: tuple[TokenRequest, ...] = ()
    requires_republish: bool | None = None
    se_linux_mount: bool | None = None
    node_allocatable_update_period_seconds: Int64 | None = None
    service_account_token_in_secrets: bool | None = None
    prevent_pod_scheduling_if_missing: bool | None = None


class CSIDriver(
    Resource,
    group="storage.k8s.io",
    version="v1",
    plural="csidrivers",
    returns_deleted_object=True,
    namespaced=False,
    generation_of=(),
    allows_unconditional_update=False,
    columns=(
        NAME,
        Column("AttachRequired", lambda driver: driver.spec.attach_required is not False, type="boolean"),
        Column("PodInfoOnMount", lambda driver: bool(driver.spec.pod_info_on_mount), type="boolean"),
        Column("StorageCapacity", lambda driver: bool(driver.spec.storage_capacity), type="boolean"),
        Column("TokenRequests", lambda driver: ",".join(r.audience for r in driver.spec.token_requests) or UNSET),
        Column("RequiresRepublish", lambda driver: bool(driver.spec.requires_republish), type="boolean"),
        Column("Modes", lambda driver: ",".join(driver.spec.volume_lifecycle_modes) or NONE),
        AGE,
    ),
):
    spec: Annotated[CSIDriverSpec, Required()] = written(CSIDriverSpec)

    def defaulted(self) -> Self:
        spec = filled(
            self.spec,
            attach_required=True,
            pod_info_on_mount=False,
            storage_capacity=False,
            fs_group_policy="ReadWriteOnceWithFSType",
            volume_lifecycle_modes=("Persistent",),
            requires_republish=False,
            se_linux_mount=False,
        )
        return changed(self, spec=spec)

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        spec = self.spec
        for flag, value in (
            ("attachRequired", spec.attach_required),
            ("podInfoOnMount", spec.pod_info_on_mount),
            ("storageCapacity", spec.storage_capacity),
            ("fsGroupPolicy", spec.fs_group_policy),
        ):
            if value is None:
                yield required(f"spec.{flag}")
        yield from choice_errors(spec.fs_group_policy, _GROUP_POLICIES, "spec.fsGroupPolicy")
        yield from _token_errors(spec.token_requests, "spec.tokenRequests")
        for mode in spec.volume_lifecycle_modes:
            yield from choice_errors(mode, ("Persistent", "Ephemeral"), "spec.volumeLifecycleModes")
        if old is not None:
            yield from immutable_errors(spec.attach_required, old.spec.attach_required, "spec.attachedRequired")
            modes, old_modes = spec.volume_lifecycle_modes, old.spec.volume_lifecycle_modes
            yield from immutable_errors(modes, old_modes, "spec.volumeLifecycleModes")


_GROUP_POLICIES = ("File", "None", "ReadWriteOnceWithFSType")


def _token_errors(requests: tuple[TokenRequest, ...], path: str) -> Errors:
    audiences: set[str] = set()
    for index, request in enumerate(requests):
        if request.audience in audiences:
            yield duplicate_value(f"{path}[{index}].audience", request.audience)
        audiences.add(request.audience)
        seconds = request.expiration_seconds
        if seconds is not None and seconds < 600:
            yield invalid_value(
                f"{path}[{index}].expirationSeconds", seconds, "may not specify a duration less than 10 minutes"
            )
        elif seconds is not None and seconds > 2**32:
            yield invalid_value(
                f"{path}[{index}].expirationSeconds", seconds, "may not specify a duration larger than 2^32 seconds"
            )
