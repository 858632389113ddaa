"""Lease: "I am alive, and I lead": heartbeat of nodes and leader election.

Kubernetes: pkg/registry/coordination/lease/strategy.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from minikube_py.api.columns import AGE, NAME
from minikube_py.api.definition import Column
from minikube_py.api.kinds.field_checks import negative_errors
from minikube_py.api.model import Model, written
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import MicroTime
from minikube_py.api.validation import FieldError, invalid_value


class LeaseSpec(Model):
    """Who holds the lease, since when and for how long."""

    holder_identity: str | None = None
    lease_duration_seconds: int | None = None
    acquire_time: MicroTime | None = None
    renew_time: MicroTime | None = None
    lease_transitions: int | None = None
    strategy: str | None = None
    preferred_holder: str | None = None


class Lease(
    Resource,
    group="coordination.k8s.io",
    version="v1",
    plural="leases",
    any_finalizer=True,
    columns=(NAME, Column("Holder", lambda lease: lease.spec.holder_identity or ""), AGE),
    generation_of=(),
    allows_create_on_update=True,
    allows_unconditional_update=False,
):
    spec: LeaseSpec = written(LeaseSpec)

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        duration_s = self.spec.lease_duration_seconds
        if duration_s is not None and duration_s <= 0:
            yield invalid_value("spec.leaseDurationSeconds", duration_s, "must be greater than 0")
        yield from negative_errors(self.spec.lease_transitions, "spec.leaseTransitions")
