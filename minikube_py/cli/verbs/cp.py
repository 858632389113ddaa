"""pykubectl cp: files from and to containers, packed by the program tar in the container.

Kubernetes: kubectl pkg/cmd/cp.
Simplified: --retries is accepted, and a copy that breaks off is not resumed; symbolic links are left out.
"""

import io
import os
import posixpath
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.connection import Request
from minikube_py.cli.errors import PROGRAM, CommandError
from minikube_py.cli.flags import flag
from minikube_py.cli.pod_finding import choose_container, find_pod, pods_path
from minikube_py.cli.streams import Streams, converse, own_streams

_PIECE = 64 * 1024


@dataclass(frozen=True)
class CopyFlags:
    """What cp takes."""

    container: str = flag("", "c", "The container's name.")
    no_preserve: bool = flag(False, "", "Do not keep owners and permissions in the container.")
    retries: int = flag(0, "", "Accepted for kubectl's sake.")


@dataclass(frozen=True, slots=True)
class Place:
    """One end of a copy; without a pod it is on this machine."""

    path: str
    pod: str = ""
    namespace: str = ""


def parse_place(text: str) -> Place:
    """Read [[NAMESPACE/]POD:]PATH.

    Raises: CommandError for a place of none of these forms.
    """
    head, colon, path = text.partition(":")
    if not colon or head.startswith(("/", ".")):
        return Place(text)
    if not head:
        raise CommandError("filespec must match the canonical format: [[namespace/]pod:]file/path")
    parts = head.split("/")
    if len(parts) == 1:
        return Place(path, parts[0])
    if len(parts) == 2:
        return Place(path, parts[1], parts[0])
    raise CommandError("filespec must match the canonical format: [[namespace/]pod:]file/path")


def copy(call: Invocation[CopyFlags]) -> None:
    """Copy one file or folder."""
    if len(call.words) != 2:
        raise CommandError("source and destination are required")
    source, destination = (parse_place(word) for word in call.words)
    if source.pod and destination.pod:
        raise CommandError("one of src or dest must be a local file specification")
    if not source.pod and not destination.pod:
        raise CommandError("one of src or dest must be a remote file specification")
    if not source.path or not destination.path:
        raise CommandError("filepath can not be empty")
    if source.pod:
        _from_pod(call, source, Path(destination.path))
    else:
        _to_pod(call, Path(source.path), destination)


def _run(call: Invocation[CopyFlags], place: Place, command: tuple[str, ...], streams: Streams) -> None:
    session = call.session
    namespace = place.namespace or session.namespace
    pod = session.connection.get(pods_path(namespace, place.pod)) if place.namespace else find_pod(session, place.pod)
    phase = (pod.get("status") or {}).get("phase", "")
    if phase in ("Succeeded", "Failed"):
        raise CommandError(f"cannot exec into a container in a completed pod; current phase is {phase}")
    query: dict[str, str | bool | tuple[str, ...]] = {
        "command": command,
        "container": choose_container(session, pod, call.flags.container),
        "stdin": streams.read is not None,
        "stderr": True,
        "stdout": True,
    }
    converse(session, Request("GET", f"{pods_path(namespace, place.pod)}/exec", query), streams)


def _from_pod(call: Invocation[CopyFlags], source: Place, destination: Path) -> None:
    path = posixpath.normpath(source.path)
    with tempfile.TemporaryFile() as packed:
        # What tar says in the container is said on stdout here, as kubectl does.
        streams = Streams(None, cast(IO[bytes], packed), own_streams(stdin=False, tty=False).out)  # type: ignore[arg-type]
        _run(call, source, ("tar", "cf", "-", path), streams)
        packed.seek(0)
        if destination.is_dir():
            destination = destination / posixpath.basename(path)
        try:
            for line in unpack(packed, path.lstrip("/"), destination):
                call.session.warn(line)
        except tarfile.TarError as error:
            raise CommandError(f"unexpected content from tar in the container: {error}") from error


def unpack(packed: IO[bytes], prefix: str, destination: Path) -> Iterator[str]:
    """Write the members below `prefix` to `destination`; yields a line for each that is left out.

    Raises: CommandError for a member that is not below the prefix; tarfile.TarError.
    """
    root = destination.absolute()
    with tarfile.open(fileobj=packed) as archive:
        for member in archive:
            name = posixpath.normpath(member.name)
            if name != prefix and not name.startswith(f"{prefix.rstrip('/')}/") and prefix not in ("", "."):
                raise CommandError("tar contents corrupted")
            below = posixpath.relpath(name, prefix or ".")
            target = Path(os.path.normpath(root / below))
            if target != root and root not in target.parents:
                yield f'warning: file "{target}" is outside target destination, skipping'
            elif member.isdir():
                target.mkdir(parents=True, exist_ok=True)
            elif member.issym() or member.islnk():
                yield f'warning: skipping symlink: "{target}" -> "{member.linkname}"'
            elif member.isfile():
                _write(archive, member, target)


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    content = archive.extractfile(member)
    assert content is not None  # it is a plain file
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            while piece := content.read(_PIECE):
                file.write(piece)
    except OSError as error:
        raise CommandError(f"open {target}: {(error.strerror or '').lower()}") from error


def _to_pod(call: Invocation[CopyFlags], source: Path, destination: Place) -> None:
    if not source.exists():
        raise CommandError(f"{source} doesn't exist in local filesystem")
    path = destination.path
    if path.endswith("/") or _is_folder_there(call, destination):
        path = posixpath.join(path, source.resolve().name)
    path = posixpath.normpath(path)
    folder, name = posixpath.split(path)
    owner = ("--no-same-permissions", "--no-same-owner") if call.flags.no_preserve else ()
    where = ("-C", folder) if folder else ()
    with tempfile.TemporaryFile() as packed:
        with tarfile.open(fileobj=packed, mode="w") as archive:
            archive.add(source, arcname=name)
        packed.seek(0)
        own = own_streams(stdin=False, tty=False)
        streams = Streams(lambda: packed.read(_PIECE), own.out, own.err)
        _run(call, destination, ("tar", *owner, "-xmf", "-", *where), streams)


def _is_folder_there(call: Invocation[CopyFlags], destination: Place) -> bool:
    """Whether the path is a folder in the container; then the copy goes into it."""
    from minikube_py.cli.streams import Terminated

    try:
        _run(call, destination, ("test", "-d", destination.path), Streams(None, io.BytesIO(), io.BytesIO()))
    except Terminated:
        return False
    return True


COMMAND = Verb(
    "cp",
    copy,
    CopyFlags,
    summary="Copy files from and to containers",
    usage="cp ([NAMESPACE/]POD:PATH LOCAL-PATH | LOCAL-PATH [NAMESPACE/]POD:PATH) [-c CONTAINER]",
    examples=f"""
# A file out of a pod
{PROGRAM} cp web-0:/etc/nginx/nginx.conf nginx.conf

# And back
{PROGRAM} cp nginx.conf web-0:/tmp/nginx.conf
""",
)
