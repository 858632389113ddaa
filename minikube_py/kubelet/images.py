"""Images: makes sure that a container's image is on the node, the way its pull policy says.

The local store first, then the registry; for names that no registry gave but a recipe describes, the image is built
from distribution packages, and an event says so.

Kubernetes: pkg/kubelet/images/image_manager.go, pkg/credentialprovider
Simplified: no verification that a pod may use an image which another one's credentials pulled.
"""

import asyncio
import base64
import binascii
import json
import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minikube_py.api.kinds.core.container import Container
from minikube_py.api.kinds.core.secret import Secret
from minikube_py.errors import MinikubeError
from minikube_py.kubelet.pod_events import PodEvents
from minikube_py.runtime.interface import Credentials, ImagePullFailed, ImageStatus, PullFailure, Runtime, RuntimeFault
from minikube_py.runtime.oci import recipes
from minikube_py.runtime.reference import DEFAULT_REGISTRY, ImageReference, parse_reference

log = logging.getLogger(__name__)


class ImageTrouble(MinikubeError):
    """The image is not to be had; `reason` is what the container's status shows, `is_pull` that time may help."""

    def __init__(self, reason: str, message: str, *, is_pull: bool = False) -> None:
        super().__init__(message)
        self.reason = reason
        self.is_pull = is_pull


@dataclass(frozen=True, slots=True)
class RecipeBook:
    """Where recipes are, and where what was built from them is kept."""

    folder: Path
    cache: Path


class Images:
    """One for a node; pulls of the same image wait for each other."""

    def __init__(self, runtime: Runtime, recipe_book: RecipeBook | None = None) -> None:
        self._runtime = runtime
        self._recipes = recipe_book
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def ensure(self, container: Container, secrets: Iterable[Secret], events: PodEvents) -> ImageStatus:
        """Return the image once it is here. Raises: ImageTrouble."""
        name = container.image
        try:
            reference = parse_reference(name)
        except ImagePullFailed as error:
            events.container(
                container.name, "Warning", "InspectFailed", f'Failed to apply default image tag "{name}": {error}'
            )
            raise ImageTrouble("InvalidImageName", f'Failed to apply default image tag "{name}": {error}') from error
        async with self._locks[str(reference)]:
            present = await self._runtime.image_status(name)
            policy = container.image_pull_policy or default_pull_policy(reference)
            if present is not None and policy != "Always":
                said = f'Container image "{name}" already present on machine and can be accessed by the pod'
                events.container(container.name, "Normal", "Pulled", said)
                return present
            if policy == "Never":
                said = f'Container image "{name}" is not present with pull policy of Never'
                events.container(container.name, "Warning", "ErrImageNeverPull", said)
                raise ImageTrouble("ErrImageNeverPull", said)
            try:
                return await self._pull(container, credentials_for(reference, secrets), events)
            except ImagePullFailed as error:
                substitute = await self._substitute(container, reference, present, error, events)
                if substitute is not None:
                    return substitute
                events.container(container.name, "Warning", "Failed", f'Failed to pull image "{name}": {error}')
                events.container(container.name, "Warning", "Failed", "Error: ErrImagePull")
                raise ImageTrouble("ErrImagePull", str(error), is_pull=True) from error

    async def _pull(self, container: Container, credentials: Credentials | None, events: PodEvents) -> ImageStatus:
        name = container.image
        events.container(container.name, "Normal", "Pulling", f'Pulling image "{name}"')
        began = time.monotonic()
        image = await self._runtime.pull_image(name, credentials)
        took = _duration_text(time.monotonic() - began)
        size = f"Image size: {image.size_bytes} bytes."
        said = f'Successfully pulled image "{name}" in {took} ({took} including waiting). {size}'
        events.container(container.name, "Normal", "Pulled", said)
        return image

    async def _substitute(
        self,
        container: Container,
        reference: ImageReference,
        present: ImageStatus | None,
        error: ImagePullFailed,
        events: PodEvents,
    ) -> ImageStatus | None:
        """The image of a recipe, if there is one for this name: as it was built before, or built now."""
        book, name = self._recipes, container.image
        if book is None or error.kind is PullFailure.INVALID_NAME or reference.registry != DEFAULT_REGISTRY:
            return None
        try:
            recipe = await asyncio.to_thread(recipes.find_recipe, book.folder, reference.repository)
            if recipe is None:
                return None
            if present is not None:
                said = f'No registry has image "{name}"; the one built from recipe {recipe.name} is used'
                events.container(container.name, "Normal", "Pulled", said)
                return present
            log.info("building an image from its recipe", extra={"image": name, "recipe": str(recipe)})
            said = f'No registry has image "{name}" ({error}); it is built from recipe {recipe.name}'
            events.container(container.name, "Normal", "Building", said)
            built = await recipes.build(recipe, book.cache)
            image = await self._runtime.import_image(built.layout, built.tag, name)
        except RuntimeFault as failure:
            events.container(container.name, "Warning", "Failed", f'Failed to build image "{name}": {failure}')
            raise ImageTrouble("ErrImagePull", str(failure), is_pull=True) from failure
        events.container(container.name, "Normal", "Built", f'Image "{name}" built from recipe {recipe.name}')
        return image


def _duration_text(seconds: float) -> str:
    """As Go writes durations: 1.5s, 87ms."""
    return f"{seconds:.3f}".rstrip("0").rstrip(".") + "s" if seconds >= 1 else f"{seconds * 1000:.0f}ms"


def default_pull_policy(reference: ImageReference) -> str:
    """Always for `latest`, else IfNotPresent: what the API server's defaults say too."""
    return "Always" if reference.tag == "latest" and not reference.digest else "IfNotPresent"


def credentials_for(reference: ImageReference, secrets: Iterable[Secret]) -> Credentials | None:
    """The first credentials of the pull secrets that are for the image's registry."""
    for secret in secrets:
        for registry, entry in _entries(secret).items():
            if _registry_host(registry) == reference.registry:
                return _credentials(entry)
    return None


def _entries(secret: Secret) -> Mapping[str, Mapping[str, Any]]:
    """The `auths` of either form of Docker's configuration file; what cannot be read counts as none."""
    try:
        if ".dockerconfigjson" in secret.data:
            document = json.loads(base64.b64decode(secret.data[".dockerconfigjson"]))
            found = document.get("auths", {})
        else:
            found = json.loads(base64.b64decode(secret.data.get(".dockercfg", "e30=")))
        return found if isinstance(found, dict) else {}
    except (ValueError, AttributeError) as error:
        log.warning("unreadable pull secret", extra={"secret": secret.metadata.name, "error": str(error)})
        return {}


def _registry_host(registry: str) -> str:
    host = registry.removeprefix("https://").removeprefix("http://").partition("/")[0]
    return "docker.io" if host in ("index.docker.io", "registry-1.docker.io") else host


def _credentials(entry: Mapping[str, Any]) -> Credentials | None:
    if entry.get("username"):
        return Credentials(str(entry["username"]), str(entry.get("password", "")))
    try:
        username, colon, password = base64.b64decode(str(entry.get("auth", ""))).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return Credentials(username, password) if colon else None
