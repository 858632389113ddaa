"""Client certificates: OpenSSL has checked them when the connection was made; here their subject becomes a user.

A certificate of another authority, or one that is out of date, ends in the handshake already: OpenSSL leaves no room
for an answer, where upstream says 401.

Kubernetes: staging/src/k8s.io/apiserver/pkg/authentication/request/x509/x509.go
"""

from __future__ import annotations

import hashlib
import ssl
from typing import Any

from minikube_py.access.authentication.caller import AUTHENTICATED
from minikube_py.api.kinds.authentication.token_review import UserInfo

CREDENTIAL_ID = "authentication.kubernetes.io/credential-id"
CONNECTION_USER = "connection_user"
"""Where the ASGI scope's state keeps whom the connection's certificate names; absent or None: nobody."""


def certificate_user(tls: ssl.SSLObject) -> UserInfo | None:
    """The user that a connection's verified certificate names: CN is the name, every O a group."""
    certificate, encoded = tls.getpeercert(), tls.getpeercert(binary_form=True)
    if not certificate or not encoded:
        return None
    subject: Any = certificate.get("subject", ())
    pairs = [pair for part in subject for pair in part]
    names = [value for key, value in pairs if key == "commonName"]
    if not names:
        return None
    groups = (value for key, value in pairs if key == "organizationName")
    identity = f"X509SHA256={hashlib.sha256(encoded).hexdigest()}"
    return UserInfo(username=names[-1], groups=(*groups, AUTHENTICATED), extra={CREDENTIAL_ID: (identity,)})
