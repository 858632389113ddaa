"""Fetches images from registries with skopeo and says in few words why one did not come.

Kubernetes: pkg/kubelet/images turns the same failures into ErrImagePull and ImagePullBackOff.
Simplified: a registry on the loopback address is spoken to without TLS, every other one with it; no mirrors.
"""

import base64
import hashlib
import ipaddress
import json
import os
import re
import tempfile
from pathlib import Path

from minikube_py.runtime.interface import Credentials, ImagePullFailed, PullFailure
from minikube_py.runtime.oci import commands
from minikube_py.runtime.reference import ImageReference

_MESSAGE = re.compile(r'level=fatal msg="((?:[^"\\]|\\.)*)"')
_NOT_FOUND = ("manifest unknown", "name unknown", "not found", "repository name not known")
_UNAUTHORIZED = ("unauthorized", "authentication required", "denied", "invalid username/password")


async def fetch(reference: ImageReference, layout: Path, tag: str, credentials: Credentials | None) -> str:
    """Copy an image into a new OCI layout under `tag` and return the digest the registry knows it by.

    Raises: ImagePullFailed.
    """
    with _auth_file(reference.registry, credentials) as auth:
        options = [*_transport_options("", reference.registry), *auth.options("")]
        raw = await _skopeo(reference, "inspect", "--raw", *options, f"docker://{reference}")
        digest = reference.digest or f"sha256:{hashlib.sha256(raw).hexdigest()}"
        options = [*_transport_options("src-", reference.registry), *auth.options("src-")]
        source = f"docker://{reference.name}@{digest}"
        await _skopeo(reference, "copy", "--quiet", *options, source, f"oci:{layout}:{tag}")
    return digest


def classify(stderr: str, reference: str) -> ImagePullFailed:
    """Read skopeo's complaint: the last part is the cause, some words in it decide the kind."""
    found = _MESSAGE.search(stderr)
    text = json.loads(f'"{found.group(1)}"') if found else stderr.strip()
    cause = re.sub(
        r'^(Error parsing image name|initializing source|error copying image[^:]*) "?docker://[^ ]*"?: ', "", text
    )
    lowered = cause.lower()
    if any(word in lowered for word in _UNAUTHORIZED):
        kind = PullFailure.UNAUTHORIZED
    elif any(word in lowered for word in _NOT_FOUND) and "no such host" not in lowered:
        kind = PullFailure.NOT_FOUND
    else:
        kind = PullFailure.UNAVAILABLE
    return ImagePullFailed(reference, kind, f"failed to pull image {reference}: {cause}")


def is_loopback(registry: str) -> bool:
    """Whether the registry is on this machine, where TLS would protect nothing."""
    host = registry.rsplit(":", 1)[0] if ":" in registry.split("]")[-1] else registry
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class _AuthFile:
    """Credentials in a file only we can read: a command line would show them to everybody on the machine."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def __enter__(self) -> "_AuthFile":
        return self

    def __exit__(self, *_: object) -> None:
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def options(self, prefix: str) -> list[str]:
        # Without credentials of ours skopeo must not use those of whoever started us.
        return [f"--{prefix}no-creds"] if self._path is None else [f"--{prefix}authfile", str(self._path)]


def _auth_file(registry: str, credentials: Credentials | None) -> _AuthFile:
    if credentials is None:
        return _AuthFile(None)
    secret = base64.b64encode(f"{credentials.username}:{credentials.password}".encode()).decode()
    descriptor, name = tempfile.mkstemp(prefix="minikube-py-auth-", suffix=".json")
    with os.fdopen(descriptor, "w") as file:
        json.dump({"auths": {registry: {"auth": secret}}}, file)
    return _AuthFile(Path(name))


def _transport_options(prefix: str, registry: str) -> list[str]:
    return [f"--{prefix}tls-verify=false"] if is_loopback(registry) else []


async def _skopeo(reference: ImageReference, *arguments: str) -> bytes:
    program = commands.find_program("skopeo", "skopeo")
    output = await commands.run([program, "--insecure-policy", *arguments])
    if output.exit_code != 0:
        raise classify(output.stderr.decode(errors="replace"), str(reference))
    return output.stdout
