"""The audit log: who did what to which object, and what came of it. A line of JSON a request, two where it goes on.

A line is an Event of `audit.k8s.io/v1` at the level Metadata: never a body, so never a secret. Nor a token: headers are
not written, and what a URL has under a name like a token's is blackened.

Kubernetes: staging/src/k8s.io/apiserver/pkg/audit, pkg/endpoints/filters/audit.go
Simplified: one policy (everything, at the level Metadata) and one backend (a file).
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import parse_qsl, urlencode

import orjson
from starlette.types import Message, Scope, Send

from minikube_py.access import remarks
from minikube_py.access.authorization.authorizer import Action
from minikube_py.api.kinds.authentication.token_review import UserInfo
from minikube_py.api.model import Json
from minikube_py.errors import ConfigError

_BLACKENED = ("token", "access_token", "authorization", "password")
_LONG_RUNNING = ("watch",)
_STARTS = {"http.response.start": "status", "websocket.http.response.start": "status", "websocket.accept": ""}


class AuditLog:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    @classmethod
    def open(cls, path: Path) -> AuditLog:
        """Raises: ConfigError."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            return cls(path.open("ab", buffering=0))
        except OSError as error:
            raise ConfigError(f"--audit-log-path: cannot write {path}: {error.strerror}") from error

    def write(self, event: dict[str, Json]) -> None:
        self._file.write(orjson.dumps(event) + b"\n")

    def close(self) -> None:
        self._file.close()


class Trail:
    """What is noted of one request. `watching` follows its answer; `end` writes the line."""

    def __init__(self, log: AuditLog, scope: Scope, action: Action, version: str) -> None:
        self._log = log
        self._code = 0
        self._action = action
        headers = dict(scope["headers"])
        self._event: dict[str, Json] = {
            "kind": "Event",
            "apiVersion": "audit.k8s.io/v1",
            "level": "Metadata",
            "auditID": str(uuid.uuid4()),
            "stage": "RequestReceived",
            "requestURI": _uri(scope),
            "verb": action.verb,
            "user": {},
            "sourceIPs": [scope["client"][0]] if scope.get("client") else [],
            "userAgent": headers.get(b"user-agent", b"").decode("latin-1"),
            "requestReceivedTimestamp": _now(),
        }
        if not action.path:
            self._event["objectRef"] = _object_ref(action, version)

    def user(self, user: UserInfo) -> None:
        self._event["user"] = _shown(user)

    def impersonated(self, user: UserInfo) -> None:
        self._event["impersonatedUser"] = _shown(user)

    def decided(self, *, allowed: bool, reason: str) -> None:
        self._event["annotations"] = {
            "authorization.k8s.io/decision": "allow" if allowed else "forbid",
            "authorization.k8s.io/reason": reason,
        }

    def watching(self, send: Send) -> Send:
        async def sending(message: Message) -> None:
            status = _STARTS.get(message["type"])
            if status is not None:
                self._code = message[status] if status else 101
                if self._action.verb in _LONG_RUNNING or self._code == 101:
                    self._write("ResponseStarted", self._code)
            await send(message)

        return sending

    def end(self) -> None:
        self._write("ResponseComplete", self._code or 500)

    def _write(self, stage: str, code: int) -> None:
        event = self._event
        if added := remarks.noted():
            event["annotations"] = {**event.get("annotations", {}), **added}
        event |= {"stage": stage, "stageTimestamp": _now()}
        event["responseStatus"] = {"metadata": {}, "code": code}
        self._log.write(event)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def _shown(user: UserInfo) -> Json:
    found: dict[str, Json] = {"username": user.username, "groups": list(user.groups)}
    if user.uid:
        found["uid"] = user.uid
    if user.extra:
        found["extra"] = {key: list(values) for key, values in user.extra.items()}
    return found


def _uri(scope: Scope) -> str:
    path, query = scope["path"], scope["query_string"].decode("latin-1")
    if not query:
        return str(path)
    if any(name in query.lower() for name in _BLACKENED):
        pairs = parse_qsl(query, keep_blank_values=True)
        query = urlencode([(name, "***" if name.lower() in _BLACKENED else value) for name, value in pairs])
    return f"{path}?{query}"


def _object_ref(action: Action, version: str) -> Json:
    reference = {
        "resource": action.resource,
        "namespace": action.namespace,
        "name": action.name,
        "apiGroup": action.group,
        "apiVersion": version,
        "subresource": action.subresource,
    }
    return {key: value for key, value in reference.items() if value}
