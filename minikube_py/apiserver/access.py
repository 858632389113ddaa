"""Access: who may come in and what they may do, put together from the flags.

Kubernetes: pkg/kubeapiserver/{authenticator,authorizer}/config.go
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from minikube_py.access.audit import AuditLog
from minikube_py.access.authentication.authentication import Authentication
from minikube_py.access.authentication.service_accounts import ServiceAccountTokens
from minikube_py.access.authentication.token_file import TokenFile
from minikube_py.access.authorization.authorizer import AlwaysAllow, Authorizer, Privileged, Union
from minikube_py.access.authorization.node import NodeAuthorizer
from minikube_py.access.authorization.rbac import RbacAuthorizer
from minikube_py.access.service_account_tokens import TokenIssuer
from minikube_py.apiserver.config import ApiServerConfig
from minikube_py.errors import ConfigError
from minikube_py.watchcache.cacher import Cacher


@dataclass(frozen=True, slots=True)
class Access:
    authentication: Authentication
    authorizer: Authorizer
    rbac: RbacAuthorizer | None
    """Where roles count: the one that knows them."""
    audit: AuditLog | None

    @classmethod
    def of(cls, config: ApiServerConfig, cacher: Cacher, issuer: TokenIssuer | None) -> Access:
        """Raises: ConfigError."""
        authentication = Authentication(
            TokenFile.read(config.token_auth_file) if config.token_auth_file else None,
            ServiceAccountTokens(issuer, cacher) if issuer else None,
            is_anonymous_allowed=config.anonymous_auth,
        )
        rbac = RbacAuthorizer(cacher) if "RBAC" in config.authorization_mode else None
        modes: dict[str, Authorizer] = {"AlwaysAllow": AlwaysAllow()}
        if "Node" in config.authorization_mode:
            modes["Node"] = NodeAuthorizer(cacher)
        if rbac is not None:
            modes["RBAC"] = rbac
        authorizer = Union((Privileged(), *(modes[mode] for mode in config.authorization_mode)))
        audit = AuditLog.open(config.audit_log_path) if config.audit_log_path else None
        return cls(authentication, authorizer, rbac, audit)


def kubelet_tls(config: ApiServerConfig) -> ssl.SSLContext | None:
    """How kubelets are known, and what is shown to them; None for plain HTTP. Raises: ConfigError."""
    if config.kubelet_certificate_authority is None:
        return None
    try:
        context = ssl.create_default_context(cafile=config.kubelet_certificate_authority)
        if config.kubelet_client_certificate is not None:
            context.load_cert_chain(config.kubelet_client_certificate, config.kubelet_client_key)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"--kubelet-certificate-authority and its like: cannot be used: {error}") from error
    return context


def server_tls(config: ApiServerConfig) -> ssl.SSLContext | None:
    """How the server proves who it is, and whose client certificates it believes; None for plain HTTP.

    Raises: ConfigError naming the flag.
    """
    if config.tls_cert_file is None or config.tls_private_key_file is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    # No client of Kubernetes resumes a session, and to make two tickets is a fifth of a handshake.
    context.num_tickets = 0
    try:
        context.load_cert_chain(config.tls_cert_file, config.tls_private_key_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"--tls-cert-file, --tls-private-key-file: cannot be used: {error}") from error
    if config.client_ca_file is not None:
        try:
            context.load_verify_locations(config.client_ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"--client-ca-file: cannot use {config.client_ca_file}: {error}") from error
        context.verify_mode = ssl.CERT_OPTIONAL
    return context
