"""What may change of a pod that exists: images, a few deadlines, more tolerations, fewer gates; nothing else.

Kubernetes: pkg/apis/core/validation/validation.go (ValidatePodUpdate)
Simplified: the shown difference is between the objects as they are on the wire.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import orjson

from minikube_py.api.kinds.core.affinity import Affinity
from minikube_py.api.kinds.core.common import NodeSelectorTerm, Toleration
from minikube_py.api.kinds.core.container import Container
from minikube_py.api.kinds.core.pod_spec import PodSpec
from minikube_py.api.kinds.core.pod_validation import pod_only_errors, pod_spec_errors
from minikube_py.api.kinds.field_checks import Errors, go_struct, range_errors
from minikube_py.api.model import replace
from minikube_py.api.validation import forbidden_value, invalid_value, required

_LONGEST_S = 2**31 - 1
_MAY_CHANGE = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def changed_pod_errors(spec: PodSpec, old: PodSpec) -> Errors:
    yield from pod_spec_errors(spec, "spec")
    yield from pod_only_errors(spec)
    for name, new_containers, old_containers in (
        ("containers", spec.containers, old.containers),
        ("initContainers", spec.init_containers, old.init_containers),
    ):
        if len(new_containers) != len(old_containers):
            yield forbidden_value(f"spec.{name}", "pod updates may not add or remove containers")
            return
        yield from _image_errors(new_containers, f"spec.{name}")
    yield from _deadline_errors(spec.active_deadline_seconds, old.active_deadline_seconds)
    yield from _toleration_errors(spec.tolerations, old.tolerations)
    yield from _gate_errors(spec, old)
    yield from _other_errors(spec, old)


def _image_errors(containers: Sequence[Container], path: str) -> Errors:
    for index, container in enumerate(containers):
        if not container.image:
            yield required(f"{path}[{index}].image")
        elif container.image != container.image.strip():
            why = "must not have leading or trailing whitespace"
            yield invalid_value(f"{path}[{index}].image", container.image, why)


def _deadline_errors(new_s: int | None, old_s: int | None) -> Errors:
    """A deadline may come, and come nearer."""
    path = "spec.activeDeadlineSeconds"
    if new_s is None:
        if old_s is not None:
            yield invalid_value(path, None, "must not update from a positive integer to nil value")
    elif not 0 <= new_s <= _LONGEST_S:
        yield from range_errors(new_s, 0, _LONGEST_S, path)
    elif old_s is not None and new_s > old_s:
        yield invalid_value(path, new_s, "must be less than or equal to previous value")


def _toleration_errors(new: Sequence[Toleration], old: Sequence[Toleration]) -> Errors:
    kept = {replace(toleration, toleration_seconds=None).to_json() for toleration in new}
    for toleration in old:
        if replace(toleration, toleration_seconds=None).to_json() not in kept:
            why = "existing toleration can not be modified except its tolerationSeconds"
            yield forbidden_value("spec.tolerations", why)
            return


def _gate_errors(spec: PodSpec, old: PodSpec) -> Errors:
    known = {gate.name for gate in old.scheduling_gates}
    for index, gate in enumerate(spec.scheduling_gates):
        if gate.name not in known:
            why = f"only deletion is allowed, but found new scheduling gate '{gate.name}'"
            yield forbidden_value(f"spec.schedulingGates[{index}].name", why)


def _other_errors(spec: PodSpec, old: PodSpec) -> Errors:
    """Everything that is not allowed by name has to be as it was."""
    allowed: dict[str, object] = {
        "containers": _with_images(spec.containers, old.containers),
        "init_containers": _with_images(spec.init_containers, old.init_containers),
        "active_deadline_seconds": old.active_deadline_seconds,
        "tolerations": old.tolerations,
        "scheduling_gates": old.scheduling_gates,
    }
    was_negative = old.termination_grace_period_seconds is not None and old.termination_grace_period_seconds < 0
    if was_negative and spec.termination_grace_period_seconds == 1:
        allowed["termination_grace_period_seconds"] = old.termination_grace_period_seconds
    if old.scheduling_gates:
        yield from _narrowing_errors(spec, old)
        allowed["node_selector"] = old.node_selector
        allowed["affinity"] = _with_node_affinity(spec.affinity, old.affinity)
    munged = replace(spec, **allowed)
    if munged != old:
        yield forbidden_value("spec", f"{_MAY_CHANGE}\n{_difference(munged, old)}")


def _narrowing_errors(spec: PodSpec, old: PodSpec) -> Errors:
    """A pod that is not scheduled yet may be steered to fewer nodes, never to others."""
    if any(spec.node_selector.get(key) != value for key, value in old.node_selector.items()):
        why = "only additions to spec.nodeSelector are allowed (no mutations or deletions)"
        yield invalid_value("spec.nodeSelector", dict(spec.node_selector) or None, why)
    terms, old_terms = _terms(spec.affinity), _terms(old.affinity)
    path = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"
    if old_terms and len(terms) != len(old_terms):
        why = "no additions/deletions to non-empty NodeSelectorTerms list are allowed"
        yield invalid_value(path, [go_struct(term) for term in terms] or None, why)
        return
    for index, (term, before) in enumerate(zip(terms, old_terms, strict=False)):
        if not _only_adds(term, before):
            why = "only additions are allowed (no mutations or deletions)"
            yield invalid_value(f"{path}[{index}]", go_struct(term), why)


def _terms(affinity: Affinity | None) -> tuple[NodeSelectorTerm, ...]:
    if affinity is None or affinity.node_affinity is None:
        return ()
    wanted = affinity.node_affinity.required_during_scheduling_ignored_during_execution
    return wanted.node_selector_terms if wanted else ()


def _only_adds(new: NodeSelectorTerm, old: NodeSelectorTerm) -> bool:
    """A term without any condition selects nothing, so a condition would add nodes."""
    if not old.match_expressions and not old.match_fields:
        return new == old
    expressions, fields = len(old.match_expressions), len(old.match_fields)
    return (new.match_expressions[:expressions], new.match_fields[:fields]) == (old.match_expressions, old.match_fields)


def _with_node_affinity(new: Affinity | None, old: Affinity | None) -> Affinity | None:
    merged = replace(new or Affinity(), node_affinity=old.node_affinity if old else None)
    return None if old is None and merged == Affinity() else merged


def _with_images(new: Sequence[Container], old: Sequence[Container]) -> tuple[Container, ...]:
    return tuple(replace(container, image=before.image) for container, before in zip(new, old, strict=True))


def _difference(new: PodSpec, old: PodSpec) -> str:
    before, after = _lines(old), _lines(new)
    return "\n".join(list(difflib.unified_diff(before, after, lineterm=""))[2:]) + "\n"


def _lines(spec: PodSpec) -> list[str]:
    return orjson.dumps(spec.to_dict(), option=orjson.OPT_INDENT_2).decode().splitlines()
