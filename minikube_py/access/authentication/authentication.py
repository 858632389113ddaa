"""Authentication: who sends a request. The connection's certificate, else a bearer token, else nobody in particular.

A credential that is given and wrong is always refused: nobody becomes anonymous by a typing error.

Kubernetes: staging/src/k8s.io/apiserver/pkg/endpoints/filters/authentication.go, authentication/request
Simplified: no OIDC, no webhook, no front proxy (X-Remote-* headers mean nothing), no bootstrap tokens.
"""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Sequence

from starlette.types import Scope

from minikube_py.access.authentication.caller import ANONYMOUS
from minikube_py.access.authentication.certificates import CONNECTION_USER
from minikube_py.access.authentication.service_accounts import ServiceAccountTokens
from minikube_py.access.authentication.token_file import TokenFile
from minikube_py.access.service_account_tokens import ISSUER, TokenRefused
from minikube_py.api.kinds.authentication.token_review import UserInfo
from minikube_py.api.status import Unauthorized

log = logging.getLogger(__name__)

_MAX_TOKEN_BYTES = 16 * 1024
_WEBSOCKET_TOKEN = "base64url.bearer.authorization.k8s.io."


class Authentication:
    """With neither a token file nor an issuer of tokens, bearer tokens are not looked at."""

    def __init__(
        self,
        token_file: TokenFile | None = None,
        service_accounts: ServiceAccountTokens | None = None,
        *,
        is_anonymous_allowed: bool = True,
    ) -> None:
        self._token_file = token_file
        self._service_accounts = service_accounts
        self._reads_tokens = token_file is not None or service_accounts is not None
        self._is_anonymous_allowed = is_anonymous_allowed

    def authenticate(self, scope: Scope) -> UserInfo:
        """Raises: Unauthorized."""
        user: UserInfo | None = scope["state"].get(CONNECTION_USER)
        if user is not None:
            return user
        if self._reads_tokens:
            token = _bearer_token(scope)
            if token is not None:
                try:
                    return self._find(token)
                except TokenRefused as error:
                    log.info("unable to authenticate the request", extra={"error": str(error)})
                    raise unauthorized() from error
        if not self._is_anonymous_allowed:
            raise unauthorized()
        return ANONYMOUS

    def _find(self, token: str) -> UserInfo:
        """Raises: TokenRefused."""
        found = self._token_file.find(token) if self._token_file is not None else None
        if found is None and self._service_accounts is not None:
            found = self._service_accounts.find(token)
        if found is None:
            raise TokenRefused("invalid bearer token")
        return found

    def review(self, token: str, audiences: Sequence[str]) -> tuple[UserInfo, tuple[str, ...]]:
        """Whose a token is, and for which of the audiences; without any, this server's. Raises: TokenRefused."""
        asked = tuple(audiences) or (ISSUER,)
        found = self._token_file.find(token) if self._token_file is not None and ISSUER in asked else None
        if found is not None:
            return found, (ISSUER,)
        if self._service_accounts is None or token.count(".") != 2:
            raise TokenRefused("invalid bearer token")
        return self._service_accounts.review(token, asked)


def unauthorized() -> Unauthorized:
    return Unauthorized("Unauthorized")


def _bearer_token(scope: Scope) -> str | None:
    """The token that came with the request; None where there is none. Raises: Unauthorized for what is ambiguous."""
    given = [value for name, value in scope["headers"] if name == b"authorization"]
    if len(given) > 1:
        raise unauthorized()
    if not given:
        return _websocket_token(scope) if scope["type"] == "websocket" else None
    scheme, _, token = given[0].partition(b" ")
    token = token.strip()
    if scheme.lower() != b"bearer" or not token:
        return None
    if len(token) > _MAX_TOKEN_BYTES or not token.isascii():
        raise unauthorized()
    return str(token, "ascii")


def _websocket_token(scope: Scope) -> str | None:
    """Browsers cannot send headers with a WebSocket: the token is in an offered subprotocol, and is taken out of it."""
    offered: list[str] = scope.get("subprotocols", [])
    found = [name for name in offered if name.startswith(_WEBSOCKET_TOKEN)]
    if not found:
        return None
    scope["subprotocols"] = [name for name in offered if name not in found]
    encoded = found[0].removeprefix(_WEBSOCKET_TOKEN)
    try:
        return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise unauthorized() from error
