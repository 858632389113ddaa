"""ServiceAccount: the identity of a pod towards the API server.

Kubernetes: pkg/registry/core/serviceaccount/strategy.go
"""

from __future__ import annotations

from typing import Annotated

from minikube_py.api.columns import AGE, NAME
from minikube_py.api.kinds.core.common import LocalObjectReference, ObjectReference
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
