"""Service account tokens as credentials: a good signature, and an account and a pod that are still there.

What a signature says is remembered; whether account and pod still exist is looked up in the watch cache every time, so
a token is void as soon as one of them is gone, also when another of the same name has come.

Kubernetes: pkg/serviceaccount/{jwt,claims}.go
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import orjson

from minikube_py.access.authentication.certificates import CREDENTIAL_ID
from minikube_py.access.service_account_tokens import ISSUER, Identity, TokenIssuer, TokenRefused
from minikube_py.api.kinds.authentication.token_review import UserInfo
from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.secret import Secret
from minikube_py.api.kinds.core.service_account import ServiceAccount
from minikube_py.api.resource import Resource
from minikube_py.watchcache.cacher import Cacher

_REMEMBERED = 4096


class ServiceAccountTokens:
    def __init__(self, issuer: TokenIssuer, cacher: Cacher) -> None:
        self._issuer = issuer
        self._cacher = cacher
        self._known: dict[str, tuple[Identity, UserInfo]] = {}
        self._uids: dict[str, tuple[int, str]] = {}

    def find(self, token: str) -> UserInfo | None:
        """Whom the token speaks for to this server; None for what is no token of ours. Raises: TokenRefused."""
        if token.count(".") != 2:
            return None
        known = self._known.get(token)
        if known is None:
            identity = self._issuer.read(token, (ISSUER,))
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[token] = (identity, _user(identity))
        identity, user = known
        if time.time() >= identity.expires_at:
            raise TokenRefused("the token has expired")
        self._check(identity)
        return user

    def review(self, token: str, audiences: Sequence[str]) -> tuple[UserInfo, tuple[str, ...]]:
        """The user, and those of `audiences` that the token is for. Raises: TokenRefused."""
        identity = self._issuer.read(token, tuple(audiences))
        self._check(identity)
        return _user(identity), tuple(audience for audience in audiences if audience in identity.audiences)

    def _check(self, identity: Identity) -> None:
        """Raises: TokenRefused when the account or what the token is bound to is gone, or another by now."""
        pairs: list[tuple[type[Resource], str, str]] = [
            (ServiceAccount, identity.service_account, identity.service_account_uid)
        ]
        if identity.pod:
            pairs.append((Pod, identity.pod, identity.pod_uid))
        elif identity.node:
            pairs.append((Node, identity.node, identity.node_uid))
        if identity.secret:
            pairs.append((Secret, identity.secret, identity.secret_uid))
        for kind, name, uid in pairs:
            if self._uid(kind, identity.namespace, name) != uid:
                raise TokenRefused(f"{kind.definition.singular} {identity.namespace}/{name} with uid {uid} is gone")

    def _uid(self, kind: type[Resource], namespace: str, name: str) -> str:
        """The uid of an object in the cache, read from its text once a version; empty where there is none."""
        key = kind.definition.key(namespace, name)
        item = self._cacher.of(kind).get(key)
        if item is None:
            self._uids.pop(key, None)
            return ""
        revision, uid = self._uids.get(key, (0, ""))
        if revision != item.revision:
            uid = orjson.loads(item.data)["metadata"]["uid"]
            self._uids[key] = (item.revision, uid)
        return uid


def _user(identity: Identity) -> UserInfo:
    extra = {
        CREDENTIAL_ID: f"JTI={identity.id}" if identity.id else "",
        "authentication.kubernetes.io/pod-name": identity.pod,
        "authentication.kubernetes.io/pod-uid": identity.pod_uid,
        "authentication.kubernetes.io/node-name": identity.node,
        "authentication.kubernetes.io/node-uid": identity.node_uid,
    }
    return UserInfo(
        username=identity.username,
        uid=identity.service_account_uid,
        groups=identity.groups,
        extra={key: (value,) for key, value in extra.items() if value},
    )
