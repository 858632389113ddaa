"""Static pods: manifests in a folder, run without asking anybody. Mirror pods show them to the API server.

The folder is looked at every few seconds; a file that cannot be read is one clear log line and changes nothing else:
the pod that it held before goes on running until the file is gone or good again.

Kubernetes: pkg/kubelet/config/{file,common}.go, pkg/kubelet/pod/mirror_client.go
Simplified: no inotify, no manifests from a URL.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from minikube_py.api.decoding import DecodeError
from minikube_py.api.kinds.core.common import Toleration
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.meta import OwnerReference
from minikube_py.api.model import replace
from minikube_py.client.yaml_text import load_documents
from minikube_py.errors import MinikubeError

log = logging.getLogger(__name__)

SOURCE_ANNOTATION = "kubernetes.io/config.source"
HASH_ANNOTATION = "kubernetes.io/config.hash"
MIRROR_ANNOTATION = "kubernetes.io/config.mirror"
SCAN_PERIOD_S = 2.0
_SUFFIXES = (".yaml", ".yml", ".json")


class BadManifest(MinikubeError):
    """A file of the folder that is no pod; the text names the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """One file as it was read last: its stamp, and the pod of the last good reading."""

    stamp: tuple[int, int, int]
    pod: Pod | None


class StaticPods:
    """Follows a folder; tells `changed` the whole set whenever it is different."""

    def __init__(self, folder: Path, node_name: str, changed: Callable[[dict[str, Pod]], None]) -> None:
        self._folder = folder
        self._node_name = node_name
        self._changed = changed
        self._seen: dict[Path, _Seen] = {}
        self._was_scanned = asyncio.Event()

    async def run(self) -> None:
        """Look until cancelled."""
        told: dict[str, Pod] | None = None
        while True:
            pods = await asyncio.to_thread(self._scan)
            if pods != told:
                self._changed(pods)
                told = pods
            self._was_scanned.set()
            await asyncio.sleep(SCAN_PERIOD_S)

    async def scanned(self) -> None:
        """Wait until the folder was read once: before that, no pod can be called an orphan."""
        await self._was_scanned.wait()

    def _scan(self) -> dict[str, Pod]:
        """All pods of the folder by uid; only files that changed are read."""
        if not self._folder.exists():
            return {}
        files = [self._folder] if self._folder.is_file() else sorted(self._folder.iterdir())
        found: dict[Path, _Seen] = {}
        for path in files:
            if path.suffix in _SUFFIXES and not path.name.startswith(".") and path.is_file():
                found[path] = self._look(path)
        self._seen = found
        return {seen.pod.metadata.uid: seen.pod for seen in found.values() if seen.pod is not None}

    def _look(self, path: Path) -> _Seen:
        status = path.stat()
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        before = self._seen.get(path)
        if before is not None and before.stamp == stamp:
            return before
        try:
            return _Seen(stamp, read_manifest(path, self._node_name))
        except BadManifest as error:
            log.error("unusable manifest of a static pod", extra={"file": str(path), "error": str(error)})
            return _Seen(stamp, before.pod if before is not None else None)


def read_manifest(path: Path, node_name: str) -> Pod:
    """The static pod of a file. Raises: BadManifest."""
    try:
        documents = [document for document in load_documents(path.read_text(), str(path)) if document is not None]
        if len(documents) != 1 or not isinstance(documents[0], dict):
            raise BadManifest(f"{path}: expected one pod, found {len(documents)} documents")
        kind = (documents[0].get("apiVersion"), documents[0].get("kind"))
        if kind != ("v1", "Pod"):
            raise BadManifest(f"{path}: expected apiVersion v1, kind Pod, found {kind[0]}, {kind[1]}")
        pod = Pod.from_dict(documents[0])
    except (OSError, UnicodeDecodeError, DecodeError) as error:
        raise BadManifest(f"{path}: {error}") from error
    except BadManifest:
        raise
    except MinikubeError as error:
        raise BadManifest(f"{path}: {error}") from error
    return static_pod(pod, path, node_name)


def static_pod(pod: Pod, path: Path, node_name: str) -> Pod:
    """The pod as it runs: named after its node, its uid a digest of what it says, so that a change is a new pod."""
    metadata = pod.metadata
    if not metadata.name:
        raise BadManifest(f"{path}: metadata.name: Required value")
    text = pod.to_json() + f"{path}{node_name}".encode()
    digest = hashlib.md5(text, usedforsecurity=False).hexdigest()
    named = replace(
        metadata,
        name=f"{metadata.name}-{node_name.lower()}",
        namespace=metadata.namespace or "default",
        uid=metadata.uid or digest,
        annotations={**metadata.annotations, SOURCE_ANNOTATION: "file", HASH_ANNOTATION: digest},
    )
    stays = Toleration(operator="Exists", effect="NoExecute")
    spec = replace(pod.spec, node_name=node_name, tolerations=(*pod.spec.tolerations, stays))
    complete = replace(pod, metadata=named, spec=spec).defaulted()
    errors = [str(error) for error in complete.field_errors(None)]
    if errors:
        raise BadManifest(f"{path}: {'; '.join(errors)}")
    return replace(complete, status=type(pod.status)(phase="Pending"))


def is_mirror(pod: Pod) -> bool:
    return MIRROR_ANNOTATION in pod.metadata.annotations


def mirror_pod(pod: Pod, node_uid: str) -> Pod:
    """What the API server shows of a static pod: owned by the node, marked with the digest it stands for."""
    digest = pod.metadata.annotations[HASH_ANNOTATION]
    name = pod.spec.node_name
    owners = (OwnerReference(api_version="v1", kind="Node", name=name, uid=node_uid, controller=True),)
    metadata = replace(
        pod.metadata,
        uid="",
        annotations={**pod.metadata.annotations, MIRROR_ANNOTATION: digest},
        owner_references=owners if node_uid else (),
    )
    return replace(pod, metadata=metadata)
