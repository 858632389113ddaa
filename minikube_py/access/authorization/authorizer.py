"""Authorizer: whether a user may do something. Asked once for every request, and by the reviews of access.

    Privileged (system:masters) -> the modes of --authorization-mode in their order -> the first that allows decides

Kubernetes: staging/src/k8s.io/apiserver/pkg/authorization/{authorizer,union}
Simplified: an authorizer allows or has no opinion; none denies against the others. No webhook.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from minikube_py.api.kinds.authentication.token_review import UserInfo
from minikube_py.api.kinds.authorization.attributes import NonResourceAttributes, ResourceAttributes
from minikube_py.api.kinds.authorization.self_subject_rules_review import (
    NonResourceRule,
    ResourceRule,
    SubjectRulesReviewStatus,
)
from minikube_py.api.status import Forbidden

MASTERS = "system:masters"
ALWAYS_ALLOWED_PATHS = ("/healthz", "/livez", "/readyz")


@dataclass(frozen=True, slots=True)
class Action:
    """What somebody wants to do: a verb on a resource, or on a path that is none."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    field_selector: str = ""
    path: str = ""
    """Set for what is no resource; all but the verb is empty then."""

    @classmethod
    def asked(cls, attributes: ResourceAttributes | NonResourceAttributes) -> Action:
        if isinstance(attributes, NonResourceAttributes):
            return cls(attributes.verb, path=attributes.path)
        selector = attributes.field_selector.raw_selector if attributes.field_selector else ""
        return cls(
            attributes.verb,
            attributes.group,
            attributes.resource,
            attributes.subresource,
            attributes.namespace,
            attributes.name,
            selector,
        )

    @property
    def full_resource(self) -> str:
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


@dataclass(frozen=True, slots=True)
class Decision:
    allowed: bool
    reason: str = ""


class Authorizer(Protocol):
    def decide(self, user: UserInfo, action: Action) -> Decision: ...

    def rules(self, user: UserInfo, namespace: str) -> SubjectRulesReviewStatus:
        """All that the user may do in a namespace."""
        ...


class AlwaysAllow:
    """Without an authorizer every request passes, and the answer says why."""

    def decide(self, user: UserInfo, action: Action) -> Decision:
        return Decision(allowed=True, reason="no authorizer is configured: every request is allowed")

    def rules(self, user: UserInfo, namespace: str) -> SubjectRulesReviewStatus:
        return _EVERYTHING


class Privileged:
    """Members of system:masters may do everything, so that nobody locks the last door from inside."""

    def decide(self, user: UserInfo, action: Action) -> Decision:
        if MASTERS in user.groups:
            return Decision(allowed=True)
        return Decision(allowed=action.verb == "get" and action.path in ALWAYS_ALLOWED_PATHS)

    def rules(self, user: UserInfo, namespace: str) -> SubjectRulesReviewStatus:
        return _EVERYTHING if MASTERS in user.groups else SubjectRulesReviewStatus()


class Union:
    """Several authorizers: what one allows is allowed."""

    def __init__(self, authorizers: Sequence[Authorizer]) -> None:
        self._authorizers = tuple(authorizers)

    def decide(self, user: UserInfo, action: Action) -> Decision:
        reasons = []
        for authorizer in self._authorizers:
            decision = authorizer.decide(user, action)
            if decision.allowed:
                return decision
            reasons += [decision.reason] if decision.reason else []
        return Decision(allowed=False, reason=", ".join(reasons))

    def rules(self, user: UserInfo, namespace: str) -> SubjectRulesReviewStatus:
        found = [authorizer.rules(user, namespace) for authorizer in self._authorizers]
        return SubjectRulesReviewStatus(
            resource_rules=tuple(rule for status in found for rule in status.resource_rules),
            non_resource_rules=tuple(rule for status in found for rule in status.non_resource_rules),
            incomplete=any(status.incomplete for status in found),
            evaluation_error=", ".join(status.evaluation_error for status in found if status.evaluation_error),
        )


def not_allowed(user: UserInfo, action: Action, decision: Decision) -> Forbidden:
    """The refusal in kubectl users' well-known words."""
    why = f": {decision.reason}" if decision.reason else ""
    who = f'User "{user.username}" cannot {action.verb}'
    if action.path:
        return Forbidden(f'forbidden: {who} path "{action.path}"{why}', details={})
    where = f'in the namespace "{action.namespace}"' if action.namespace else "at the cluster scope"
    what = f'resource "{action.full_resource}" in API group "{action.group}" {where}'
    subject = f"{action.resource}.{action.group}" if action.group else action.resource
    named = f'{subject} "{action.name}"' if action.name else subject
    details = {"name": action.name, "group": action.group, "kind": action.resource}
    return Forbidden(
        f"{named} is forbidden: {who} {what}{why}", details={key: value for key, value in details.items() if value}
    )


_ALL = ("*",)
_EVERYTHING = SubjectRulesReviewStatus(
    resource_rules=(ResourceRule(verbs=_ALL, api_groups=_ALL, resources=_ALL),),
    non_resource_rules=(NonResourceRule(verbs=_ALL, non_resource_urls=_ALL),),
)
