"""minikube-py why, trace and timeline: pykubectl's verbs, asked of a cluster by its name.

There is one implementation, in `minikube_py/cli/verbs`; this is its second door, for who has just typed minikube-py.
"""

from __future__ import annotations

import subprocess
import sys

import click

from minikube_py.cluster.arguments import existing, name_option, told

_ANY = {"ignore_unknown_options": True, "help_option_names": []}


def _question(verb: str, summary: str) -> click.Command:
    @click.command(verb, context_settings=_ANY, help=f"{summary}.")
    @name_option
    @click.argument("words", nargs=-1, type=click.UNPROCESSED)
    @told
    def ask(name: str, words: tuple[str, ...]) -> None:
        is_help = {"-h", "--help"} & set(words)
        context = [] if is_help else [f"--context={existing(name).name}"]
        sys.exit(subprocess.call([sys.executable, "-m", "minikube_py.cli", verb, *context, *words]))

    return ask


QUESTIONS = (
    _question("why", "Explain what an object waits for, and who acts next"),
    _question("trace", "Follow a packet to a service through the real rules"),
    _question("timeline", "Tell what happened when a deployment was created"),
)
