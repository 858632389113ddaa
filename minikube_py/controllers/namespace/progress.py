"""How far the deletion of a namespace has come, as conditions. Pure.

Kubernetes: pkg/controller/namespace/deletion/status_condition_utils.go
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from minikube_py.api.kinds.core.namespace import Namespace, NamespaceCondition, NamespaceStatus
from minikube_py.api.model import replace
from minikube_py.api.scalars import Time
from minikube_py.machinery.conditions import find_condition, with_condition


@dataclass(slots=True)
class Progress:
    """What one pass over a namespace found."""

    remaining: Counter[str] = field(default_factory=Counter)
    """Objects that are still there, by resource (`pods.`, `deployments.apps`)."""
    finalizers: Counter[str] = field(default_factory=Counter)
    discovery_error: str = ""
    deletion_errors: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not self.remaining and not self.discovery_error and not self.deletion_errors


def status_of(namespace: Namespace, progress: Progress, now_s: float) -> NamespaceStatus:
    """The status with all conditions of a deletion, each changed only when it says something new."""
    conditions = namespace.status.conditions
    for new in _conditions(progress, Time.at(now_s)):
        current = find_condition(conditions, new.type)
        if current is not None and current.status == new.status:
            conditions = with_condition(conditions, replace(new, last_transition_time=current.last_transition_time))
        else:
            conditions = with_condition(conditions, new)
    return replace(namespace.status, phase="Terminating", conditions=conditions)


def _conditions(progress: Progress, now: Time) -> Iterator[NamespaceCondition]:
    def condition(kind: str, problem: str, reasons: tuple[str, str], fine: str) -> NamespaceCondition:
        return NamespaceCondition(
            type=kind,
            status="True" if problem else "False",
            last_transition_time=now,
            reason=reasons[0] if problem else reasons[1],
            message=problem or fine,
        )

    yield condition(
        "NamespaceDeletionDiscoveryFailure",
        f"Discovery failed for some groups: {progress.discovery_error}" if progress.discovery_error else "",
        ("DiscoveryFailed", "ResourcesDiscovered"),
        "All resources successfully discovered",
    )
    yield condition(
        "NamespaceDeletionGroupVersionParsingFailure",
        "",
        ("GroupVersionParsingFailed", "ParsedGroupVersions"),
        "All legacy kube types successfully parsed",
    )
    errors = ", ".join(sorted(progress.deletion_errors))
    yield condition(
        "NamespaceDeletionContentFailure",
        f"Failed to delete all resource types, {len(progress.deletion_errors)} remaining: {errors}" if errors else "",
        ("ContentDeletionFailed", "ContentDeleted"),
        "All content successfully deleted, may be waiting on finalization",
    )
    yield condition(
        "NamespaceContentRemaining",
        _counted("Some resources are remaining: ", "{} has {} resource instances", progress.remaining),
        ("SomeResourcesRemain", "ContentRemoved"),
        "All content successfully removed",
    )
    yield condition(
        "NamespaceFinalizersRemaining",
        _counted(
            "Some content in the namespace has finalizers remaining: ",
            "{} in {} resource instances",
            progress.finalizers,
        ),
        ("SomeFinalizersRemain", "ContentHasNoFinalizers"),
        "All content-preserving finalizers finished",
    )


def _counted(beginning: str, each: str, counts: Counter[str]) -> str:
    return beginning + ", ".join(each.format(name, count) for name, count in sorted(counts.items())) if counts else ""
