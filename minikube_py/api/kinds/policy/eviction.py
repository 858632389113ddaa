"""Eviction: a deletion of a pod that asks first whether it may be spared.

Kubernetes: pkg/registry/core/pod/storage/eviction.go
"""

from __future__ import annotations

from minikube_py.api.meta import DeleteOptions
from minikube_py.api.resource import Resource


class Eviction(Resource, group="policy", version="v1", plural="evictions", verbs=(), generation_of=()):
    delete_options: DeleteOptions | None = None
