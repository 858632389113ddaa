"""Keys and certificates of a test's own: an authority, and whom it vouches for."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, as files."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Wanted:
    """What a certificate says."""

    name: str
    groups: tuple[str, ...] = ()
    valid_from: timedelta = -HOUR
    valid_to: timedelta = HOUR
    usage: x509.ObjectIdentifier = ExtendedKeyUsageOID.CLIENT_AUTH
    addresses: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


class Authority:
    def __init__(self, folder: Path, name: str = "test-ca") -> None:
        self._folder = folder / name
        self._folder.mkdir()
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder(self._name, self._name, self._key.public_key(), 1, now - HOUR, now + HOUR)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.file = self._folder / "ca.crt"
        self.file.write_bytes(certificate.public_bytes(Encoding.PEM))

    def issue(self, wanted: Wanted) -> Pair:
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in wanted.groups]
        names.append(x509.NameAttribute(NameOID.COMMON_NAME, wanted.name))
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(
            self._name,
            x509.Name(names),
            key.public_key(),
            x509.random_serial_number(),
            now + wanted.valid_from,
            now + wanted.valid_to,
        ).add_extension(x509.ExtendedKeyUsage([wanted.usage]), critical=False)
        if wanted.addresses or wanted.names:
            found: list[x509.GeneralName] = [
                *(x509.IPAddress(ipaddress.ip_address(address)) for address in wanted.addresses),
                *(x509.DNSName(name) for name in wanted.names),
            ]
            builder = builder.add_extension(x509.SubjectAlternativeName(found), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        stem = self._folder / f"{len(list(self._folder.iterdir()))}"
        pair = Pair(stem.with_suffix(".crt"), stem.with_suffix(".key"))
        pair.certificate.write_bytes(certificate.public_bytes(Encoding.PEM))
        pair.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return pair

    def server(self, *addresses: str) -> Pair:
        return self.issue(Wanted("server", usage=ExtendedKeyUsageOID.SERVER_AUTH, addresses=addresses))

    def context(self, pair: Pair | None = None) -> ssl.SSLContext:
        """A client's context: this authority is believed, the pair is shown."""
        context = ssl.create_default_context(cafile=self.file)
        if pair is not None:
            context.load_cert_chain(pair.certificate, pair.key)
        return context
