"""The parts of a NetworkPolicy: peers and ports.

Kubernetes: staging/src/k8s.io/api/networking/v1/types.go
"""

from __future__ import annotations

from typing import Annotated

from minikube_py.api.markers import OneOf
from minikube_py.api.meta import LabelSelector
from minikube_py.api.model import Model, written
from minikube_py.api.scalars import IntOrString


class NetworkPolicyPort(Model):
    protocol: Annotated[str | None, OneOf("SCTP", "TCP", "UDP")] = None
    port: IntOrString | None = None
    end_port: int | None = None


class IPBlock(Model):
    cidr: str = written(str)
    except_: tuple[str, ...] = ()


class NetworkPolicyPeer(Model):
    """Who may be talked to: pods, or a range of addresses."""

    pod_selector: LabelSelector | None = None
    namespace_selector: LabelSelector | None = None
    ip_block: IPBlock | None = None


class NetworkPolicyEgressRule(Model):
    ports: tuple[NetworkPolicyPort, ...] = ()
    to: tuple[NetworkPolicyPeer, ...] = ()


class NetworkPolicyIngressRule(Model):
    ports: tuple[NetworkPolicyPort, ...] = ()
    from_: tuple[NetworkPolicyPeer, ...] = ()


class NetworkPolicySpec(Model):
    """Which pods are meant, and what traffic they may have."""

    pod_selector: LabelSelector = written(LabelSelector)
    ingress: tuple[NetworkPolicyIngressRule, ...] = ()
    egress: tuple[NetworkPolicyEgressRule, ...] = ()
    policy_types: tuple[str, ...] = ()
