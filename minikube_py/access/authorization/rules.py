"""Rules of roles: whether one allows an action, and whether some cover others. Pure.

Kubernetes: plugin/pkg/auth/authorizer/rbac/rbac.go, component-helpers/auth/rbac/validation/policy_comparator.go
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from minikube_py.access.authorization.authorizer import Action
from minikube_py.api.kinds.rbac.policy_rule import PolicyRule


@dataclass(frozen=True, slots=True)
class Rule:
    """A PolicyRule in the form in which it is quickly asked."""

    verbs: tuple[str, ...]
    groups: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Rule:
        """From the JSON of a role."""
        keys = ("verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs")
        return cls(*(tuple(document.get(key) or ()) for key in keys))

    def to_model(self) -> PolicyRule:
        return PolicyRule(
            verbs=self.verbs,
            api_groups=self.groups,
            resources=self.resources,
            resource_names=self.names,
            non_resource_urls=self.urls,
        )

    def allows(self, action: Action) -> bool:
        if not ("*" in self.verbs or action.verb in self.verbs):
            return False
        if action.path:
            return any(_url_matches(url, action.path) for url in self.urls)
        return (
            ("*" in self.groups or action.group in self.groups)
            and self._has_resource(action)
            and (not self.names or action.name in self.names)
        )

    def _has_resource(self, action: Action) -> bool:
        if "*" in self.resources or action.full_resource in self.resources:
            return True
        return bool(action.subresource) and f"*/{action.subresource}" in self.resources

    def __str__(self) -> str:
        parts = (
            ("APIGroups", self.groups),
            ("Resources", self.resources),
            ("ResourceNames", self.names),
            ("NonResourceURLs", self.urls),
            ("Verbs", self.verbs),
        )
        shown = (f"{name}:[{' '.join(map(_quoted, values))}]" for name, values in parts if values)
        return f"{{{', '.join(shown)}}}"


def _quoted(text: str) -> str:
    return f'"{text}"'


def _url_matches(pattern: str, path: str) -> bool:
    return pattern in ("*", path) or (pattern.endswith("*") and path.startswith(pattern[:-1]))


def missing(owned: Iterable[Rule], wanted: Iterable[Rule]) -> list[Rule]:
    """What of `wanted` no single one of the `owned` rules allows, in the smallest pieces joined by verbs."""
    owned = tuple(owned)
    lacking: dict[Rule, list[str]] = {}
    for piece in itertools.chain.from_iterable(_pieces(rule) for rule in wanted):
        if not any(_covers(rule, piece) for rule in owned):
            verbs = lacking.setdefault(Rule((), piece.groups, piece.resources, piece.names, piece.urls), [])
            verbs += [verb for verb in piece.verbs if verb not in verbs]
    found = [Rule(tuple(verbs), key.groups, key.resources, key.names, key.urls) for key, verbs in lacking.items()]
    return sorted(found, key=str)


def _pieces(rule: Rule) -> Iterator[Rule]:
    for verb in rule.verbs:
        for url in rule.urls:
            yield Rule((verb,), urls=(url,))
        for group, resource in itertools.product(rule.groups, rule.resources):
            for name in rule.names or ("",):
                yield Rule((verb,), (group,), (resource,), (name,) if name else ())


def _covers(owner: Rule, piece: Rule) -> bool:
    """Whether one rule allows all that a piece does; a star is covered by a star only."""
    if not ("*" in owner.verbs or piece.verbs[0] in owner.verbs):
        return False
    if piece.urls:
        url = piece.urls[0]
        return any(own == url or (own.endswith("*") and url.startswith(own[:-1])) for own in owner.urls)
    (group,), (resource,) = piece.groups, piece.resources
    subresource = resource.partition("/")[2]
    return (
        ("*" in owner.groups or group in owner.groups)
        and (
            "*" in owner.resources
            or resource in owner.resources
            or (bool(subresource) and f"*/{subresource}" in owner.resources)
        )
        and (not owner.names or (bool(piece.names) and piece.names[0] in owner.names))
    )
