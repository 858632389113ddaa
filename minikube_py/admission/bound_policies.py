"""Policies with their bindings, as the watch cache has them, and the parameters that a binding names.

Kubernetes: staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/generic/{policy_source,policy_matcher}.go
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import orjson

from minikube_py.api.kinds.admissionregistration.matching import ParamRef
from minikube_py.api.kinds.core.namespace import Namespace
from minikube_py.api.model import Json
from minikube_py.api.registry import Registry
from minikube_py.api.resource import Resource
from minikube_py.api.selectors import label_selector_from_document
from minikube_py.errors import MinikubeError
from minikube_py.policies.matching import Matcher
from minikube_py.policies.program import PolicyProgram
from minikube_py.policies.request import PolicyRequest
from minikube_py.watchcache.cacher import Cacher

Program = TypeVar("Program", bound=PolicyProgram, covariant=True)


class PolicyUnusable(MinikubeError):
    """A policy or binding that cannot be applied as it is written."""

    is_of_policy = False
    """Whether it is the policy itself, whatever the binding."""


@dataclass(frozen=True, slots=True)
class Binding:
    name: str
    param_ref: ParamRef | None
    matcher: Matcher
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bound(Generic[Program]):
    """A policy that counts somewhere."""

    name: str
    program: Program
    bindings: tuple[Binding, ...]


class BoundPolicies(Generic[Program]):
    """All policies of a kind that have a binding, by name; compiled when they are first seen."""

    def __init__(
        self,
        cacher: Cacher,
        policy_kind: type[Resource],
        binding_kind: type[Resource],
        compiled: Callable[[Any], Program],
    ) -> None:
        self._cacher = cacher
        self._kinds = policy_kind, binding_kind
        self._compiled = compiled
        self._programs: dict[str, tuple[int, Program]] = {}
        self._seen = (-1, -1)
        self._current: tuple[Bound[Program], ...] = ()

    def current(self) -> tuple[Bound[Program], ...]:
        policies, bindings = (self._cacher.of(kind) for kind in self._kinds)
        if self._seen != (policies.changes, bindings.changes):
            self._seen = policies.changes, bindings.changes
            self._current = tuple(self._read())
        return self._current

    def _read(self) -> Iterator[Bound[Program]]:
        policy_kind, binding_kind = self._kinds
        by_policy: dict[str, list[Binding]] = {}
        for each in self._cacher.objects(binding_kind):
            spec: Any = each.spec  # type: ignore[attr-defined]  # both kinds of bindings have one
            made = Binding(
                each.metadata.name,
                spec.param_ref,
                Matcher(spec.match_resources),
                getattr(spec, "validation_actions", ()),
            )
            by_policy.setdefault(spec.policy_name, []).append(made)
        known, self._programs = self._programs, {}
        for policy in self._cacher.objects(policy_kind):
            name, version = policy.metadata.name, policy.metadata.generation
            if name not in by_policy:
                continue
            kept = known.get(policy.metadata.uid)
            program = kept[1] if kept and kept[0] == version else self._compiled(policy.spec)  # type: ignore[attr-defined]
            self._programs[policy.metadata.uid] = version, program
            yield Bound(name, program, tuple(by_policy[name]))


class Params:
    """Finds what a policy's `params` stands for."""

    def __init__(self, cacher: Cacher, registry: Registry) -> None:
        self._cacher = cacher
        self._registry = registry

    def of(self, policy: Bound[PolicyProgram], binding: Binding, request: PolicyRequest) -> list[Json]:
        """One for each time that the policy has to be asked. Raises: PolicyUnusable."""
        program, ref = policy.program, binding.param_ref
        if program.errors:
            raise _unusable_policy(", ".join(map(str, program.errors)))
        wanted = program.param_kind
        if wanted is None:
            return [None]
        kind = self._registry.find_kind(wanted.api_version, wanted.kind)
        if kind is None:
            group_version = wanted.api_version if "/" in wanted.api_version else f"/{wanted.api_version}"
            named = f"'{group_version}, Kind={wanted.kind}'"
            raise _unusable_policy(f"failed to find resource referenced by paramKind: {named}")
        if ref is None:
            return [None]
        found = list(self._found(kind, ref, _namespace(kind, ref, request)))
        if not found and ref.parameter_not_found_action == "Deny":
            raise _unusable_binding("no params found for policy binding with `Deny` parameterNotFoundAction")
        return found

    def _found(self, kind: type[Resource], ref: ParamRef, namespace: str) -> Iterator[Json]:
        if ref.name:
            item = self._cacher.get(kind, namespace, ref.name)
            if item is not None:
                yield orjson.loads(item.data)
            return
        selector = label_selector_from_document(ref.selector.to_dict() if ref.selector is not None else None)
        cache = self._cacher.of(kind)
        for each in cache.below(f"{cache.prefix}{namespace}/" if namespace else cache.prefix):
            if selector.matches(each.labels):
                yield orjson.loads(each.data)


def _namespace(kind: type[Resource], ref: ParamRef, request: PolicyRequest) -> str:
    """Where to look for the parameters: where the binding says, else in the object's namespace."""
    if not kind.definition.namespaced:
        if ref.namespace:
            raise _unusable_binding("paramRef.namespace must not be provided for a cluster-scoped `paramKind`")
        return ""
    namespace = ref.namespace or request.namespace or (request.name if request.resource is Namespace else "")
    if not namespace:
        raise _unusable_binding(
            "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources"
        )
    return namespace


def _unusable_binding(why: str) -> PolicyUnusable:
    return PolicyUnusable(f"failed to configure binding: {why}")


def _unusable_policy(why: str) -> PolicyUnusable:
    error = PolicyUnusable(f"failed to configure policy: {why}")
    error.is_of_policy = True
    return error
