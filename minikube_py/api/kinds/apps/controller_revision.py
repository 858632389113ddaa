"""ControllerRevision: what a workload looked like at one time, kept so that it can go back there.

Kubernetes: pkg/registry/apps/controllerrevision/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from minikube_py.api.columns import AGE, NAME, NONE
from minikube_py.api.definition import Column
from minikube_py.api.kinds.field_checks import negative_errors
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.model import written
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Int64, RawExtension
from minikube_py.api.validation import FieldError, immutable_errors, required


class ControllerRevision(
    Resource,
    group="apps",
    version="v1",
    plural="controllerrevisions",
    any_finalizer=True,
    generation_of=(),
    columns=(
        NAME,
        Column("Controller", lambda revision: _controller(revision.metadata)),
        Column("Revision", lambda revision: revision.revision),
        AGE,
    ),
):
    data: RawExtension | None = None
    revision: Int64 = written(int)

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        yield from negative_errors(self.revision, "revision")
        if self.data is None:
            yield required("data", "data is mandatory")
        if old is not None:
            yield from immutable_errors(self.data, old.data, "data")


def _controller(metadata: ObjectMeta) -> str:
    """`daemonset.apps/web`: the owner that controls this revision."""
    owner = next((owner for owner in metadata.owner_references if owner.controller), None)
    if owner is None:
        return NONE
    group = owner.api_version.partition("/")[0] if "/" in owner.api_version else ""
    return f"{owner.kind.lower()}.{group}/{owner.name}" if group else f"{owner.kind.lower()}/{owner.name}"
