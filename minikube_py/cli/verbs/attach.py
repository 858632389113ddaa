"""pykubectl attach: what a running container prints from now on, and where it listens, its input.

Kubernetes: kubectl pkg/cmd/attach.
Simplified: no detach keys.
"""

from dataclasses import dataclass

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.connection import Request
from minikube_py.cli.errors import PROGRAM, CommandError
from minikube_py.cli.flags import flag
from minikube_py.cli.pod_finding import choose_container, find_pod, pods_path
from minikube_py.cli.streams import converse, is_terminal_usable, own_streams
from minikube_py.client.yaml_text import Document


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
    phase = (pod.get("status") or {}).get("phase", "")
    if phase in ("Succeeded", "Failed"):
        raise CommandError(f"cannot attach a container in a completed pod; current phase is {phase}")
    container = choose_container(session, pod, flags.container, flags.quiet)
    tty = is_terminal_usable(session, stdin=flags.stdin, tty=flags.tty, quiet=flags.quiet) and _has_terminal(
        call, pod, container
    )
    if not flags.quiet:
        session.warn(
            "All commands and output from this session will be recorded in container logs, including credentials and "
            "sensitive information passed through the command prompt."
        )
        session.warn("If you don't see a command prompt, try pressing enter.")
    query: dict[str, str | bool] = {
        "container": container,
        "stdin": flags.stdin,
        "stdout": True,
        "stderr": not tty,
        "tty": tty,
    }
    path = f"{pods_path(session.namespace, pod['metadata']['name'])}/attach"
    return converse(session, Request("GET", path, query), own_streams(stdin=flags.stdin, tty=tty))


def _has_terminal(call: Invocation[AttachFlags], pod: Document, container: str) -> bool:
    """Whether the container itself has one; otherwise there is none to join."""
    if any(one.get("tty") for one in pod["spec"]["containers"] if one["name"] == container):
        return True
    if not call.flags.quiet:
        call.session.warn(f"error: Unable to use a TTY - container {container} did not allocate one")
    return False


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
