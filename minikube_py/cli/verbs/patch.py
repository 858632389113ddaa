"""pykubectl patch.

Kubernetes: kubectl pkg/cmd/patch/patch.go.
Simplified: no --local.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.connection import JSON_PATCH, MERGE_PATCH, STRATEGIC_MERGE_PATCH
from minikube_py.cli.errors import PROGRAM, CommandError, ServerError
from minikube_py.cli.flags import flag
from minikube_py.cli.resource_arguments import FilenameFlags, Selection, Target, each, objects
from minikube_py.cli.writing import Results, WriteFlags
from minikube_py.client.yaml_text import load_documents
from minikube_py.errors import ConfigError

_UNSUPPORTED = 415
_TYPES = {"json": JSON_PATCH, "merge": MERGE_PATCH, "strategic": STRATEGIC_MERGE_PATCH}


@dataclass(frozen=True)
class PatchFlags(WriteFlags, FilenameFlags):
    """What patch takes."""

    patch: str = flag("", "p", "The patch, JSON or YAML.")
    patch_file: str = flag("", "", "A file with the patch.")
    type: str = flag("strategic", "", "json, merge or strategic.")
    subresource: str = flag("", "", "A subresource to patch: status or scale.")


def patch(call: Invocation[PatchFlags]) -> None:
    """Send a patch for each object."""
    flags = call.flags
    if flags.type not in _TYPES:
        raise CommandError(f'--type must be one of [{" ".join(_TYPES)}], not "{flags.type}"')
    if bool(flags.patch) == bool(flags.patch_file):
        raise CommandError("must specify --patch or --patch-file containing the contents of the patch")
    body = patch_body(flags.patch or _read(flags.patch_file))
    results = Results.of(call.session, flags, "kubectl-patch")
    selection = Selection(call.words, flags.filename, flags.recursive, flags.kustomize)

    def act(target: Target) -> None:
        before = target.document or {}
        if results.is_client_dry_run:
            results.tell(before, "patched")
            return
        path = replace(target, subresource=flags.subresource).path
        try:
            after = call.session.connection.send("PATCH", path, body, results.query, _TYPES[flags.type])
        except ServerError as error:
            if error.code != _UNSUPPORTED:
                raise
            kind = f"{before.get('apiVersion')}, Kind={before.get('kind')}"
            raise CommandError(f"{_TYPES[flags.type]} is not supported by {kind}: {error.said}") from error
        results.tell(after, "patched (no change)" if after == before else "patched")

    each(objects(call.session, selection), act)


def patch_body(text: str) -> bytes:
    """Turn YAML into JSON; what is neither goes to the server as it is, which says what is wrong with it."""
    try:
        json.loads(text)
    except ValueError:
        try:
            documents = list(load_documents(text, "patch"))
        except ConfigError:
            return text.encode()
        return json.dumps(documents[0]).encode() if documents else text.encode()
    return text.encode()


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"unable to read patch file: open {path}: {(error.strerror or '').lower()}") from error


COMMAND = Verb(
    "patch",
    patch,
    PatchFlags,
    summary="Change fields of objects with a patch",
    usage="patch (-f FILENAME | TYPE NAME) (-p PATCH | --patch-file FILE) [--type=json|merge|strategic]",
    examples=f"""
# Two replicas
{PROGRAM} patch deployment web -p '{{"spec":{{"replicas":2}}}}'
""",
)
