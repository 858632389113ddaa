"""pykubectl logs.

Kubernetes: kubectl pkg/cmd/logs/logs.go.
"""

import queue
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.connection import Request
from minikube_py.cli.errors import PROGRAM, CommandError, ServerError
from minikube_py.cli.flags import flag
from minikube_py.cli.pod_finding import choose_container, find_pod, log_error, pods_path
from minikube_py.client.yaml_text import Document

_SELECTOR_TAIL = 10


@dataclass(frozen=True)
class LogsFlags:
    """What logs takes."""

    pod_running_timeout: float = flag(20.0, "", "How long to wait until there is a pod.")
    follow: bool = flag(False, "f", "Go on with what is written from now on.")
    previous: bool = flag(False, "p", "The log of the container's previous instance.")
    container: str = flag("", "c", "The container's name.")
    all_containers: bool = flag(False, "", "The logs of all containers of the pod.")
    selector: str = flag("", "l", "The logs of all pods whose labels match.")
    since: float = flag(0.0, "", "Only what is younger than this duration.")
    since_time: str = flag("", "", "Only what is younger than this RFC 3339 time.")
    tail: int = flag(-1, "", "Only this many of the last lines.")
    limit_bytes: int = flag(0, "", "At most this many bytes.")
    timestamps: bool = flag(False, "", "Put the time in front of each line.")
    prefix: bool = flag(False, "", "Put pod and container in front of each line.")
    max_log_requests: int = flag(5, "", "With -f: how many logs may be followed at once.")
    ignore_errors: bool = flag(False, "", "Go on with the next log when one cannot be read.")


def logs(call: Invocation[LogsFlags]) -> None:
    """Print logs."""
    flags = call.flags
    if flags.since and flags.since_time:
        raise CommandError("at most one of `sinceTime` or `sinceSeconds` may be specified")
    sources = list(_sources(call))
    if flags.follow and len(sources) > flags.max_log_requests and len(sources) > 1:
        raise CommandError(
            f"you are attempting to follow {len(sources)} log streams, but maximum allowed concurrency is "
            f"{flags.max_log_requests}, use --max-log-requests to increase the limit"
        )
    sys.stdout.flush()
    if flags.follow and len(sources) > 1:
        _follow_all(call, sources)
        return
    for pod, container in sources:
        try:
            for piece in _pieces(call, pod, container, flags.prefix):
                _print(piece)
        except ServerError as error:
            if not flags.ignore_errors:
                raise
            call.session.warn(str(error))


def _follow_all(call: Invocation[LogsFlags], sources: Sequence[tuple[str, str]]) -> None:
    """Print the lines of all logs as they come, each whole, until every one has ended or one has failed."""
    said: queue.Queue[bytes | CommandError | None] = queue.Queue(maxsize=1000)

    def read(pod: str, container: str) -> None:
        try:
            for line in _pieces(call, pod, container, by_line=True):
                said.put(line)
        except CommandError as error:
            said.put(error)
        finally:
            said.put(None)

    for pod, container in sources:
        threading.Thread(target=read, args=(pod, container), daemon=True).start()
    going = len(sources)
    while going:
        item = said.get()
        if item is None:
            going -= 1
        elif isinstance(item, bytes):
            _print(item)
        elif call.flags.ignore_errors:
            _print(f"error: {item.message}\n".encode())
        else:
            raise item


def log_query(flags: LogsFlags, container: str) -> dict[str, str | int | bool]:
    """Make the query of a log request."""
    tail = _SELECTOR_TAIL if flags.selector and flags.tail == -1 else flags.tail
    return {
        "container": container,
        "follow": flags.follow,
        "previous": flags.previous,
        # Rounded up, as the server counts whole seconds.
        "sinceSeconds": str(int(-(-flags.since // 1))) if flags.since else "",
        "sinceTime": flags.since_time,
        "tailLines": str(tail) if tail >= 0 else "",
        "limitBytes": flags.limit_bytes or "",
        "timestamps": flags.timestamps,
    }


def _sources(call: Invocation[LogsFlags]) -> Iterator[tuple[str, str]]:
    """Find the containers whose logs are meant, as pod and container."""
    flags, session = call.flags, call.session
    pods: list[Document]
    if flags.selector:
        if call.words:
            raise call.usage_error("only a selector (-l) or a POD name is allowed")
        pods = session.connection.get(pods_path(session.namespace), {"labelSelector": flags.selector})["items"] or []
        if not pods:
            session.warn(f"No resources found in {session.namespace} namespace.")
    else:
        pods = [_named_pod(call)]
    for pod in pods:
        name = pod["metadata"]["name"]
        if flags.all_containers:
            spec = pod["spec"]
            for one in [*(spec.get("initContainers") or []), *spec["containers"]]:
                yield name, one["name"]
        else:
            wanted = flags.container or (call.words[1] if len(call.words) == 2 else "")
            yield name, choose_container(session, pod, wanted)


def _named_pod(call: Invocation[LogsFlags]) -> Document:
    if not call.words or len(call.words) > 2:
        raise call.usage_error(
            "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\n"
            "POD or TYPE/NAME is a required argument for the logs command"
        )
    try:
        return find_pod(call.session, call.words[0], call.flags.pod_running_timeout, tells=True)
    except ServerError as error:
        if "/" in call.words[0]:
            raise
        raise log_error(error, call.words[0], call.session.namespace) from error


def _pieces(call: Invocation[LogsFlags], pod: str, container: str, by_line: bool) -> Iterator[bytes]:
    request = Request(
        "GET",
        f"{pods_path(call.session.namespace, pod)}/log",
        log_query(call.flags, container),
        accept="application/json, */*",
    )
    connection = call.session.connection
    prefix = f"[pod/{pod}/{container}] ".encode() if call.flags.prefix else b""
    for piece in connection.lines(request) if by_line else connection.stream(request):
        yield prefix + piece


def _print(piece: bytes) -> None:
    sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


COMMAND = Verb(
    "logs",
    logs,
    LogsFlags,
    summary="Print the logs of a container in a pod",
    usage="logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]",
    examples=f"""
# The last ten lines, then what follows
{PROGRAM} logs -f --tail=10 web-0

# A pod of a deployment, with times
{PROGRAM} logs deployment/web --timestamps
""",
)
