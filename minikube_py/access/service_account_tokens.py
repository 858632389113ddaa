"""Service account tokens: signed statements of who a pod is, made here and believed here.

Kubernetes: pkg/serviceaccount/{jwt,claims}.go
Simplified: one key; a token's pod and account are looked up in the watch cache when it is used.
"""

from __future__ import annotations

import base64
import hashlib
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from minikube_py.api.meta import ObjectMeta
from minikube_py.errors import ConfigError, MinikubeError

ISSUER = "https://kubernetes.default.svc.cluster.local"
_CLAIM = "kubernetes.io"


class TokenRefused(MinikubeError):
    """A token that proves nothing; the text says why and is for logs, not for the client."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a token speaks for."""

    namespace: str
    service_account: str
    service_account_uid: str
    pod: str = ""
    pod_uid: str = ""
    node: str = ""
    node_uid: str = ""
    secret: str = ""
    secret_uid: str = ""
    id: str = ""
    """Of the token itself (JTI)."""
    audiences: tuple[str, ...] = ()
    expires_at: float = 0.0

    @property
    def username(self) -> str:
        return f"system:serviceaccount:{self.namespace}:{self.service_account}"

    @property
    def groups(self) -> tuple[str, ...]:
        return ("system:serviceaccounts", f"system:serviceaccounts:{self.namespace}", "system:authenticated")


class TokenIssuer:
    """Signs and checks tokens with one private key."""

    def __init__(self, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> None:
        self._key = key
        self._algorithm = "RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256"
        encoded = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self._key_id = base64.urlsafe_b64encode(hashlib.sha256(encoded).digest()).rstrip(b"=").decode()

    @classmethod
    def from_file(cls, path: Path) -> TokenIssuer:
        """Raises: ConfigError naming the file."""
        try:
            key = load_pem_private_key(path.read_bytes(), password=None)
        except (OSError, ValueError) as error:
            raise ConfigError(f"--service-account-signing-key-file: cannot use {path}: {error}") from error
        if not isinstance(key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey)):
            raise ConfigError(f"--service-account-signing-key-file: {path} holds neither an RSA nor an EC private key")
        return cls(key)

    def issue(
        self, account: ObjectMeta, bound: Mapping[str, ObjectMeta], audiences: tuple[str, ...], lifetime_s: int
    ) -> str:
        """A token; `bound` has the `pod`, `secret` or `node` that it ends with, and the node that a pod is on."""
        now = int(time.time())
        about: dict[str, Any] = {
            "namespace": account.namespace,
            "serviceaccount": {"name": account.name, "uid": account.uid},
        }
        about |= {what: {"name": metadata.name, "uid": metadata.uid} for what, metadata in bound.items()}
        claims = {
            "iss": ISSUER,
            "sub": f"system:serviceaccount:{account.namespace}:{account.name}",
            "aud": list(audiences),
            "iat": now,
            "nbf": now,
            "exp": now + lifetime_s,
            "jti": str(uuid.uuid4()),
            _CLAIM: about,
        }
        return jwt.encode(claims, self._key, algorithm=self._algorithm, headers={"kid": self._key_id})

    def configuration(self, server: str) -> dict[str, Any]:
        """What OpenID Connect calls the issuer's metadata; `server` is the URL of this server."""
        return {
            "issuer": ISSUER,
            "jwks_uri": f"{server}/openid/v1/jwks",
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [self._algorithm],
        }

    def key_set(self) -> dict[str, Any]:
        """The public key, by which anybody can check a token without asking."""
        key = jwt.get_algorithm_by_name(self._algorithm).to_jwk(self._key.public_key(), as_dict=True)
        key.pop("key_ops", None)
        return {"keys": [{**key, "use": "sig", "kid": self._key_id, "alg": self._algorithm}]}

    def read(self, token: str, audiences: tuple[str, ...]) -> Identity:
        """Whom a token speaks for, if it is ours, in time, and meant for one of `audiences`. Raises: TokenRefused."""
        required = ["exp", "iss", "aud", "sub"]
        try:
            claims = jwt.decode(
                token,
                self._key.public_key(),
                algorithms=[self._algorithm],
                audience=list(audiences),
                issuer=ISSUER,
                options={"require": required},
            )
            about = claims[_CLAIM]
            account = about["serviceaccount"]
            pod, node, secret = (about.get(what, {}) for what in ("pod", "node", "secret"))
            audiences = claims["aud"]
            return Identity(
                namespace=about["namespace"],
                service_account=account["name"],
                service_account_uid=account["uid"],
                pod=pod.get("name", ""),
                pod_uid=pod.get("uid", ""),
                node=node.get("name", ""),
                node_uid=node.get("uid", ""),
                secret=secret.get("name", ""),
                secret_uid=secret.get("uid", ""),
                id=claims.get("jti", ""),
                audiences=(audiences,) if isinstance(audiences, str) else tuple(audiences),
                expires_at=float(claims["exp"]),
            )
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise TokenRefused(f"the token is refused: {error}") from error
