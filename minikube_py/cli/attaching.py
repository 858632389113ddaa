"""Joining a running container: attach joins one that is there, run -i the one that it makes.

Kubernetes: kubectl pkg/cmd/attach; pkg/cmd/run (handleAttachPod, waitForPod).
Simplified: polls instead of watching.
"""

import sys
import time
from collections.abc import Callable

from minikube_py.cli.connection import Request
from minikube_py.cli.errors import CommandError
from minikube_py.cli.pod_finding import pods_path
from minikube_py.cli.session import Session
from minikube_py.cli.streams import Terminated, converse, is_terminal_usable, own_streams
from minikube_py.client.yaml_text import Document

_POLL_S = 0.25
ENDED = ("Succeeded", "Failed")


def join_container(session: Session, pod: Document, container: str, *, stdin: bool, tty: bool, quiet: bool) -> int:
    """Be at the container's streams until it ends; returns the exit code 0.

    Raises: CommandError when that is not possible.
    """
    has_terminal = any(one.get("tty") for one in pod["spec"]["containers"] if one["name"] == container)
    if tty and not has_terminal and not quiet:
        session.warn(f"error: Unable to use a TTY - container {container} did not allocate one")
    tty = has_terminal and is_terminal_usable(session, stdin=stdin, tty=stdin, quiet=quiet)
    if not quiet:
        session.warn(
            "All commands and output from this session will be recorded in container logs, including credentials and "
            "sensitive information passed through the command prompt."
        )
        session.warn("If you don't see a command prompt, try pressing enter.")
    query: dict[str, str | bool] = {
        "container": container,
        "stdin": stdin,
        "stdout": True,
        "stderr": not tty,
        "tty": tty,
    }
    metadata = pod["metadata"]
    path = f"{pods_path(metadata['namespace'], metadata['name'])}/attach"
    return converse(session, Request("GET", path, query), own_streams(stdin=stdin, tty=tty))


def join_new_pod(session: Session, pod: Document, wait_s: float, *, stdin: bool, tty: bool, quiet: bool) -> None:
    """Wait until a pod of one container runs, and join it; print the log of one that has ended already.

    Raises: CommandError when it does not run within `wait_s` seconds.
    """
    namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
    pod = wait_for_pod(session, namespace, name, _is_ready_or_ended, wait_s)
    if phase_of(pod) not in ENDED:
        try:
            join_container(session, pod, name, stdin=stdin, tty=tty, quiet=quiet)
            return
        except Terminated:
            return  # what the container ended with is in the pod's status
        except CommandError as error:
            session.warn(f"warning: couldn't attach to pod/{name}, falling back to streaming logs: {error}")
    _print_log(session, namespace, name)


def wait_for_pod(
    session: Session, namespace: str, name: str, is_so: Callable[[Document], bool], wait_s: float
) -> Document:
    """Ask for a pod until it is so.

    Raises: CommandError when that takes longer than `wait_s` seconds.
    """
    deadline = time.monotonic() + wait_s
    while not is_so(pod := session.connection.get(pods_path(namespace, name))):
        if time.monotonic() >= deadline:
            raise CommandError("timed out waiting for the condition")
        time.sleep(_POLL_S)
    found: Document = pod
    return found


def phase_of(pod: Document) -> str:
    """The pod's phase, "" for a pod without a status."""
    return str((pod.get("status") or {}).get("phase") or "")


def _is_ready_or_ended(pod: Document) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or []
    is_ready = any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)
    return phase_of(pod) in ENDED or (phase_of(pod) == "Running" and is_ready)


def _print_log(session: Session, namespace: str, name: str) -> None:
    path = f"{pods_path(namespace, name)}/log"
    sys.stdout.flush()
    for piece in session.connection.stream(Request("GET", path, {"follow": True}, accept="application/json, */*")):
        sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
