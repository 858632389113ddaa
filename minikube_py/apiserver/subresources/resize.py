"""Resize: other cpu and memory for the containers of a running pod; the only write that may change them.

Kubernetes: pkg/registry/core/pod/strategy.go (podResizeStrategy), ValidatePodResize
"""

from __future__ import annotations

from minikube_py.api.kinds.core.container import Container
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.pod_quality import quality_of_service
from minikube_py.api.kinds.core.pod_validation import pod_spec_errors
from minikube_py.api.kinds.field_checks import Errors
from minikube_py.api.model import replace
from minikube_py.api.status import invalid
from minikube_py.api.validation import forbidden_value, invalid_value

_RESIZABLE = ("cpu", "memory")


def take_resize(current: Pod, asked: Pod) -> Pod:
    """The pod with the resources that were asked for, by the containers' names; anything else is left as it is.

    Raises: Invalid.
    """
    spec = replace(
        current.spec,
        containers=_resized(current.spec.containers, asked.spec.containers),
        init_containers=_resized(current.spec.init_containers, asked.spec.init_containers),
    )
    metadata = replace(current.metadata, resource_version=asked.metadata.resource_version)
    changed = replace(current, metadata=metadata, spec=spec)
    errors = [*pod_spec_errors(spec, "spec"), *_errors(changed, current)]
    if errors:
        raise invalid("", "Pod", current.metadata.name, errors)
    return changed


def _resized(current: tuple[Container, ...], asked: tuple[Container, ...]) -> tuple[Container, ...]:
    wanted = {container.name: container for container in asked}
    return tuple(
        replace(each, resources=wanted[each.name].resources, resize_policy=wanted[each.name].resize_policy)
        if each.name in wanted
        else each
        for each in current
    )


def _errors(new: Pod, old: Pod) -> Errors:
    quality = quality_of_service(new.spec)
    if quality != quality_of_service(old.spec):
        yield invalid_value("spec", quality, "Pod QOS Class may not change as a result of resizing")
    for attribute, name in (("containers", "containers"), ("init_containers", "initContainers")):
        pairs = zip(getattr(new.spec, attribute), getattr(old.spec, attribute), strict=True)
        for index, (after, before) in enumerate(pairs):
            if after != before:
                yield from _container_errors(after, before, f"spec.{name}[{index}]", is_init=name != "containers")


def _container_errors(after: Container, before: Container, path: str, *, is_init: bool) -> Errors:
    if is_init and before.restart_policy != "Always":
        yield forbidden_value(f"{path}.resources", "only sidecar init containers can be resized")
    if after.resize_policy != before.resize_policy:
        yield forbidden_value(f"{path}.resizePolicy", "cannot be changed")
    for kind in ("requests", "limits"):
        now, then = getattr(after.resources, kind), getattr(before.resources, kind)
        if any(then.get(name) != now.get(name) for name in {*now, *then} - set(_RESIZABLE)):
            yield forbidden_value("spec", "only cpu and memory resources are mutable")
        if set(then) - set(now):
            yield forbidden_value(f"{path}.resources.{kind}", f"resource {kind} cannot be removed")
