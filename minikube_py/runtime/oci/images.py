"""The local image store: one folder an image, one small file a name.

    images/store/<config digest>/layout   the image as an OCI layout (what registries, Docker and skopeo understand)
    images/store/<config digest>/rootfs   the same, unpacked once; every container's read-only overlay floor
    images/names/<quoted name>            the config digest the name stands for

An image is made ready in a folder of its own and renamed into place; a name is written last. So a crash at any point
leaves either nothing or the whole image, and two processes may pull at the same time.

Kubernetes: containers/storage under CRI-O, content store and snapshotter in containerd.
Simplified: layers are not shared between images, unpacking is one flat tree an image.
"""

import asyncio
import json
import shutil
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote, unquote

from minikube_py.runtime.interface import Credentials, ImageMissing, ImageStatus, RuntimeFault
from minikube_py.runtime.oci import commands, registry
from minikube_py.runtime.reference import is_image_id, parse_reference

Json: TypeAlias = Any  # a blob of the OCI image format

_TAG = "image"


@dataclass(frozen=True, slots=True)
class StoredImage:
    """What a container needs of an image: its defaults and its unpacked files."""

    status: ImageStatus
    rootfs: Path


class ImageStore:
    """Images under one folder. Only `pull` ever talks to a registry."""

    def __init__(self, folder: Path) -> None:
        self._store = folder / "store"
        self._names = folder / "names"
        self._drafts = folder / "drafts"
        self._known: dict[str, ImageStatus] = {}
        self._unpacking: dict[str, asyncio.Lock] = {}

    def open(self) -> None:
        """Forget what an earlier process began and did not end."""
        for folder in (self._store, self._names):
            folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self._drafts, ignore_errors=True)
        self._drafts.mkdir()

    async def pull(self, text: str, credentials: Credentials | None = None) -> ImageStatus:
        """Fetch from the registry, whatever is here already. Raises: ImagePullFailed."""
        reference = parse_reference(text)
        draft = self._drafts / uuid.uuid4().hex
        await asyncio.to_thread(draft.mkdir)
        try:
            digest = await registry.fetch(reference, draft / "layout", _TAG, credentials)
            names = [f"{reference.name}@{digest}"] + ([] if reference.digest else [str(reference)])
            return await asyncio.to_thread(self._adopt, draft, names)
        finally:
            await asyncio.to_thread(shutil.rmtree, draft, ignore_errors=True)

    async def import_layout(self, layout: Path, tag: str, text: str) -> ImageStatus:
        """Take an image of an OCI layout folder in under a name. Raises: RuntimeFault where there is none."""
        reference = parse_reference(text)
        draft = self._drafts / uuid.uuid4().hex
        await asyncio.to_thread(draft.mkdir)
        skopeo = commands.find_program("skopeo", "skopeo")
        source, target = f"oci:{layout}:{tag}", f"oci:{draft / 'layout'}:{_TAG}"
        try:
            await commands.check([skopeo, "--insecure-policy", "copy", "--quiet", source, target])
            return await asyncio.to_thread(self._adopt, draft, [str(reference)])
        finally:
            await asyncio.to_thread(shutil.rmtree, draft, ignore_errors=True)

    def find(self, text: str) -> ImageStatus | None:
        """Look up a name, `name@digest` or image id. Raises: ImagePullFailed of kind INVALID_NAME."""
        if is_image_id(text):
            image_hex = text.removeprefix("sha256:")
            known = (self._store / image_hex).is_dir()
        else:
            image_hex = self._read_name(str(parse_reference(text)))
            known = bool(image_hex) and (self._store / image_hex).is_dir()
        return self._status(image_hex) if known else None

    def images(self) -> tuple[ImageStatus, ...]:
        return tuple(self._status(path.name) for path in sorted(self._store.iterdir()))

    def layout_of(self, image_id: str) -> tuple[Path, str]:
        """The OCI layout folder and tag of an image, for whoever copies it elsewhere."""
        return self._store / image_id.removeprefix("sha256:") / "layout", _TAG

    async def ready(self, text: str) -> StoredImage:
        """An image with its files unpacked, unpacking them the first time. Raises: ImageMissing."""
        status = self.find(text)
        if status is None:
            raise ImageMissing(f"image {text} is not in the local store; pull it first")
        image_hex = status.id.removeprefix("sha256:")
        rootfs = self._store / image_hex / "rootfs"
        async with self._unpacking.setdefault(image_hex, asyncio.Lock()):
            if not rootfs.is_dir():
                await self._unpack(image_hex, rootfs)
        return StoredImage(status, rootfs)

    async def remove(self, text: str) -> None:
        """Remove an image and all its names; unknown is fine. Whoever calls made sure that no container uses it."""
        status = self.find(text)
        if status is None:
            return
        for name in (*status.references, *status.digests):
            (self._names / quote(name, safe="")).unlink(missing_ok=True)
        image_hex = status.id.removeprefix("sha256:")
        doomed = self._drafts / uuid.uuid4().hex
        (self._store / image_hex).rename(doomed)
        self._known.pop(image_hex, None)
        await asyncio.to_thread(shutil.rmtree, doomed)

    def _adopt(self, draft: Path, names: list[str]) -> ImageStatus:
        config_digest, status = _read_layout(draft / "layout")
        image_hex = config_digest.removeprefix("sha256:")
        try:
            draft.rename(self._store / image_hex)
        except OSError:
            if not (self._store / image_hex).is_dir():
                raise
        for name in names:
            note = self._drafts / uuid.uuid4().hex
            note.write_text(image_hex)
            note.rename(self._names / quote(name, safe=""))
        self._known[image_hex] = status
        return self._status(image_hex)

    async def _unpack(self, image_hex: str, rootfs: Path) -> None:
        umoci = commands.find_program("umoci", "umoci")
        draft = self._drafts / uuid.uuid4().hex
        layout = self._store / image_hex / "layout"
        await commands.check([umoci, "raw", "unpack", "--image", f"{layout}:{_TAG}", str(draft)])
        draft.rename(rootfs)

    def _status(self, image_hex: str) -> ImageStatus:
        if image_hex not in self._known:
            self._known[image_hex] = _read_layout(self._store / image_hex / "layout")[1]
        names = [unquote(path.name) for path in sorted(self._names.iterdir()) if path.read_text() == image_hex]
        references = tuple(name for name in names if "@" not in name)
        return replace(self._known[image_hex], references=references, digests=tuple(set(names) - set(references)))

    def _read_name(self, name: str) -> str:
        try:
            return (self._names / quote(name, safe="")).read_text()
        except FileNotFoundError:
            return ""


def _read_layout(layout: Path) -> tuple[str, ImageStatus]:
    index: Json = json.loads((layout / "index.json").read_text())
    manifest: Json = json.loads(_blob(layout, index["manifests"][0]["digest"]))
    digest: str = manifest["config"]["digest"]
    config: Json = json.loads(_blob(layout, digest)).get("config", {})
    size = sum(layer["size"] for layer in manifest["layers"])
    status = ImageStatus(
        id=digest,
        references=(),
        size_bytes=size,
        user=config.get("User", ""),
        entrypoint=tuple(config.get("Entrypoint") or ()),
        command=tuple(config.get("Cmd") or ()),
        env=tuple(config.get("Env") or ()),
        working_dir=config.get("WorkingDir", ""),
        stop_signal=config.get("StopSignal", ""),
    )
    return digest, status


def _blob(layout: Path, digest: str) -> bytes:
    algorithm, _, value = digest.partition(":")
    try:
        return (layout / "blobs" / algorithm / value).read_bytes()
    except FileNotFoundError as error:
        raise RuntimeFault(f"image in {layout} is incomplete: blob {digest} is missing") from error
