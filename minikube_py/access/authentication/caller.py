"""Caller: on whose behalf the current task works. The filter chain sets it, whoever needs it asks.

A context variable, since it belongs to the request and not to the objects that are written for it. What the server
writes of its own accord is its own doing.

Kubernetes: staging/src/k8s.io/apiserver/pkg/endpoints/request/context.go
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

from minikube_py.access.authorization.authorizer import MASTERS, Action
from minikube_py.api.kinds.authentication.token_review import UserInfo

ANONYMOUS = UserInfo(username="system:anonymous", groups=("system:unauthenticated",))
AUTHENTICATED = "system:authenticated"


@dataclass(frozen=True, slots=True)
class Caller:
    user: UserInfo
    action: Action


_SERVER = Caller(UserInfo(username="system:apiserver", groups=(MASTERS, AUTHENTICATED)), Action(""))
CALLER: ContextVar[Caller] = ContextVar("caller", default=_SERVER)
