"""Keys, certificates and kubeconfigs of a cluster: made once, kept in its folder.

Kubernetes: kubeadm's certs and kubeconfig phases
Simplified: the API server speaks plain HTTP on loopback; the CA is published to pods but signs nothing yet.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from minikube_py.client.kubeconfig import kubeconfig_paths
from minikube_py.client.kubeconfig_edit import editing_kubeconfig
from minikube_py.cluster.config import ClusterConfig

_CA_LIFETIME = timedelta(days=3650)
_MADE = "kubeconfig-made"


def make_material(config: ClusterConfig) -> None:
    """Make what is missing of keys and files; what is there stays."""
    folder = config.folder / "pki"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (folder / "sa.key").exists():
        _write_secret(folder / "sa.key", _pem(ec.generate_private_key(ec.SECP256R1())))
    if not (folder / "ca.crt").exists():
        key = ec.generate_private_key(ec.SECP256R1())
        _write_secret(folder / "ca.key", _pem(key))
        (folder / "ca.crt").write_bytes(_self_signed(key).public_bytes(Encoding.PEM))
    enter_context(config, str(config.folder / "kubeconfig"))


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write_secret(path: Path, data: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(data)


def _self_signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "minikube-py-ca")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + _CA_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )


def enter_context(config: ClusterConfig, explicit: str = "") -> None:
    """Write the cluster's context into a kubeconfig (the user's, unless `explicit`), and make it the current one."""
    if not explicit:
        _remember_what_is_made(config)
    with editing_kubeconfig(explicit) as editor:
        editor.set_entry("clusters", config.name, {"server": config.server})
        editor.set_entry("users", config.name, {})
        editor.set_entry("contexts", config.name, {"cluster": config.name, "user": config.name})
        editor.current_context = config.name


def leave_context(config: ClusterConfig) -> None:
    """Take the cluster's context, cluster and user out of the user's kubeconfig, and nothing else.

    A file that was made for them goes too, if nothing else has come into it.
    """
    made = _made_for(config)
    with editing_kubeconfig() as editor:
        for section in ("contexts", "clusters", "users"):
            editor.remove_entry(section, config.name)
        if editor.current_context == config.name:
            editor.current_context = ""
        for path in made[:1]:
            editor.remove_when_empty(path)
    for folder in made[1:]:
        with contextlib.suppress(OSError):
            folder.rmdir()


def _remember_what_is_made(config: ClusterConfig) -> None:
    """Note the kubeconfig file that is not there yet, and the folders above it."""
    paths = [path.absolute() for path in kubeconfig_paths()]
    if not any(path.exists() for path in paths):
        missing = [paths[-1], *(folder for folder in paths[-1].parents if not folder.exists())]
        (config.folder / _MADE).write_text("".join(f"{path}\n" for path in missing))


def _made_for(config: ClusterConfig) -> list[Path]:
    """That file, then the folders, the innermost first; empty when the file was there before."""
    note = config.folder / _MADE
    return [Path(line) for line in note.read_text().splitlines()] if note.exists() else []
