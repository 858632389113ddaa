"""pykubectl run: one pod from an image.

Kubernetes: kubectl pkg/cmd/run/run.go.
Simplified: attaching (-i, -t, --attach, --rm) and --expose are refused by name.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.connection import Request
from minikube_py.cli.errors import PROGRAM, CommandError
from minikube_py.cli.flags import flag
from minikube_py.cli.pod_finding import pods_path
from minikube_py.cli.writing import Results, WriteFlags, parse_pairs
from minikube_py.client.yaml_text import Document

_RESTART_POLICIES = ("Always", "OnFailure", "Never")


@dataclass(frozen=True)
class RunFlags(WriteFlags):
    """What run takes."""

    image: str = flag("", "", "The image to run; required.")
    port: str = flag("", "", "The port that the container listens on.")
    env: tuple[str, ...] = flag((), "", "NAME=VALUE; may be repeated.", split=False)
    labels: str = flag("", "l", "The labels of the pod; by default run=NAME.")
    annotations: tuple[str, ...] = flag((), "", "KEY=VALUE; may be repeated.", split=False)
    restart: str = flag("Always", "", "Always, OnFailure or Never.")
    command: bool = flag(False, "", "Take the words behind -- as command instead of arguments.")
    image_pull_policy: str = flag("", "", "Always, IfNotPresent or Never.")
    attach: bool = flag(False, "", "Refused.")
    stdin: bool = flag(False, "i", "Refused.")
    tty: bool = flag(False, "t", "Refused.")
    rm: bool = flag(False, "", "Refused.")
    expose: bool = flag(False, "", "Refused.")


def run(call: Invocation[RunFlags]) -> None:
    """Create a pod."""
    flags = call.flags
    if "image" not in call.given:
        raise CommandError('required flag(s) "image" not set')
    refused = [name for name in ("attach", "stdin", "tty", "rm", "expose") if getattr(flags, name)]
    if refused:
        raise CommandError(f"run --{refused[0]} is not supported by {PROGRAM} yet; use kubectl")
    if not call.words or call.dash_at == 0:
        raise call.usage_error("NAME is required for run")
    if not flags.image:
        raise CommandError("--image is required")
    if flags.restart not in _RESTART_POLICIES:
        raise CommandError(f"invalid restart policy: {flags.restart}, valid values are: {', '.join(_RESTART_POLICIES)}")
    results = Results.of(call.session, flags, "kubectl-run")
    document = pod_document(call.words[0], flags, call.words[1:])
    session = call.session
    if session.is_namespace_given:
        document["metadata"]["namespace"] = session.namespace
    if not results.is_client_dry_run:
        request = Request("POST", pods_path(session.namespace), results.query, document)
        document = session.connection.ask(request).json()
    results.tell(document, "created")


def pod_document(name: str, flags: RunFlags, words: Sequence[str] = ()) -> Document:
    """Make the pod that runs an image.

    Raises: CommandError for labels or environment that are no pairs.
    """
    container: Document = {"name": name, "image": flags.image, "resources": {}}
    if flags.image_pull_policy:
        container["imagePullPolicy"] = flags.image_pull_policy
    if words:
        container["command" if flags.command else "args"] = list(words)
    if flags.port:
        if not flags.port.isdigit():
            raise CommandError(f'strconv.Atoi: parsing "{flags.port}": invalid syntax')
        container["ports"] = [{"containerPort": int(flags.port)}]
    if flags.env:
        container["env"] = [_variable(text) for text in flags.env]
    metadata: Document = {"labels": parse_pairs(flags.labels) or {"run": name}, "name": name}
    if flags.annotations:
        metadata["annotations"] = parse_pairs(",".join(flags.annotations))
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"containers": [container], "dnsPolicy": "ClusterFirst", "restartPolicy": flags.restart},
        "status": {},
    }


def _variable(text: str) -> Document:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise CommandError(f"invalid env: {text}")
    return {"name": name, "value": value}


COMMAND = Verb(
    "run",
    run,
    RunFlags,
    summary="Run an image in a pod",
    usage="run NAME --image=IMAGE [--env=NAME=VALUE] [--port=PORT] [--restart=POLICY] [-- ARGUMENTS ...]",
    examples=f"""
# A pod that sleeps
{PROGRAM} run sleeper --image=busybox -- sleep 600
""",
)
