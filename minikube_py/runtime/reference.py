"""Image names: what a person writes, and the full name it stands for.

`nginx` means docker.io/library/nginx:latest; the first part of a name is a registry only if it could not be a folder
(it has a dot or a port, or is `localhost`).

Kubernetes: github.com/distribution/reference, ParseNormalizedNamed.
"""

import re
from dataclasses import dataclass

from minikube_py.runtime.interface import ImagePullFailed, PullFailure

DEFAULT_REGISTRY = "docker.io"

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_REGISTRY = re.compile(r"(?:[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"sha256:[a-f0-9]{64}")


@dataclass(frozen=True, slots=True)
class ImageReference:
    """A full image name: registry, repository and exactly one of tag and digest decides (the digest if both)."""

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def name(self) -> str:
        return f"{self.registry}/{self.repository}"

    def __str__(self) -> str:
        return f"{self.name}@{self.digest}" if self.digest else f"{self.name}:{self.tag}"


def parse_reference(text: str) -> ImageReference:
    """Complete an image name as everybody does. Raises: ImagePullFailed of kind INVALID_NAME."""
    rest, _, digest = text.partition("@")
    head, slash, tail = rest.rpartition("/")
    last, colon, tag = tail.partition(":")
    path = head + slash + last
    registry, _, repository = path.partition("/")
    if not repository or not _looks_like_registry(registry):
        registry, repository = DEFAULT_REGISTRY, path
    if registry in ("docker.io", "index.docker.io"):
        registry = DEFAULT_REGISTRY
        repository = repository if "/" in repository else f"library/{repository}"
    valid = (
        _REPOSITORY.fullmatch(repository)
        and _REGISTRY.fullmatch(registry)
        and (_TAG.fullmatch(tag) if colon else True)
        and (_DIGEST.fullmatch(digest) if "@" in text else True)
    )
    if not valid:
        cause = f"couldn't parse image name {text!r}: invalid reference format"
        raise ImagePullFailed(text, PullFailure.INVALID_NAME, cause)
    return ImageReference(registry, repository, tag or ("" if digest else "latest"), digest)


def is_image_id(text: str) -> bool:
    """Whether this is an image's id (`sha256:` and 64 digits) and not a name."""
    return _DIGEST.fullmatch(text) is not None


def _looks_like_registry(part: str) -> bool:
    return "." in part or ":" in part or part == "localhost"
