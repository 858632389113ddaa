"""ServiceAccount: the identity of a pod towards the API server.

Kubernetes: pkg/registry/core/serviceaccount/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from minikube_py.api.columns import AGE, NAME
from minikube_py.api.kinds.core.common import LocalObjectReference, ObjectReference
from minikube_py.api.kinds.deprecations import ACCOUNT_ANNOTATIONS, annotation_warnings
from minikube_py.api.markers import MergeBy
from minikube_py.api.resource import Resource


class ServiceAccount(
    Resource,
    version="v1",
    plural="serviceaccounts",
    short_names=("sa",),
    columns=(NAME, AGE),
    generation_of=(),
    returns_deleted_object=True,
):
    secrets: Annotated[tuple[ObjectReference, ...], MergeBy("name", ("name",))] = ()
    image_pull_secrets: tuple[LocalObjectReference, ...] = ()
    automount_service_account_token: bool | None = None

    def warnings(self) -> Iterable[str]:
        return annotation_warnings(self.metadata.annotations, ACCOUNT_ANNOTATIONS, "metadata.annotations")
