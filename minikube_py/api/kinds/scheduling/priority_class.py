"""PriorityClass: a name for how important pods are.

Kubernetes: pkg/registry/scheduling/priorityclass/strategy.go, pkg/apis/scheduling/v1/helpers.go
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Self

from minikube_py.api.columns import AGE, NAME
from minikube_py.api.defaulting import filled
from minikube_py.api.definition import Column
from minikube_py.api.kinds.field_checks import choice_errors
from minikube_py.api.markers import NotRequired, OneOf
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.model import written
from minikube_py.api.resource import Resource
from minikube_py.api.validation import FieldError, forbidden_value, immutable_errors

HIGHEST_OF_USERS = 1_000_000_000
_PREFIX = "system-"


class PriorityClass(
    Resource,
    group="scheduling.k8s.io",
    version="v1",
    plural="priorityclasses",
    namespaced=False,
    short_names=("pc",),
    generation_of=("value",),
    columns=(
        NAME,
        Column("Value", lambda class_: class_.value, type="integer"),
        Column("Global-Default", lambda class_: class_.global_default, type="boolean"),
        AGE,
        Column("PreemptionPolicy", lambda class_: class_.preemption_policy or "PreemptLowerPriority"),
    ),
):
    value: Annotated[int, NotRequired()] = written(int)
    global_default: bool = False
    description: str = ""
    preemption_policy: Annotated[str | None, OneOf("Never", "PreemptLowerPriority")] = None

    def defaulted(self) -> Self:
        return filled(self, preemption_policy="PreemptLowerPriority")

    def field_errors(self, old: Self | None) -> Iterable[FieldError]:
        if old is not None:
            if self.value != old.value:
                yield forbidden_value("value", "may not be changed in an update.")
            yield from immutable_errors(self.preemption_policy, old.preemption_policy, "preemptionPolicy")
            return
        name = self.metadata.name
        if name.startswith(_PREFIX):
            if problem := _system_problem(self):
                why = f"priority class names with '{_PREFIX}' prefix are reserved for system use only. error: {problem}"
                yield forbidden_value("metadata.name", why)
        elif self.value > HIGHEST_OF_USERS:
            why = f"maximum allowed value of a user defined priority is {HIGHEST_OF_USERS}"
            yield forbidden_value("value", why)
        yield from choice_errors(self.preemption_policy, ("PreemptLowerPriority", "Never"), "preemptionPolicy")


def _system_class(name: str, value: int, description: str) -> PriorityClass:
    metadata = ObjectMeta(name=name)
    return PriorityClass(metadata=metadata, value=value, description=description).defaulted()


SYSTEM_CLASSES = (
    _system_class(
        "system-node-critical",
        2 * HIGHEST_OF_USERS + 1000,
        "Used for system critical pods that must not be moved from their current node.",
    ),
    _system_class(
        "system-cluster-critical",
        2 * HIGHEST_OF_USERS,
        "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
    ),
)
"""The classes that every cluster has."""


def _system_problem(given: PriorityClass) -> str:
    """Why a class whose name begins as the system's do is not one of them; empty if it is."""
    for known in SYSTEM_CLASSES:
        if known.metadata.name != given.metadata.name:
            continue
        if known.value != given.value:
            return f"value of {known.metadata.name} PriorityClass must be {known.value}"
        if given.global_default:
            return f"globalDefault of {known.metadata.name} PriorityClass must be false"
        return ""
    return f"{given.metadata.name} is not a known system priority class"
