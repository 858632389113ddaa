"""Scale: the part of an object that says how many; a subresource, never stored by itself.

Kubernetes: staging/src/k8s.io/api/autoscaling/v1/types.go
"""

from __future__ import annotations

from typing import Annotated

from minikube_py.api.markers import DefaultsTo
from minikube_py.api.model import Model, written
from minikube_py.api.resource import Resource


class ScaleSpec(Model):
    replicas: Annotated[int, DefaultsTo(0)] = 0


class ScaleStatus(Model):
    replicas: int = written(int)
    selector: str = ""


class Scale(Resource, group="autoscaling", version="v1", plural="scales", verbs=(), generation_of=()):
    spec: ScaleSpec = written(ScaleSpec)
    status: ScaleStatus = written(ScaleStatus)
