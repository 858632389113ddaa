"""NetworkPolicy: who may talk to the pods that it selects.

Kubernetes: pkg/registry/networking/networkpolicy/strategy.go
Simplified: stored and shown; the network here does not enforce it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from minikube_py.api.columns import AGE, NAME, label_selector_text
from minikube_py.api.defaulting import changed, each, filled
from minikube_py.api.definition import Column
from minikube_py.api.kinds.networking.network_policy_spec import NetworkPolicyPort, NetworkPolicySpec
from minikube_py.api.kinds.networking.network_policy_validation import spec_errors
from minikube_py.api.model import written
from minikube_py.api.resource import Resource
from minikube_py.api.validation import FieldError


class NetworkPolicy(
    Resource,
    group="networking.k8s.io",
    version="v1",
    plural="networkpolicies",
    short_names=("netpol",),
    columns=(NAME, Column("Pod-Selector", lambda policy: label_selector_text(policy.spec.pod_selector)), AGE),
):
    spec: NetworkPolicySpec = written(NetworkPolicySpec)

    def defaulted(self) -> Self:
        spec = self.spec
        ingress = each(spec.ingress, lambda rule: changed(rule, ports=each(rule.ports, _port_defaulted)))
        egress = each(spec.egress, lambda rule: changed(rule, ports=each(rule.ports, _port_defaulted)))
        types = spec.policy_types or (("Ingress", "Egress") if spec.egress else ("Ingress",))
        return changed(self, spec=changed(spec, ingress=ingress, egress=egress, policy_types=types))

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        return spec_errors(self.spec)


def _port_defaulted(port: NetworkPolicyPort) -> NetworkPolicyPort:
    return filled(port, protocol="TCP")
