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
from minikube_py.client.yaml_text import dump


@dataclass(frozen=True, slots=True)
class KustomizeFlags:
    """What kustomize takes."""

    output: str = flag("", "o", "Write to this file instead of standard output.")


def kustomize(call: Invocation[KustomizeFlags]) -> None:
    """Build a folder and print the objects."""
    if len(call.words) > 1:
        raise CommandError("specify one path to kustomization.yaml")
    documents = build(call.words[0] if call.words else ".", call.session.warn)
    text = "---\n".join(map(dump, documents))
    if call.flags.output:
        _write(call.flags.output, text)
    else:
        sys.stdout.write(text)


def _write(path: str, text: str) -> None:
    try:
        Path(path).write_text(text, encoding="utf-8")
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
