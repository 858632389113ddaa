"""Whether the names of a custom kind are free, and what its definition's status says of that.

Who came first keeps a name; a kind is served once all its names have been accepted, and stays served.

Kubernetes: staging/src/k8s.io/apiextensions-apiserver/pkg/controller/{status/naming_controller,establish}.go
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from minikube_py.api.kinds.apiextensions.custom_resource_definition import CustomResourceDefinition
from minikube_py.api.kinds.apiextensions.definition_spec import (
    CustomResourceDefinitionCondition,
    CustomResourceDefinitionNames,
    CustomResourceDefinitionStatus,
)
from minikube_py.api.model import replace
from minikube_py.api.scalars import Time


def settled(
    definition: CustomResourceDefinition, others: Iterable[CustomResourceDefinition], now: Time
) -> CustomResourceDefinitionStatus:
    """The status as it should be; `others` are all other definitions."""
    accepted = [
        each.status.accepted_names
        for each in others
        if each.spec.group == definition.spec.group and each.metadata.name != definition.metadata.name
    ]
    resources = {name for names in accepted for name in (names.plural, names.singular, *names.short_names)}
    kinds = {name for names in accepted for name in (names.kind, names.list_kind)}
    names, conflict = _accepted(definition, resources - {""}, kinds - {""})
    status = replace(definition.status, accepted_names=names)
    if conflict:
        status = with_condition(status, "NamesAccepted", "False", *conflict, now)
    else:
        status = with_condition(status, "NamesAccepted", "True", "NoConflicts", "no conflicts found", now)
    if is_established(definition):
        return status
    if conflict:
        return with_condition(status, "Established", "False", "NotAccepted", "not all names are accepted", now)
    message = "the initial names have been accepted"
    return with_condition(status, "Established", "True", "InitialNamesAccepted", message, now)


def _accepted(
    definition: CustomResourceDefinition, resources: set[str], kinds: set[str]
) -> tuple[CustomResourceDefinitionNames, tuple[str, str] | None]:
    """The names that it may have, and (reason, message) of what it may not: of several, the last."""
    wanted, names = definition.spec.names, definition.status.accepted_names
    conflict: tuple[str, str] | None = None
    asked = (
        ("plural", "Plural", (wanted.plural,), resources),
        ("singular", "Singular", (wanted.singular,), resources),
        ("short_names", "ShortNames", wanted.short_names, resources),
        ("kind", "Kind", (wanted.kind,), kinds),
        ("list_kind", "ListKind", (wanted.list_kind,), kinds),
    )
    for attribute, word, values, taken in asked:
        used = sorted(set(values) & taken)
        if used:
            conflict = (f"{word}Conflict", ", ".join(f'"{each}" is already in use' for each in used))
        else:
            names = replace(names, **{attribute: getattr(wanted, attribute)})
    return replace(names, categories=wanted.categories), conflict


def is_established(definition: CustomResourceDefinition) -> bool:
    return any(each.type == "Established" and each.status == "True" for each in definition.status.conditions or ())


def with_condition(
    status: CustomResourceDefinitionStatus, kind: str, value: str, reason: str, message: str, now: Time
) -> CustomResourceDefinitionStatus:
    """With a condition, which keeps its time while it says the same."""
    conditions: Sequence[CustomResourceDefinitionCondition] = status.conditions or ()
    known = next((each for each in conditions if each.type == kind), None)
    since = known.last_transition_time if known is not None and known.status == value else now
    new = CustomResourceDefinitionCondition(
        type=kind, status=value, reason=reason, message=message, last_transition_time=since
    )
    if known is None:
        return replace(status, conditions=(*conditions, new))
    return replace(status, conditions=tuple(new if each is known else each for each in conditions))
