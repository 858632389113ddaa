"""SelfSubjectReview: asks who the caller is; never stored.

Kubernetes: pkg/registry/authentication/selfsubjectreview/rest.go
"""

from __future__ import annotations

from minikube_py.api.kinds.authentication.token_review import UserInfo
from minikube_py.api.model import Model, written
from minikube_py.api.resource import Resource


class SelfSubjectReviewStatus(Model):
    user_info: UserInfo = written(UserInfo)


class SelfSubjectReview(
    Resource,
    group="authentication.k8s.io",
    version="v1",
    plural="selfsubjectreviews",
    namespaced=False,
    verbs=("create",),
    generation_of=(),
):
    status: SelfSubjectReviewStatus = written(SelfSubjectReviewStatus)
