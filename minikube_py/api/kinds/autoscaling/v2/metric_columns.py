"""The column in which an autoscaler shows what it measured beside what it keeps to: `cpu: 12%/80%`.

Kubernetes: pkg/printers/internalversion/printers.go (formatHPAMetrics)
"""

from __future__ import annotations

from minikube_py.api.columns import NONE, UNKNOWN
from minikube_py.api.kinds.autoscaling.v2.metric_spec import MetricSpec, MetricStatus, MetricTarget, MetricValueStatus

_SHOWN = 2


def targets(metrics: tuple[MetricSpec, ...], measured: tuple[MetricStatus, ...]) -> str:
    if not metrics:
        return NONE
    texts = [_text(metric, measured[i] if i < len(measured) else None) for i, metric in enumerate(metrics)]
    text = ", ".join(texts[:_SHOWN])
    return f"{text} + {len(texts) - _SHOWN} more..." if len(texts) > _SHOWN else text


def _text(metric: MetricSpec, status: MetricStatus | None) -> str:
    attribute = {"ContainerResource": "container_resource"}.get(metric.type, metric.type.lower())
    source = getattr(metric, attribute, None)
    if source is None:
        return "<unknown type>"
    found = getattr(status, attribute, None)
    current = found.current if found is not None else MetricValueStatus()
    if attribute in ("resource", "container_resource"):
        return f"{source.name}: {_of_resource(source.target, current)}"
    if attribute == "pods" or source.target.average_value is None:
        value = current.average_value if attribute == "pods" else current.value
        return f"{_known(value)}/{source.target.average_value if attribute == 'pods' else source.target.value}"
    return f"{_known(current.average_value)}/{source.target.average_value} (avg)"


def _of_resource(target: MetricTarget, current: MetricValueStatus) -> str:
    if target.average_value is not None:
        return f"{_known(current.average_value)}/{target.average_value}"
    used = UNKNOWN if current.average_utilization is None else f"{current.average_utilization}%"
    wanted = "<auto>" if target.average_utilization is None else f"{target.average_utilization}%"
    return f"{used}/{wanted}"


def _known(value: str | None) -> str:
    return UNKNOWN if value is None else str(value)
