"""What a role allows.

Kubernetes: staging/src/k8s.io/api/rbac/v1/types.go
"""

from __future__ import annotations

from pydantic import Field

from minikube_py.api.meta import LabelSelector
from minikube_py.api.model import Model, written


class PolicyRule(Model):
    """Verbs that are allowed on some resources or URLs."""

    verbs: tuple[str, ...] = written(tuple)
    api_groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    resource_names: tuple[str, ...] = ()
    non_resource_urls: tuple[str, ...] = Field(default=(), alias="nonResourceURLs")


class AggregationRule(Model):
    cluster_role_selectors: tuple[LabelSelector, ...] = ()
