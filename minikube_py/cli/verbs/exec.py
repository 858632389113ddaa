"""pykubectl exec: a command in a running container.

Kubernetes: kubectl pkg/cmd/exec.
"""

from dataclasses import dataclass

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.connection import Request
from minikube_py.cli.errors import PROGRAM, CommandError
from minikube_py.cli.flags import flag
from minikube_py.cli.pod_finding import choose_container, find_pod, pods_path
from minikube_py.cli.resource_arguments import FilenameFlags, Selection, resolve
from minikube_py.cli.streams import converse, is_terminal_usable, own_streams


@dataclass(frozen=True)
class ExecFlags(FilenameFlags):
    """What exec takes."""

    container: str = flag("", "c", "The container's name.")
    stdin: bool = flag(False, "i", "Pass standard input to the command.")
    tty: bool = flag(False, "t", "Give the command a terminal.")
    pod_running_timeout: float = flag(60.0, "", "How long to wait until there is a pod.")
    quiet: bool = flag(False, "q", "Print only what the command prints.")


def execute(call: Invocation[ExecFlags]) -> int:
    """Run the command and return its exit code."""
    flags, session = call.flags, call.session
    name, command = _split(call)
    if not name:
        raise CommandError("pod, type/name or --filename must be specified")
    if not command:
        raise CommandError("you must specify at least one command for the container")
    pod = find_pod(session, name, flags.pod_running_timeout)
    phase = (pod.get("status") or {}).get("phase", "")
    if phase in ("Succeeded", "Failed"):
        raise CommandError(f"cannot exec into a container in a completed pod; current phase is {phase}")
    container = choose_container(session, pod, flags.container, flags.quiet)
    tty = is_terminal_usable(session, stdin=flags.stdin, tty=flags.tty, quiet=flags.quiet)
    query: dict[str, str | bool | tuple[str, ...]] = {
        "command": command,
        "container": container,
        "stdin": flags.stdin,
        "stderr": not tty,
        "stdout": True,
        "tty": tty,
    }
    path = f"{pods_path(session.namespace, pod['metadata']['name'])}/exec"
    return converse(session, Request("GET", path, query), own_streams(stdin=flags.stdin, tty=tty))


def _split(call: Invocation[ExecFlags]) -> tuple[str, tuple[str, ...]]:
    """Separate the pod from the command, which stands behind --."""
    flags, at = call.flags, call.dash_at
    before = call.words if at is None else call.words[:at]
    if flags.filename:
        (target,) = resolve(call.session, Selection(filenames=flags.filename, recursive=flags.recursive))[:1]
        return f"{target.resource.full_name}/{getattr(target, 'name', '')}", call.words
    if len(before) > 1:
        raise CommandError(
            "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead"
            f"\nSee '{call.command_path} -h' for help and examples"
        )
    return "".join(before), call.words[len(before) :]


COMMAND = Verb(
    "exec",
    execute,
    ExecFlags,
    summary="Run a command in a container",
    usage="exec [-i] [-t] (POD | TYPE/NAME) [-c CONTAINER] -- COMMAND [ARGUMENTS ...]",
    examples=f"""
# The date in a pod
{PROGRAM} exec web-0 -- date

# A shell in a pod of a deployment
{PROGRAM} exec -it deployment/web -- sh

# Standard input to a command
{PROGRAM} exec -i deployment/web -- sh < script.sh
""",
)
