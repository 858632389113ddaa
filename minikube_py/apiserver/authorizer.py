"""Authorizer: whether a user may do something. The one place that the access reviews ask.

Kubernetes: staging/src/k8s.io/apiserver/pkg/authorization/authorizer
Simplified: requests themselves are not authorized yet, so whoever reaches the server may do everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from minikube_py.api.kinds.authentication.token_review import UserInfo
from minikube_py.api.kinds.authorization.attributes import NonResourceAttributes, ResourceAttributes
from minikube_py.api.kinds.authorization.self_subject_rules_review import (
    NonResourceRule,
    ResourceRule,
    SubjectRulesReviewStatus,
)

ANONYMOUS = UserInfo(username="system:anonymous", groups=("system:unauthenticated",))
"""Who every client is as long as nobody has to say who they are."""


@dataclass(frozen=True, slots=True)
class Decision:
    allowed: bool
    reason: str = ""


class Authorizer(Protocol):
    def decide(self, user: UserInfo, action: ResourceAttributes | NonResourceAttributes) -> Decision: ...

    def rules(self, user: UserInfo, namespace: str) -> SubjectRulesReviewStatus:
        """All that the user may do in a namespace."""
        ...


class AlwaysAllow:
    """Without an authorizer every request passes, and the answer says why."""

    def decide(self, user: UserInfo, action: ResourceAttributes | NonResourceAttributes) -> Decision:
        return Decision(allowed=True, reason="no authorizer is configured: every request is allowed")

    def rules(self, user: UserInfo, namespace: str) -> SubjectRulesReviewStatus:
        everything = ("*",)
        return SubjectRulesReviewStatus(
            resource_rules=(ResourceRule(verbs=everything, api_groups=everything, resources=everything),),
            non_resource_rules=(NonResourceRule(verbs=everything, non_resource_urls=everything),),
        )
