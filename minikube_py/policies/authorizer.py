"""authorizer: what expressions ask about rights.

    authorizer.group("apps").resource("deployments").namespace("a").check("create").allowed()

Its values are maps: who is asked about and what; `check` puts the question to whoever was named with `answering`.

Kubernetes: staging/src/k8s.io/apiserver/pkg/cel/library/authz.go
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeAlias

from minikube_py.api.kinds.authentication.token_review import UserInfo
from minikube_py.api.kinds.authorization.attributes import (
    FieldSelectorAttributes,
    NonResourceAttributes,
    ResourceAttributes,
)
from minikube_py.policies.request import PolicyRequest

if TYPE_CHECKING:
    from minikube_py.expressions.cel_functions import Function


Right: TypeAlias = ResourceAttributes | NonResourceAttributes
Decide: TypeAlias = Callable[[UserInfo, Right], tuple[bool, str]]
"""Whether a user has a right, and why (not)."""
_DECIDE: ContextVar[Decide] = ContextVar("decide")


@contextmanager
def answering(decide: Decide) -> Iterator[None]:
    """Who answers the questions of expressions that are evaluated inside."""
    token = _DECIDE.set(decide)
    try:
        yield
    finally:
        _DECIDE.reset(token)


def authorizer(request: PolicyRequest) -> dict[str, Any]:
    """The variable: about the request's user, and about the very resource that is written."""
    definition = request.resource.definition
    asked = {
        "group": definition.group,
        "resource": definition.plural,
        "subresource": request.subresource,
        "namespace": request.namespace,
        "name": request.name,
    }
    user = request.user.to_dict()
    return {_USER: user, "requestResource": {_USER: user, **asked}}


_USER = "kubernetes.authorization.user"


def functions() -> Iterator[Function]:
    """Of the variable and of what can be made from it; and that of JSON patches."""
    from cel_expr_python import cel

    anything, text = cel.Type.DYN, cel.Type.STRING
    yield "jsonpatch.escapeKey", [text], False, text, lambda key: key.replace("~", "~0").replace("/", "~1")
    for name in ("path", "group"):
        yield name, [anything, text], True, anything, _adding(name)
    yield "serviceAccount", [anything, text, text], True, anything, _of_account
    for name in ("resource", "subresource", "namespace", "name", "fieldSelector", "labelSelector"):
        yield name, [anything, text], True, anything, _adding(name)
    yield "check", [anything, text], True, anything, _checked
    yield "allowed", [anything], True, cel.Type.BOOL, lambda decision: bool(_asked(decision)["allowed"])
    yield "reason", [anything], True, text, lambda decision: str(_asked(decision)["reason"])
    yield "errored", [anything], True, cel.Type.BOOL, lambda decision: not _asked(decision)
    yield "error", [anything], True, text, lambda _decision: ""


def _adding(name: str) -> Callable[[Any, str], dict[str, Any]]:
    return lambda asked, value: {**_asked(asked), name: value}


def _asked(value: Any) -> Mapping[str, Any]:
    """What a value of ours holds; of others no such function is known. Raises: ValueError."""
    if not isinstance(value, dict) or _USER not in value:
        raise ValueError("no such overload")
    return value


def _of_account(asked: Any, namespace: str, name: str) -> dict[str, Any]:
    _asked(asked)
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
    user = UserInfo(username=f"system:serviceaccount:{namespace}:{name}", groups=groups)
    return {_USER: user.to_dict()}


def _checked(asked: Any, verb: str) -> dict[str, Any]:
    found = _asked(asked)
    right: Right = (
        NonResourceAttributes(path=found["path"], verb=verb) if "path" in found else _on_resource(found, verb)
    )
    allowed, reason = _DECIDE.get()(UserInfo.from_dict(found[_USER]), right)
    return {_USER: found[_USER], "allowed": allowed, "reason": reason}


def _on_resource(asked: Mapping[str, Any], verb: str) -> ResourceAttributes:
    selector = asked.get("fieldSelector")
    named = {name: asked.get(name, "") for name in ("group", "resource", "subresource", "namespace", "name")}
    fields = FieldSelectorAttributes(raw_selector=selector) if selector else None
    return ResourceAttributes(verb=verb, field_selector=fields, **named)
