"""Images in the engine's own store: pulled by the engine, or loaded from an OCI layout by way of skopeo."""

import contextlib
import io
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path

from minikube_py.runtime.docker.engine import Engine, Json, NotFound
from minikube_py.runtime.docker.translate import PAUSE_IMAGE, image_status
from minikube_py.runtime.interface import (
    Credentials,
    ImagePullFailed,
    ImageStatus,
    PullFailure,
    RuntimeFault,
    RuntimeUnavailable,
)
from minikube_py.runtime.oci import commands, recipes
from minikube_py.runtime.reference import is_image_id, parse_reference

_NOT_FOUND = ("manifest unknown", "not found", "does not exist", "name unknown", "no such image")
_UNAUTHORIZED = (
    "unauthorized",
    "access denied",
    "no basic auth credentials",
    "authentication required",
    "incorrect username",
)
# Ignoring SIGCHLD outlasts exec and makes the kernel reap whatever is orphaned to this process.
_PAUSE_COMMAND = ["/bin/busybox", "sh", "-c", "trap '' CHLD; exec /bin/busybox sleep 2147483647"]


class DockerImages:
    """The image half of the Runtime protocol."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def pull(self, text: str, credentials: Credentials | None) -> ImageStatus:
        """Raises: ImagePullFailed."""
        reference = parse_reference(text)
        auth = {"username": credentials.username, "password": credentials.password} if credentials else {}
        try:
            progress = await self._engine.call(self._pull, reference.name, reference.digest or reference.tag, auth)
        except RuntimeUnavailable:
            raise
        except RuntimeFault as error:
            raise classify(str(error), text) from error
        failure = next((line["error"] for line in progress if "error" in line), None)
        if failure is not None:
            raise classify(failure, text)
        found = await self.find(text)
        if found is None:
            raise ImagePullFailed(text, PullFailure.UNAVAILABLE, f"{text} was pulled and is gone again")
        return found

    async def find(self, text: str) -> ImageStatus | None:
        name = text if is_image_id(text) else str(parse_reference(text))
        try:
            return image_status(await self._engine.call(self._engine.api.inspect_image, name))
        except NotFound:
            return None

    async def images(self) -> tuple[ImageStatus, ...]:
        rows: list[Json] = await self._engine.call(self._engine.api.images)
        found = [await self.find(row["Id"]) for row in rows if PAUSE_IMAGE not in (row["RepoTags"] or ())]
        return tuple(image for image in found if image is not None)

    async def remove(self, text: str) -> None:
        """Unknown is fine. Raises: RuntimeFault while a container uses it."""
        image = await self.find(text)
        if image is None:
            return
        users = await self._engine.call(self._engine.api.containers, all=True, filters={"ancestor": image.id})
        if users:
            raise RuntimeFault(f"image {text} is in use by container {users[0]['Names'][0].lstrip('/')}")
        await self._engine.call(self._engine.api.remove_image, image.id, force=True)

    async def load(self, layout: Path, tag: str, text: str) -> ImageStatus:
        """Take an image of an OCI layout folder in under a name."""
        skopeo = commands.find_program("skopeo", "skopeo")
        name = str(parse_reference(text))
        with tempfile.TemporaryDirectory(prefix="minikube-py-load-") as folder:
            archive = Path(folder, "image.tar")
            argv = [
                skopeo,
                "--insecure-policy",
                "copy",
                "--quiet",
                f"oci:{layout}:{tag}",
                f"docker-archive:{archive}:{name}",
            ]
            await commands.check(argv)
            await self._engine.call(self._load, archive)
        found = await self.find(text)
        if found is None:
            raise RuntimeFault(f"the engine took {text} and does not have it")
        return found

    async def ensure_pause(self) -> None:
        """Make the image of the pause container, out of the machine's own static busybox, unless it is there."""
        try:
            await self._engine.call(self._engine.api.inspect_image, PAUSE_IMAGE)
        except NotFound:
            busybox = Path(commands.find_program("busybox", "busybox-static"))
            await self._engine.call(self._import_pause, busybox)

    async def remove_pause(self) -> None:
        """Remove that image unless another cluster's pods use it."""
        try:
            await self._engine.call(self._engine.api.remove_image, PAUSE_IMAGE)
        except RuntimeFault:
            return  # in use, or gone already

    async def remove_built(self) -> None:
        """Remove the images that were built from recipes, but for those in use: nobody else gave them to the engine."""
        for row in await self._engine.call(self._engine.api.images, filters={"label": recipes.RECIPE_LABEL}):
            with contextlib.suppress(RuntimeFault):
                await self._engine.call(self._engine.api.remove_image, row["Id"])

    def _pull(self, name: str, tag: str, auth: dict[str, str]) -> list[Json]:
        return list(self._engine.api.pull(name, tag=tag, auth_config=auth, stream=True, decode=True))

    def _load(self, archive: Path) -> None:
        with archive.open("rb") as file:
            for _ in self._engine.api.load_image(file):  # type: ignore[no-untyped-call]  # the stubs leave it out
                continue

    def _import_pause(self, busybox: Path) -> None:
        repository, tag = PAUSE_IMAGE.split(":")
        changes = [f"ENTRYPOINT [{', '.join(_quoted(_PAUSE_COMMAND))}]"]
        self._engine.api.import_image_from_data(
            _one_file_archive(busybox), repository=repository, tag=tag, changes=changes
        )


def classify(message: str, reference: str) -> ImagePullFailed:
    """Put the engine's complaint into one of the kinds a caller acts upon."""
    lowered = message.lower()
    if any(word in lowered for word in _UNAUTHORIZED):
        kind = PullFailure.UNAUTHORIZED
    elif any(word in lowered for word in _NOT_FOUND):
        kind = PullFailure.NOT_FOUND
    else:
        kind = PullFailure.UNAVAILABLE
    return ImagePullFailed(reference, kind, f"failed to pull image {reference}: {message}")


def _one_file_archive(program: Path) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(program.resolve(), arcname="bin/busybox")
    return buffer.getvalue()


def _quoted(words: Iterable[str]) -> list[str]:
    return [f'"{word}"' for word in words]
