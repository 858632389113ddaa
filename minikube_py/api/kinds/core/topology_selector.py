"""Which labels a node must have for a volume to be made near it.

Kubernetes: staging/src/k8s.io/api/core/v1/types.go
"""

from __future__ import annotations

from typing import ClassVar

from minikube_py.api.kinds.field_checks import Errors, qualified_errors
from minikube_py.api.model import Model, written
from minikube_py.api.validation import duplicate_value, required


class TopologySelectorLabelRequirement(Model):
    key: str = written(str)
    values: tuple[str, ...] = written(tuple)


class TopologySelectorTerm(Model):
    is_atomic: ClassVar[bool] = True

    match_label_expressions: tuple[TopologySelectorLabelRequirement, ...] = ()


def topology_errors(terms: tuple[TopologySelectorTerm, ...], path: str) -> Errors:
    for index, term in enumerate(terms):
        where = f"{path}[{index}].matchLabelExpressions"
        keys: set[str] = set()
        for position, wanted in enumerate(term.match_label_expressions):
            yield from _requirement_errors(wanted, f"{where}[{position}]")
            if wanted.key in keys:
                yield duplicate_value(f"{where}[{position}].key", wanted.key)
            keys.add(wanted.key)
        if any(_labels(term) == _labels(other) for other in terms[:index]):
            yield duplicate_value(where, "")


def _requirement_errors(wanted: TopologySelectorLabelRequirement, path: str) -> Errors:
    if not wanted.values:
        yield required(f"{path}.values")
    for index, value in enumerate(wanted.values):
        if value in wanted.values[:index]:
            yield duplicate_value(f"{path}.values[{index}]", value)
    yield from qualified_errors(wanted.key, f"{path}.key")


def _labels(term: TopologySelectorTerm) -> dict[str, set[str]]:
    return {wanted.key: set(wanted.values) for wanted in term.match_label_expressions}
