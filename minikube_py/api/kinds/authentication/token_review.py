"""TokenReview: asks whose a token is; never stored.

Kubernetes: pkg/registry/authentication/tokenreview/storage.go
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from minikube_py.api.markers import NoDefault, Required
from minikube_py.api.model import Model, written
from minikube_py.api.resource import Resource


class TokenReviewSpec(Model):
    token: Annotated[str, NoDefault()] = written(str)
    audiences: tuple[str, ...] = ()


class UserInfo(Model):
    username: str = ""
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: Mapping[str, tuple[str, ...]] = {}


class TokenReviewStatus(Model):
    authenticated: bool = False
    user: UserInfo = written(UserInfo)
    error: str = ""
    audiences: tuple[str, ...] = ()


class TokenReview(
    Resource,
    group="authentication.k8s.io",
    version="v1",
    plural="tokenreviews",
    namespaced=False,
    verbs=("create",),
    generation_of=(),
):
    spec: Annotated[TokenReviewSpec, Required()] = written(TokenReviewSpec)
    status: TokenReviewStatus = written(TokenReviewStatus)
