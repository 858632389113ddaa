"""Volumes: folders of the node that a pod's containers see, made before the first container and kept up to date.

    <root>/pods/<uid>/volumes/<kind>/<name>

Kubernetes: pkg/kubelet/volumemanager, pkg/volume/{emptydir,hostpath}
Simplified: config maps and secrets lie on the node's disk, not in memory; no volumes that are attached or mounted from
elsewhere (claims, CSI, NFS, ...): they are refused by name.
"""

import asyncio
import os
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.volume import EmptyDirVolumeSource, HostPathVolumeSource, Volume
from minikube_py.api.status import ApiError
from minikube_py.errors import MinikubeError
from minikube_py.kubelet.atomic_folder import write_files
from minikube_py.kubelet.downward import PodFacts
from minikube_py.kubelet.references import References
from minikube_py.kubelet.service_account_tokens import ServiceAccountTokens
from minikube_py.kubelet.volume_files import (
    Sources,
    UnsupportedVolume,
    is_made_of_files,
    token_projections,
    volume_files,
)


class VolumeTrouble(MinikubeError):
    """A volume cannot be set up; the text is the event's."""

    def __init__(self, volume: str, cause: str) -> None:
        super().__init__(f'MountVolume.SetUp failed for volume "{volume}" : {cause}')


class Volumes(Protocol):
    """What a pod worker asks of volumes."""

    async def set_up(self, facts: PodFacts, references: References) -> Mapping[str, Path]:
        """Make or refresh all volumes of a pod; the folder or file of each, by name. Raises: VolumeTrouble."""

    async def tear_down(self, pod_uid: str) -> None:
        """Remove what the pod's volumes left; nothing there is nothing to do."""


class FolderVolumes:
    """Volumes on this machine's disk."""

    def __init__(self, root: Path, tokens: ServiceAccountTokens | None) -> None:
        self._root = root
        self._tokens = tokens

    async def set_up(self, facts: PodFacts, references: References) -> Mapping[str, Path]:
        paths = {}
        for volume in facts.pod.spec.volumes:
            try:
                paths[volume.name] = await self._set_up(volume, facts, references)
            except (MinikubeError, OSError) as error:
                raise VolumeTrouble(volume.name, str(error)) from error
        return paths

    async def tear_down(self, pod_uid: str) -> None:
        if self._tokens is not None:
            self._tokens.forget(pod_uid)
        folder = self.pod_folder(pod_uid)
        for mounted in await asyncio.to_thread(lambda: list((folder / "volumes" / "empty-dir").glob("*"))):
            if await asyncio.to_thread(os.path.ismount, mounted):
                await _run("umount", str(mounted))
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    def pod_folder(self, pod_uid: str) -> Path:
        return self._root / "pods" / pod_uid

    async def _set_up(self, volume: Volume, facts: PodFacts, references: References) -> Path:
        if volume.host_path is not None:
            return await asyncio.to_thread(_host_path, volume.host_path)
        group = _fs_group(facts.pod)
        folder = self.pod_folder(facts.pod.metadata.uid) / "volumes"
        if is_made_of_files(volume):
            sources = Sources(facts, references, await self._fetch_tokens(volume, facts.pod))
            path = folder / "files" / volume.name
            await asyncio.to_thread(write_files, path, volume_files(volume, sources), group)
            return path
        empty_dir = volume.empty_dir
        if empty_dir is None and _kind(volume):
            raise UnsupportedVolume(f"volumes of the kind {_kind(volume)} are not supported")
        path = folder / "empty-dir" / volume.name
        await _make_empty_dir(path, empty_dir or EmptyDirVolumeSource(), group)
        return path

    async def _fetch_tokens(self, volume: Volume, pod: Pod) -> dict[str, str]:
        tokens = {}
        for projection in token_projections(volume):
            if self._tokens is None:
                raise UnsupportedVolume("a service account token needs an API server, and this kubelet has none")
            try:
                tokens[projection.path] = await self._tokens.token(pod, projection)
            except ApiError as error:
                raise UnsupportedVolume(f"failed to fetch token: {error}") from error
        return tokens


class SimulatedVolumes:
    """For pods without processes: nothing is written, but what is missing is missed."""

    async def set_up(self, facts: PodFacts, references: References) -> Mapping[str, Path]:
        paths = {}
        for volume in facts.pod.spec.volumes:
            try:
                if is_made_of_files(volume):
                    tokens = {each.path: "" for each in token_projections(volume)}
                    volume_files(volume, Sources(facts, references, tokens))
            except MinikubeError as error:
                raise VolumeTrouble(volume.name, str(error)) from error
            paths[volume.name] = Path("/nonexistent") / volume.name
        return paths

    async def tear_down(self, pod_uid: str) -> None:
        """Nothing was made."""


def _kind(volume: Volume) -> str:
    """The wire name of the source that is set, empty if none is: a volume of no kind is an emptyDir."""
    return next((key for key in volume.to_dict() if key != "name"), "")


def _fs_group(pod: Pod) -> int | None:
    return pod.spec.security_context.fs_group if pod.spec.security_context is not None else None


async def _make_empty_dir(path: Path, source: EmptyDirVolumeSource, group: int | None) -> None:
    if await asyncio.to_thread(path.is_dir):
        return
    await asyncio.to_thread(path.mkdir, parents=True)
    if source.medium == "Memory":
        size = f"size={source.size_limit.units}" if source.size_limit is not None else "size=50%"
        await _run("mount", "-t", "tmpfs", "-o", size, "tmpfs", str(path))
    elif source.medium:
        raise UnsupportedVolume(f'emptyDir medium "{source.medium}" is not supported')
    await asyncio.to_thread(_open_to_all, path, group)


def _open_to_all(path: Path, group: int | None) -> None:
    path.chmod(0o777)
    if group is not None:
        os.chown(path, -1, group)
        path.chmod(0o2777)


async def _run(*argv: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *argv, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, stderr = await process.communicate()
    if process.returncode != 0:
        raise UnsupportedVolume(f"{' '.join(argv)}: {stderr.decode(errors='replace').strip()}")


_MODE_CHECKS = {
    "Directory": (stat.S_ISDIR, "a directory"),
    "File": (stat.S_ISREG, "a file"),
    "Socket": (stat.S_ISSOCK, "a socket file"),
    "CharDevice": (stat.S_ISCHR, "a character device"),
    "BlockDevice": (stat.S_ISBLK, "a block device"),
}


def _host_path(source: HostPathVolumeSource) -> Path:
    path, kind = Path(source.path), source.type or ""
    if kind in ("", "DirectoryOrCreate") and not path.exists():
        path.mkdir(mode=0o755, parents=True)
    elif kind == "FileOrCreate" and not path.exists():
        path.touch(mode=0o644)
    expected = kind.removesuffix("OrCreate")
    if expected in _MODE_CHECKS:
        check, words = _MODE_CHECKS[expected]
        if not path.exists() or not check(path.stat().st_mode):
            raise UnsupportedVolume(f"hostPath type check failed: {path} is not {words}")
    return path
