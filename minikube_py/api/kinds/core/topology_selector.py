"""Which labels a node must have for a volume to be made near it.

Kubernetes: staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

from typing import ClassVar

from minikube_py.api.model import Model, written


class TopologySelectorLabelRequirement(Model):
    key: str = written(str)
    values: tuple[str, ...] = written(tuple)


class TopologySelectorTerm(Model):
    is_atomic: ClassVar[bool] = True

    match_label_expressions: tuple[TopologySelectorLabelRequirement, ...] = ()
