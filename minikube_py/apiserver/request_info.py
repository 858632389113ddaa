"""RequestInfo: what a path means, worked out once and used by everybody after.

    /apis/apps/v1/namespaces/default/deployments/web/scale
           group version       namespace    plural  name subresource

Kubernetes: staging/src/k8s.io/apiserver/pkg/endpoints/request/requestinfo.go
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.types import Scope

from minikube_py.access.authorization.authorizer import Action


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """A path of the resource API, split. `rest` is what follows the subresource (proxy paths)."""

    group: str
    version: str
    plural: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    rest: str = ""
    watches: bool = False
    """The deprecated `/watch/` prefix was used."""


def parse_path(path: str) -> RequestInfo | None:
    """The address that a path stands for; None when it is not below `/api/VERSION/` or `/apis/GROUP/VERSION/`.

    `/api/v1/namespaces/x` is the namespace object x, and so are its subresources status and finalize; anything else
    below it is inside the namespace.
    """
    parts = path.strip("/").split("/")
    if parts[0] == "api" and len(parts) >= 3:
        group, version, parts = "", parts[1], parts[2:]
    elif parts[0] == "apis" and len(parts) >= 4:
        group, version, parts = parts[1], parts[2], parts[3:]
    else:
        return None
    watches = parts[0] == "watch" and len(parts) > 1
    if watches:
        parts = parts[1:]
    namespace = ""
    if parts[0] == "namespaces" and len(parts) >= 3 and parts[2] not in ("status", "finalize"):
        namespace, parts = parts[1], parts[2:]
    plural, name, subresource = (*parts, "", "")[:3] if len(parts) < 3 else parts[:3]
    return RequestInfo(group, version, plural, namespace, name, subresource, "/".join(parts[3:]), watches)


_ON_OBJECT = {"GET": "get", "HEAD": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_ON_COLLECTION = {**_ON_OBJECT, "GET": "list", "HEAD": "list", "DELETE": "deletecollection"}
_STREAMS = ("exec", "attach", "portforward")


def requested_action(info: RequestInfo | None, scope: Scope) -> Action:
    """What a request asks to do, in the words of authorization.

    To open a WebSocket into a pod is to create something, although it is a GET.
    """
    method = scope.get("method", "GET")
    if info is None:
        return Action(method.lower(), path=scope["path"])
    verb = (_ON_OBJECT if info.name else _ON_COLLECTION).get(method, method.lower())
    name, selector, query = info.name, "", scope["query_string"]
    if scope["type"] == "websocket" and info.subresource in _STREAMS:
        verb = "create"
    elif verb in ("list", "get") and (info.watches or b"watch=" in query) and not info.subresource:
        asked = parse_qs(query.decode("latin-1"), keep_blank_values=True).get("watch", ["true"])[-1]
        if info.watches or asked.lower() not in ("false", "0"):
            verb = "watch"
    if verb in ("list", "watch", "deletecollection") and b"fieldSelector=" in query:
        selector = parse_qs(query.decode("latin-1")).get("fieldSelector", [""])[-1]
        name = name or _selected_name(selector)
    is_namespace = (info.group, info.plural) == ("", "namespaces")
    namespace = info.name if is_namespace else info.namespace
    return Action(verb, info.group, info.plural, info.subresource, namespace, name, selector)


def _selected_name(selector: str) -> str:
    """The one object that a field selector leaves."""
    for requirement in selector.split(","):
        field, _, value = requirement.replace("==", "=").partition("=")
        if field == "metadata.name" and "!" not in field:
            return value
    return ""
