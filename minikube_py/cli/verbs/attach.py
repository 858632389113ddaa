"""pykubectl attach: what a running container prints from now on, and where it listens, its input.

Kubernetes: kubectl pkg/cmd/attach.
Simplified: no detach keys.
"""

from dataclasses import dataclass

from minikube_py.cli.attaching import ENDED, join_container, phase_of
from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.errors import PROGRAM, CommandError
from minikube_py.cli.flags import flag
from minikube_py.cli.pod_finding import choose_container, find_pod


@dataclass(frozen=True)
class AttachFlags:
    """What attach takes."""

    container: str = flag("", "c", "The container's name.")
    stdin: bool = flag(False, "i", "Pass standard input to the container.")
    tty: bool = flag(False, "t", "Standard input is the container's terminal.")
    pod_running_timeout: float = flag(60.0, "", "How long to wait until there is a pod.")
    quiet: bool = flag(False, "q", "Print only what the container prints.")


def attach(call: Invocation[AttachFlags]) -> int:
    """Join the container until it ends."""
    flags, session = call.flags, call.session
    if not call.words:
        raise CommandError("at least 1 argument is required for attach")
    if len(call.words) > 1:
        raise CommandError(
            f"expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw {len(call.words)}: "
            f"[{' '.join(call.words)}]"
        )
    pod = find_pod(session, call.words[0], flags.pod_running_timeout)
    if (phase := phase_of(pod)) in ENDED:
        raise CommandError(f"cannot attach a container in a completed pod; current phase is {phase}")
    container = choose_container(session, pod, flags.container, flags.quiet)
    return join_container(session, pod, container, stdin=flags.stdin, tty=flags.tty, quiet=flags.quiet)


COMMAND = Verb(
    "attach",
    attach,
    AttachFlags,
    summary="Join a running container",
    usage="attach (POD | TYPE/NAME) [-c CONTAINER] [-i] [-t]",
    examples=f"""
# What a pod prints from now on
{PROGRAM} attach web-0
""",
)
