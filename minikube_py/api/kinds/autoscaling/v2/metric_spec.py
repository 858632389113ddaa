"""What a HorizontalPodAutoscaler measures, and what it has measured.

Kubernetes: staging/src/k8s.io/api/autoscaling/v2/types.go
"""

from __future__ import annotations

from typing import Annotated

from minikube_py.api.markers import Required
from minikube_py.api.meta import LabelSelector
from minikube_py.api.model import Model, written
from minikube_py.api.scalars import Quantity


class CrossVersionObjectReference(Model):
    """An object of the same namespace, by kind and name."""

    kind: str = written(str)
    name: str = written(str)
    api_version: str = ""


class MetricIdentifier(Model):
    name: str = written(str)
    selector: LabelSelector | None = None


class MetricTarget(Model):
    """The value to keep to: of the metric, or for each pod, or in per cent of what pods ask for."""

    type: str = written(str)
    value: Quantity | None = None
    average_value: Quantity | None = None
    average_utilization: int | None = None


class MetricValueStatus(Model):
    value: Quantity | None = None
    average_value: Quantity | None = None
    average_utilization: int | None = None


class ObjectMetricSource(Model):
    described_object: Annotated[CrossVersionObjectReference, Required()] = written(CrossVersionObjectReference)
    target: Annotated[MetricTarget, Required()] = written(MetricTarget)
    metric: Annotated[MetricIdentifier, Required()] = written(MetricIdentifier)


class PodsMetricSource(Model):
    metric: Annotated[MetricIdentifier, Required()] = written(MetricIdentifier)
    target: Annotated[MetricTarget, Required()] = written(MetricTarget)


class ResourceMetricSource(Model):
    """CPU or memory of the pods."""

    name: str = written(str)
    target: Annotated[MetricTarget, Required()] = written(MetricTarget)


class ContainerResourceMetricSource(Model):
    name: str = written(str)
    target: Annotated[MetricTarget, Required()] = written(MetricTarget)
    container: str = written(str)


class ExternalMetricSource(Model):
    metric: Annotated[MetricIdentifier, Required()] = written(MetricIdentifier)
    target: Annotated[MetricTarget, Required()] = written(MetricTarget)


class MetricSpec(Model):
    """One thing to measure; the member that `type` names says what."""

    type: str = written(str)
    object: ObjectMetricSource | None = None
    pods: PodsMetricSource | None = None
    resource: ResourceMetricSource | None = None
    container_resource: ContainerResourceMetricSource | None = None
    external: ExternalMetricSource | None = None


class ObjectMetricStatus(Model):
    metric: Annotated[MetricIdentifier, Required()] = written(MetricIdentifier)
    current: Annotated[MetricValueStatus, Required()] = written(MetricValueStatus)
    described_object: Annotated[CrossVersionObjectReference, Required()] = written(CrossVersionObjectReference)


class PodsMetricStatus(Model):
    metric: Annotated[MetricIdentifier, Required()] = written(MetricIdentifier)
    current: Annotated[MetricValueStatus, Required()] = written(MetricValueStatus)


class ResourceMetricStatus(Model):
    name: str = written(str)
    current: Annotated[MetricValueStatus, Required()] = written(MetricValueStatus)


class ContainerResourceMetricStatus(Model):
    name: str = written(str)
    current: Annotated[MetricValueStatus, Required()] = written(MetricValueStatus)
    container: str = written(str)


class ExternalMetricStatus(Model):
    metric: Annotated[MetricIdentifier, Required()] = written(MetricIdentifier)
    current: Annotated[MetricValueStatus, Required()] = written(MetricValueStatus)


class MetricStatus(Model):
    """What was measured last."""

    type: str = written(str)
    object: ObjectMetricStatus | None = None
    pods: PodsMetricStatus | None = None
    resource: ResourceMetricStatus | None = None
    container_resource: ContainerResourceMetricStatus | None = None
    external: ExternalMetricStatus | None = None
