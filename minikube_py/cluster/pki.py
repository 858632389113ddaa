"""Certificates of a cluster: two authorities, and whom they vouch for.

    ca                  the API server, the kubelets' servers, and everybody who is a client of the API server
    kubelet-client-ca   the API server as a client of kubelets, and nobody else: that certificate opens a shell anywhere

Kubernetes: kubeadm's certs phase
Simplified: nothing is renewed, since all of it lives for ten years; kubelets get theirs at `start`, not by a request.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from minikube_py.cluster.config import NODE_GATEWAY, SERVICE_CIDR, ClusterConfig

_LIFETIME = timedelta(days=3650)
_CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate to be made; `FILE.crt` and `FILE.key` are where it is kept."""

    file: str
    name: str
    groups: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    """Addresses and names under which it serves; empty: it is a client's."""


def cluster_identities(config: ClusterConfig) -> tuple[Identity, ...]:
    """Whom the cluster's authority vouches for."""
    names = ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc")
    addresses = ("127.0.0.1", NODE_GATEWAY, str(ipaddress.ip_network(SERVICE_CIDR)[1]))
    hosts = tuple(dict.fromkeys((*names, f"{names[-1]}.cluster.local", *addresses)))
    found = [
        Identity("apiserver", "kube-apiserver", hosts=hosts),
        Identity("admin", "kubernetes-admin", ("system:masters",)),
        Identity("controller-manager", "system:kube-controller-manager"),
        Identity("scheduler", "system:kube-scheduler"),
    ]
    for node in config.nodes:
        user, groups = f"system:node:{node.name}", ("system:nodes",)
        found.append(Identity(node.kubelet, user, groups))
        found.append(Identity(f"{node.kubelet}-server", user, groups, hosts=(node.name,)))
        if config.has_proxies:
            found.append(Identity(node.proxy, "system:kube-proxy", ("system:node-proxier",)))
    return tuple(found)


KUBELET_CLIENT = Identity("apiserver-kubelet-client", "kube-apiserver-kubelet-client")


class Authority:
    """A certificate authority kept in a folder; made when it is not there."""

    def __init__(self, folder: Path, file: str) -> None:
        self._folder = folder
        key_file, certificate_file = folder / f"{file}.key", folder / f"{file}.crt"
        if not certificate_file.exists() or not key_file.exists():
            key = new_key(key_file)
            name = _name(Identity(file, f"minikube-py-{file}"))
            builder = _begun(name, name, key.public_key())
            builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            builder = builder.add_extension(_ca_usage(), critical=True)
            certificate = builder.sign(key, hashes.SHA256())
            certificate_file.write_bytes(certificate.public_bytes(Encoding.PEM))
        read = load_pem_private_key(key_file.read_bytes(), password=None)
        assert isinstance(read, ec.EllipticCurvePrivateKey)
        self._key = read
        self._certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())

    def issue(self, wanted: Identity) -> None:
        """Make the certificate and its key, unless this authority has vouched for the same before."""
        file = self._folder / f"{wanted.file}.crt"
        if file.exists() and self._vouches(x509.load_pem_x509_certificate(file.read_bytes()), wanted):
            return
        key = new_key(self._folder / f"{wanted.file}.key")
        usage = ExtendedKeyUsageOID.SERVER_AUTH if wanted.hosts else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = _begun(_name(wanted), self._certificate.subject, key.public_key())
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if wanted.hosts:
            builder = builder.add_extension(_hosts(wanted), critical=False)
        file.write_bytes(builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))

    def _vouches(self, certificate: x509.Certificate, wanted: Identity) -> bool:
        if certificate.issuer != self._certificate.subject or certificate.subject != _name(wanted):
            return False
        found = [e.value for e in certificate.extensions if isinstance(e.value, x509.SubjectAlternativeName)]
        return found == ([_hosts(wanted)] if wanted.hosts else [])


def new_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """A fresh key, written where only its owner reads it."""
    key = ec.generate_private_key(ec.SECP256R1())
    path.touch(mode=0o600)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key


def _name(identity: Identity) -> x509.Name:
    groups = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in identity.groups]
    return x509.Name([*groups, x509.NameAttribute(NameOID.COMMON_NAME, identity.name)])


def _begun(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    serial = x509.random_serial_number()
    return x509.CertificateBuilder(issuer, subject, key, serial, now - _CLOCK_SKEW, now + _LIFETIME)


def _ca_usage() -> x509.KeyUsage:
    no = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    return x509.KeyUsage(digital_signature=True, key_cert_sign=True, **no)


def _hosts(identity: Identity) -> x509.SubjectAlternativeName:
    found: list[x509.GeneralName] = []
    for host in identity.hosts:
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(host)))
        except ValueError:
            found.append(x509.DNSName(host))
    return x509.SubjectAlternativeName(found)
