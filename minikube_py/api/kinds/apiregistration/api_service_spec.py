"""The parts of an APIService.

Kubernetes: staging/src/k8s.io/kube-aggregator/pkg/apis/apiregistration/v1/types.go
"""

from __future__ import annotations

from typing import Annotated

from minikube_py.api.markers import Format, ListType
from minikube_py.api.model import Model, written
from minikube_py.api.scalars import Base64


class ServiceReference(Model):
    name: str = ""
    namespace: str = ""
    port: int | None = None


class APIServiceSpec(Model):
    ca_bundle: Annotated[Base64, Format("byte"), ListType("atomic")] = ""
    group: str = ""
    group_priority_minimum: int = written(int)
    insecure_skip_tls_verify: bool = False
    service: ServiceReference | None = None
    version: str = ""
    version_priority: int = written(int)
