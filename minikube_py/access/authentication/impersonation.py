"""Impersonation: a request in another's name, for those who may. `kubectl --as=jane --as-group=dev`.

Kubernetes: staging/src/k8s.io/apiserver/pkg/endpoints/filters/impersonation
Simplified: the rights are users, groups, serviceaccounts, uids and userextras with the verb impersonate; the finer
`impersonate-on` verbs of 1.36 are not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from minikube_py.access.authentication.caller import ANONYMOUS, AUTHENTICATED
from minikube_py.access.authorization.authorizer import Action, Authorizer, not_allowed
from minikube_py.api.kinds.authentication.token_review import UserInfo
from minikube_py.api.status import BadRequest

_AUTHENTICATION = "authentication.k8s.io"
_SERVICE_ACCOUNT = "system:serviceaccount:"
_UNAUTHENTICATED = "system:unauthenticated"

Headers = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class _Asked:
    user: str
    groups: tuple[str, ...]
    uid: str
    extra: dict[str, tuple[str, ...]]


def impersonated(user: UserInfo, headers: Headers, authorizer: Authorizer) -> UserInfo | None:
    """The user that the request is in the name of; None where it is in nobody else's.

    Raises: BadRequest, Forbidden.
    """
    given = [(name, value) for name, value in headers if name.startswith(b"impersonate-")]
    if not given:
        return None
    asked = _read(given)
    if not asked.user:
        raise BadRequest("requested to impersonate groups, a uid or extra information without a user name")
    for action in _actions(asked):
        decision = authorizer.decide(user, action)
        if not decision.allowed:
            raise not_allowed(user, action, decision)
    return UserInfo(username=asked.user, uid=asked.uid, groups=_groups(asked), extra=asked.extra)


def _read(given: Headers) -> _Asked:
    values: dict[str, list[str]] = {}
    extra: dict[str, list[str]] = {}
    for name, value in given:
        kind = name.decode("latin-1").removeprefix("impersonate-")
        text = value.decode("latin-1")
        if kind.startswith("extra-"):
            extra.setdefault(unquote(kind.removeprefix("extra-")).lower(), []).append(text)
        elif kind in ("user", "group", "uid"):
            values.setdefault(kind, []).append(text)
    return _Asked(
        user=(values.get("user") or [""])[0],
        groups=tuple(values.get("group", ())),
        uid=(values.get("uid") or [""])[0],
        extra={key: tuple(texts) for key, texts in extra.items()},
    )


def _actions(asked: _Asked) -> Iterator[Action]:
    """What the caller has to be allowed to."""
    namespace, _, name = asked.user.removeprefix(_SERVICE_ACCOUNT).partition(":")
    if asked.user.startswith(_SERVICE_ACCOUNT) and namespace and name:
        yield Action("impersonate", resource="serviceaccounts", namespace=namespace, name=name)
    else:
        yield Action("impersonate", resource="users", name=asked.user)
    for group in asked.groups:
        yield Action("impersonate", resource="groups", name=group)
    if asked.uid:
        yield Action("impersonate", _AUTHENTICATION, "uids", name=asked.uid)
    for key, texts in asked.extra.items():
        for text in texts:
            yield Action("impersonate", _AUTHENTICATION, "userextras", key, name=text)


def _groups(asked: _Asked) -> tuple[str, ...]:
    """The groups that were asked for, and those that come with the name."""
    groups = asked.groups
    namespace, _, name = asked.user.removeprefix(_SERVICE_ACCOUNT).partition(":")
    if not groups and asked.user.startswith(_SERVICE_ACCOUNT) and namespace and name:
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
    if asked.user == ANONYMOUS.username:
        return groups if _UNAUTHENTICATED in groups else (*groups, _UNAUTHENTICATED)
    return groups if {AUTHENTICATED, _UNAUTHENTICATED} & set(groups) else (*groups, AUTHENTICATED)
