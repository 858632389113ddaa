"""Amounts that are a number of pods or a percentage of them. Pure.

Kubernetes: apimachinery/pkg/util/intstr (GetScaledValueFromIntOrPercent)
"""

from __future__ import annotations

from minikube_py.api.scalars import IntOrString


def in_pods(amount: IntOrString | None, desired: int, *, is_rounded_up: bool) -> int:
    """So many pods of `desired` ones."""
    if isinstance(amount, str):
        share = int(amount.rstrip("%")) * desired
        return -(-share // 100) if is_rounded_up else share // 100
    return amount or 0
