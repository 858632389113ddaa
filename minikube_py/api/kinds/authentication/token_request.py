"""TokenRequest: asks for a token of a service account; never stored.

Kubernetes: pkg/registry/core/serviceaccount/storage/token.go
"""

from __future__ import annotations

from typing import Annotated

from minikube_py.api.markers import DefaultsTo
from minikube_py.api.model import Model, written
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import Int64, Time


class BoundObjectReference(Model):
    kind: str = ""
    api_version: str = ""
    name: str = ""
    uid: str = ""


class TokenRequestSpec(Model):
    audiences: tuple[str, ...] = ()
    bound_object_ref: BoundObjectReference | None = None
    expiration_seconds: Int64 | None = None


class TokenRequestStatus(Model):
    token: Annotated[str, DefaultsTo("")] = ""
    expiration_timestamp: Time | None = None


class TokenRequest(
    Resource, group="authentication.k8s.io", version="v1", plural="tokenrequests", verbs=(), generation_of=()
):
    spec: TokenRequestSpec = written(TokenRequestSpec)
    status: TokenRequestStatus = written(TokenRequestStatus)
