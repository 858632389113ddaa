"""What is wrong with a Node, and with a change of one.

Kubernetes: pkg/apis/core/validation/validation.go (ValidateNode, ValidateNodeUpdate)
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import TYPE_CHECKING

from minikube_py.api.kinds.core.common import Taint
from minikube_py.api.kinds.core.resource_validation import resource_name_errors
from minikube_py.api.kinds.field_checks import (
    NOT_NEGATIVE,
    Errors,
    cidr_errors,
    qualified_errors,
    required_choice_errors,
)
from minikube_py.api.scalars import Quantity
from minikube_py.api.validation import FieldError, forbidden_value, invalid_value, label_value_errors, shown

if TYPE_CHECKING:
    from minikube_py.api.kinds.core.node import Node, NodeSpec

_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_WHOLE = ("pods", "services", "secrets", "configmaps")
"""Resources that come in whole numbers only."""


def node_errors(node: Node) -> Errors:
    yield from _taint_errors(node.spec.taints, "metadata.taints")
    yield from _amount_errors(node.status.capacity, "status.capacity")
    yield from _amount_errors(node.status.allocatable, "status.allocatable")
    yield from _network_errors(node.spec.pod_cidrs, "spec.podCIDRs")


def _taint_errors(taints: tuple[Taint, ...], path: str) -> Errors:
    seen: set[tuple[str, str]] = set()
    for index, taint in enumerate(taints):
        where = f"{path}[{index}]"
        yield from qualified_errors(taint.key, f"{where}.key")
        problems = label_value_errors(taint.value)
        if problems:
            yield invalid_value(f"{where}.value", taint.value, ";".join(problems))
        yield from required_choice_errors(taint.effect, _EFFECTS, f"{where}.effect")
        if (taint.key, taint.effect) in seen:
            given = {"Key": taint.key, "Value": taint.value, "Effect": taint.effect, "TimeAdded": taint.time_added}
            why = "taints must be unique by key and effect pair"
            yield FieldError(where, f"Duplicate value: {shown(given)}: {why}", "FieldValueDuplicate")
        seen.add((taint.key, taint.effect))


def _amount_errors(amounts: Mapping[str, Quantity], path: str) -> Errors:
    for name, amount in amounts.items():
        where = f"{path}.{name}"
        yield from (error for error in resource_name_errors(name, where) if "/" in name)
        if amount.startswith("-"):
            yield invalid_value(where, amount, NOT_NEGATIVE)
        if name in _WHOLE and amount.value % 1:
            yield invalid_value(where, amount, "must be an integer")


def _network_errors(networks: tuple[str, ...], path: str) -> Errors:
    if not networks:
        return
    problems = [error for index, text in enumerate(networks) for error in cidr_errors(text, f"{path}[{index}]")]
    yield from problems
    if problems:
        return
    families = [ipaddress.ip_interface(network).version for network in networks]
    if len(set(families)) < len(families):
        yield invalid_value(path, list(networks), "may specify no more than one CIDR for each IP family")


def changed_node_errors(spec: NodeSpec, old: NodeSpec) -> Errors:
    """What is given to a node once (its network, its identity with a cloud) stays."""
    if old.pod_cidrs and spec.pod_cidrs != old.pod_cidrs:
        yield forbidden_value("spec.podCIDRs", 'node updates may not change podCIDR except from "" to valid')
    if old.provider_id and spec.provider_id != old.provider_id:
        yield forbidden_value("spec.providerID", 'node updates may not change providerID except from "" to valid')
    if spec.external_id != old.external_id:
        yield forbidden_value("spec.externalID", "may not be updated")
