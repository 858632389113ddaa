"""Builds the TLS context that a ClientConfig asks for; shared by every client of the API server.

Kubernetes: client-go transport/transport.go.
"""

import ssl
import tempfile
from pathlib import Path

from minikube_py.client.kubeconfig import ClientConfig
from minikube_py.errors import ConfigError


def ssl_context(config: ClientConfig) -> ssl.SSLContext | None:
    """Make the context, or None for a plain http server.

    Raises: ConfigError for certificates or keys that cannot be used.
    """
    if not config.server.startswith("https://"):
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if config.insecure_skip_tls_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    try:
        if config.certificate_authority:
            context.load_verify_locations(cadata=config.certificate_authority)
        elif not config.insecure_skip_tls_verify:
            context.load_default_certs()
        if config.client_certificate:
            _load_client_certificate(context, config)
    except (ssl.SSLError, ValueError) as error:
        raise ConfigError(f"the kubeconfig's certificates cannot be used: {error}") from error
    return context


def _load_client_certificate(context: ssl.SSLContext, config: ClientConfig) -> None:
    """OpenSSL's binding reads key pairs from files only, so they pass through a private one that is gone at once."""
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as pair:
        Path(pair.name).chmod(0o600)
        pair.write(config.client_certificate.rstrip() + "\n" + config.client_key)
        pair.flush()
        context.load_cert_chain(pair.name)
