"""Binding: the request that puts a pod on a node; never stored.

Kubernetes: pkg/registry/core/pod/storage (BindingREST)
"""

from __future__ import annotations

from typing import Annotated

from minikube_py.api.kinds.core.common import ObjectReference
from minikube_py.api.markers import Required
from minikube_py.api.model import written
from minikube_py.api.resource import Resource


class Binding(Resource, version="v1", plural="bindings", verbs=("create",), generation_of=()):
    target: Annotated[ObjectReference, Required()] = written(ObjectReference)
