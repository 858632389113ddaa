"""Lease: "I am alive, and I lead": heartbeat of nodes and leader election.

Kubernetes: pkg/registry/coordination/lease/strategy.go
"""

from __future__ import annotations

from minikube_py.api.columns import AGE, NAME
from minikube_py.api.definition import Column
from minikube_py.api.model import Model, written
from minikube_py.api.resource import Resource
from minikube_py.api.scalars import MicroTime


class LeaseSpec(Model):
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
    columns=(NAME, Column("Holder", lambda lease: lease.spec.holder_identity or ""), AGE),
    generation_of=(),
    allows_create_on_update=True,
    allows_unconditional_update=False,
):
    spec: LeaseSpec = written(LeaseSpec)
