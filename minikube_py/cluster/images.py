"""Images of a cluster's nodes: listed, loaded, built and removed from outside, with no registry needed.

An image arrives as a file, from Docker on this machine, from a registry, or from a recipe; skopeo makes an OCI layout
of it, and every node takes that in through its own runtime's store. A kubelet that runs meanwhile sees it at once.

Kubernetes: minikube image load|build|ls|rm, kind load docker-image|image-archive
Simplified: images are built from recipes, not from Dockerfiles.
"""

from __future__ import annotations

import asyncio
import json
import tarfile
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from minikube_py.cluster.config import ClusterConfig
from minikube_py.errors import ConfigError
from minikube_py.runtime.docker.engine import Engine
from minikube_py.runtime.docker.images import DockerImages
from minikube_py.runtime.interface import ImageStatus, RuntimeFault
from minikube_py.runtime.oci import commands, recipes
from minikube_py.runtime.oci.images import ImageStore
from minikube_py.runtime.oci.records import CONTAINERS, ContainerRecord
from minikube_py.runtime.reference import parse_reference

_TAG = "image"


class NodeImages(Protocol):
    """One node's store."""

    async def images(self) -> tuple[ImageStatus, ...]: ...

    async def pull(self, text: str) -> ImageStatus: ...

    async def take(self, layout: Path, tag: str, text: str) -> ImageStatus: ...

    async def find(self, text: str) -> ImageStatus | None: ...

    async def remove(self, text: str) -> None: ...


class _OciNode:
    def __init__(self, data: Path) -> None:
        # Not opened: opening forgets what another process has begun, and here that is a running kubelet's pull.
        self._store = ImageStore(data / "images")
        self._containers = data / "containers"

    async def images(self) -> tuple[ImageStatus, ...]:
        return await asyncio.to_thread(self._store.images)

    async def pull(self, text: str) -> ImageStatus:
        return await self._store.pull(text)

    async def take(self, layout: Path, tag: str, text: str) -> ImageStatus:
        return await self._store.import_layout(layout, tag, text)

    async def find(self, text: str) -> ImageStatus | None:
        return await asyncio.to_thread(self._store.find, text)

    async def remove(self, text: str) -> None:
        image = await self.find(text)
        for container in await asyncio.to_thread(self._records):
            if image is not None and container.image_id == image.id:
                raise RuntimeFault(f"image {text} is in use by container {container.config.name}")
        await self._store.remove(text)

    def _records(self) -> list[ContainerRecord]:
        if not self._containers.is_dir():
            return []
        return [record for _, record in CONTAINERS.read_all(self._containers) if record is not None]


class _DockerNode:
    def __init__(self, engine: Engine) -> None:
        self._images = DockerImages(engine)

    async def images(self) -> tuple[ImageStatus, ...]:
        return await self._images.images()

    async def pull(self, text: str) -> ImageStatus:
        return await self._images.pull(text, None)

    async def take(self, layout: Path, tag: str, text: str) -> ImageStatus:
        return await self._images.load(layout, tag, text)

    async def find(self, text: str) -> ImageStatus | None:
        return await self._images.find(text)

    async def remove(self, text: str) -> None:
        await self._images.remove(text)


@asynccontextmanager
async def node_images(config: ClusterConfig) -> AsyncIterator[tuple[NodeImages, ...]]:
    """The stores of all nodes. Raises: ConfigError where there are none."""
    if config.runtime == "simulated":
        raise ConfigError(f'cluster "{config.name}" simulates its containers: it has no images')
    if config.runtime == "docker":
        engine = Engine()
        await engine.connect()
        try:
            yield (_DockerNode(engine),)
        finally:
            engine.close()
        return
    folders = [config.folder / "nodes" / node.name / "oci" for node in config.local_nodes]
    for folder in folders:
        if not (folder / "images" / "drafts").is_dir():
            raise ConfigError(f'cluster "{config.name}" has no image store yet: minikube-py start --name {config.name}')
    yield tuple(_OciNode(folder) for folder in folders)


@dataclass(frozen=True, slots=True)
class ImageRow:
    """An image as `image ls` shows it."""

    id: str
    repo_tags: tuple[str, ...]
    repo_digests: tuple[str, ...]
    size: int


async def list_images(config: ClusterConfig) -> tuple[ImageRow, ...]:
    """The images of all nodes, each once, by name."""
    rows: dict[str, ImageRow] = {}
    async with node_images(config) as nodes:
        for node in nodes:
            for image in await node.images():
                rows[image.id] = ImageRow(image.id, image.references, image.digests, image.size_bytes)
    return tuple(sorted(rows.values(), key=lambda row: (row.repo_tags, row.id)))


async def remove_image(config: ClusterConfig, name: str) -> None:
    """Raises: RuntimeFault when no node has it, or a container uses it."""
    async with node_images(config) as nodes:
        having = [node for node in nodes if await node.find(name) is not None]
        if not having:
            raise RuntimeFault(f'there is no image "{name}"; see: minikube-py image ls')
        for node in having:
            await node.remove(name)


async def load_image(config: ClusterConfig, source: str) -> tuple[str, ...]:
    """Take in an archive or, where there is no such file, an image by name; returns the names. Raises: RuntimeFault."""
    async with node_images(config) as nodes:
        path = Path(source)
        if await asyncio.to_thread(path.is_file):
            return await _load_archive(nodes, path)
        if source.endswith((".tar", ".tar.gz", ".tgz")):
            raise RuntimeFault(f"there is no file {source}")
        name = str(parse_reference(source))
        with tempfile.TemporaryDirectory(prefix="minikube-py-load-") as folder:
            layout = Path(folder, "layout")
            if config.runtime != "docker" and await _fetch_from_docker(name, layout):
                for node in nodes:
                    await node.take(layout, _TAG, name)
                return (name,)
        for node in nodes:
            await node.pull(name)
        return (name,)


async def build_image(config: ClusterConfig, recipe: str, name: str, recipe_book: Path) -> str:
    """Build a recipe (a folder, or the name of one in the book) for all nodes; returns its name.

    Raises: RuntimeFault.
    """
    folder = find_recipe_folder(recipe, recipe_book)
    async with node_images(config) as nodes:
        built = await recipes.build(folder, config.folder / "recipes")
        full_name = str(parse_reference(name or recipes.read_recipe(folder).image))
        for node in nodes:
            await node.take(built.layout, built.tag, full_name)
    return full_name


def find_recipe_folder(recipe: str, recipe_book: Path) -> Path:
    """Raises: RuntimeFault, which names the recipes that there are."""
    for folder in (Path(recipe), recipe_book / recipe):
        if (folder / "recipe.yaml").is_file():
            return folder
    if (Path(recipe) / "Dockerfile").is_file():
        raise RuntimeFault(
            f"{recipe} has a Dockerfile, and only recipes (recipe.yaml) are built here; "
            "build it with Docker, then: minikube-py image load NAME"
        )
    known = ", ".join(sorted(path.parent.name for path in recipe_book.glob("*/recipe.yaml")))
    raise RuntimeFault(f"{recipe} is no folder with a recipe.yaml, and no recipe of this name is known ({known})")


async def _fetch_from_docker(name: str, layout: Path) -> bool:
    """Copy an image out of Docker on this machine; False where Docker does not run, or has no such image."""
    skopeo = commands.find_program("skopeo", "skopeo")
    argv = [skopeo, "--insecure-policy", "copy", "--quiet", f"docker-daemon:{name}", f"oci:{layout}:{_TAG}"]
    return (await commands.run(argv)).exit_code == 0


async def _load_archive(nodes: tuple[NodeImages, ...], path: Path) -> tuple[str, ...]:
    archive = await asyncio.to_thread(read_archive, path)
    skopeo = commands.find_program("skopeo", "skopeo")
    for number, names in enumerate(archive.images):
        with tempfile.TemporaryDirectory(prefix="minikube-py-load-") as folder:
            layout = Path(folder, "layout")
            which = f":@{number}" if archive.transport == "docker-archive" else f":{archive.selectors[number]}"
            source = f"{archive.transport}:{path}{which}"
            await commands.check([skopeo, "--insecure-policy", "copy", "--quiet", source, f"oci:{layout}:{_TAG}"])
            for node in nodes:
                for name in names:
                    await node.take(layout, _TAG, name)
    return tuple(name for names in archive.images for name in names)


@dataclass(frozen=True, slots=True)
class Archive:
    """What an image archive says of itself."""

    transport: str
    """skopeo's word for the format."""
    images: tuple[tuple[str, ...], ...]
    """The names of each image in it, completed."""
    selectors: tuple[str, ...] = ()
    """With oci-archive: how skopeo tells the images apart."""


def read_archive(path: Path) -> Archive:
    """Recognize `docker save` and OCI archives. Raises: RuntimeFault for other files, and for images with no name."""
    try:
        with tarfile.open(path) as archive:
            members = archive.getnames()
            if "manifest.json" in members:
                rows = _read_json(archive, "manifest.json")
                found = Archive("docker-archive", tuple(_full_names(row.get("RepoTags") or ()) for row in rows))
            elif "index.json" in members:
                rows = _read_json(archive, "index.json")["manifests"]
                labels = tuple(_label(row) for row in rows)
                found = Archive("oci-archive", tuple(_full_names((label,)) for label in labels), labels)
            else:
                raise RuntimeFault(f"{path} is no image archive: it has neither manifest.json nor index.json")
    except (OSError, tarfile.TarError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RuntimeFault(f"{path} is no image archive: {error}") from error
    if not found.images or not all(found.images):
        raise RuntimeFault(f"{path} has an image without a name; save it by name: docker save NAME -o FILE")
    return found


def _read_json(archive: tarfile.TarFile, name: str) -> Any:
    file = archive.extractfile(name)
    if file is None:
        raise ValueError(f"{name} is not a file")
    with file:
        return json.load(file)


def _label(row: dict[str, Any]) -> str:
    return str(row.get("annotations", {}).get("org.opencontainers.image.ref.name", ""))


def _full_names(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(parse_reference(text)) for text in texts if text)
