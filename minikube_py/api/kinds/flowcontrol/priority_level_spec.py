"""The parts of a PriorityLevelConfiguration.

Kubernetes: staging/src/k8s.io/api/flowcontrol/v1/types.go
"""

from __future__ import annotations

from typing import Annotated

from minikube_py.api.markers import NotRequired
from minikube_py.api.model import Model, written


class ExemptPriorityLevelConfiguration(Model):
    nominal_concurrency_shares: int | None = None
    lendable_percent: int | None = None


class QueuingConfiguration(Model):
    queues: Annotated[int, NotRequired()] = written(int)
    hand_size: Annotated[int, NotRequired()] = written(int)
    queue_length_limit: Annotated[int, NotRequired()] = written(int)


class LimitResponse(Model):
    type: str = written(str)
    queuing: QueuingConfiguration | None = None


class LimitedPriorityLevelConfiguration(Model):
    nominal_concurrency_shares: int | None = None
    limit_response: LimitResponse = written(LimitResponse)
    lendable_percent: int | None = None
    borrowing_limit_percent: int | None = None


class PriorityLevelConfigurationSpec(Model):
    type: str = written(str)
    limited: LimitedPriorityLevelConfiguration | None = None
    exempt: ExemptPriorityLevelConfiguration | None = None
