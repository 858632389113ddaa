"""pykubectl kustomize: prints what `apply -k` would apply.

Kubernetes: kustomize kubectl-kustomize.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.errors import PROGRAM, CommandError
from minikube_py.cli.flags import flag
from minikube_py.cli.kustomize.build import build
from minikube_py.cli.kustomize.resource import Resource
from minikube_py.client.yaml_text import Document, dump

RESTRICTIONS = ("LoadRestrictionsRootOnly", "LoadRestrictionsNone")


@dataclass(frozen=True, slots=True)
class KustomizeFlags:
    """What kustomize takes."""

    output: str = flag("", "o", "Write to this file, or to files in this folder, instead of standard output.")
    load_restrictor: str = flag(RESTRICTIONS[0], "", f"With {RESTRICTIONS[1]}, files may lie anywhere.")


def kustomize(call: Invocation[KustomizeFlags]) -> None:
    """Build a folder and print the objects."""
    if len(call.words) > 1:
        raise CommandError("specify one path to kustomization.yaml")
    restrictor = call.flags.load_restrictor
    if restrictor not in RESTRICTIONS:
        legal = " ".join(RESTRICTIONS)
        raise CommandError(f"illegal flag value --load-restrictor {restrictor}; legal values: [{legal}]")
    folder = call.words[0] if call.words else "."
    documents = build(folder, call.session.warn, reads_anywhere=restrictor == RESTRICTIONS[1])
    path = Path(call.flags.output)
    if not call.flags.output:
        sys.stdout.write(_text(documents))
    elif path.is_dir():
        several = len({_namespace(document) for document in documents} - {""}) > 1
        for document in documents:
            _write(path / _file_name(document, several), dump(document))
    else:
        _write(path, _text(documents))


def _text(documents: list[Document]) -> str:
    return "---\n".join(map(dump, documents))


def _namespace(document: Document) -> str:
    resource = Resource(document)
    return resource.identity.effective_namespace or ""


def _file_name(document: Document, says_namespace: bool) -> str:
    """GROUP_VERSION_KIND_NAME.yaml, and the namespace in front when there are several."""
    resource = Resource(document)
    kind = resource.kind
    namespace = _namespace(document) if says_namespace else ""
    parts = (namespace, kind.group, kind.version, kind.name, resource.name)
    return f"{'_'.join(filter(None, parts)).lower()}.yaml"


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"open {path}: {(error.strerror or '').lower()}") from error


COMMAND = Verb(
    "kustomize",
    kustomize,
    KustomizeFlags,
    summary="Build a kustomization and print its objects",
    usage="kustomize [DIR]",
    examples=f"""
# What `apply -k overlays/prod` would apply
{PROGRAM} kustomize overlays/prod
""",
)
