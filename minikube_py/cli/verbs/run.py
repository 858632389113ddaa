"""pykubectl run: one pod from an image.

Kubernetes: kubectl pkg/cmd/run/run.go.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from minikube_py.cli.attaching import ENDED, join_new_pod, phase_of, wait_for_pod
from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.connection import Request
from minikube_py.cli.discovery import ResourceType
from minikube_py.cli.errors import PROGRAM, CommandError
from minikube_py.cli.flags import flag
from minikube_py.cli.resource_arguments import Target
from minikube_py.cli.verbs.delete import request_deletion, tell_deleted
from minikube_py.cli.writing import Results, WriteFlags, parse_pairs
from minikube_py.client.yaml_text import Document

_PODS = ResourceType("", "v1", "pods", "Pod", is_namespaced=True)
_SERVICES = ResourceType("", "v1", "services", "Service", is_namespaced=True)
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
    privileged: bool = flag(False, "", "Let the container do what the node may.")
    attach: bool = flag(False, "", "Wait until the pod runs and join it; what -i does by itself.")
    stdin: bool = flag(False, "i", "Give the container an input, and join it.")
    tty: bool = flag(False, "t", "Give the container a terminal.")
    leave_stdin_open: bool = flag(False, "", "Keep the container's input open after the first who joins has left.")
    rm: bool = flag(False, "", "Delete the pod after it was joined.")
    pod_running_timeout: float = flag(60.0, "", "How long to wait until the pod runs.")
    quiet: bool = flag(False, "q", "Print only what the container prints.")
    overrides: str = flag("", "", "A patch in JSON for the pod, before it is sent.")
    override_type: str = flag("merge", "", "What --overrides is: merge, json or strategic.")
    expose: bool = flag(False, "", "Create a service for --port of the pod too.")


def run(call: Invocation[RunFlags]) -> int:
    """Create a pod, and join it where that is asked for; returns the exit code of the pod's container, if joined."""
    flags = call.flags
    is_joined = flags.attach if "attach" in call.given else flags.stdin
    _refuse(call, is_joined)
    session = call.session
    results = Results.of(session, flags, "kubectl-run")
    name = call.words[0]
    made = [_create(call, results, _PODS, _with_overrides(call, pod_document(name, flags, call.words[1:])))]
    if flags.expose:
        made.append(_create(call, results, _SERVICES, _service_document(name, flags)))
    if not is_joined:
        for document in made if results.is_client_dry_run else reversed(made):
            results.tell(document, "created")
        return 0
    try:
        return _joined(call, made[0])
    finally:
        if flags.rm:
            target = Target(_PODS, made[0]["metadata"]["namespace"], made[0]["metadata"]["name"])
            request_deletion(session, target, {"propagationPolicy": "Background"}, results)
            tell_deleted(target, results)


def _with_overrides(call: Invocation[RunFlags], pod: Document) -> Document:
    flags = call.flags
    if not flags.overrides:
        return pod
    from minikube_py.cli.overriding import overridden

    changed = overridden(call.session, _PODS, pod, flags.overrides, flags.override_type)
    for container in (changed.get("spec") or {}).get("containers") or ():
        container.setdefault("resources", {})
    return changed


def _refuse(call: Invocation[RunFlags], is_joined: bool) -> None:
    flags = call.flags
    if "image" not in call.given:
        raise CommandError('required flag(s) "image" not set')
    if not call.words or call.dash_at == 0:
        raise call.usage_error("NAME is required for run")
    if not flags.image:
        raise CommandError("--image is required")
    if flags.tty and not flags.stdin:
        raise CommandError("-i/--stdin is required for containers with -t/--tty=true")
    if flags.expose and not flags.port:
        raise CommandError("--port must be set when exposing a service")
    if flags.restart not in _RESTART_POLICIES:
        raise CommandError(f"invalid restart policy: {flags.restart}, valid values are: {', '.join(_RESTART_POLICIES)}")
    if flags.rm and not is_joined:
        raise CommandError("--rm should only be used for attached containers")
    if is_joined and flags.dry_run != "none":
        raise CommandError(
            "--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)"
        )


def _create(call: Invocation[RunFlags], results: Results, resource: ResourceType, document: Document) -> Document:
    session = call.session
    if session.is_namespace_given:
        document["metadata"]["namespace"] = session.namespace
    if results.is_client_dry_run:
        return document
    answer: Document = session.connection.ask(
        Request("POST", resource.path(session.namespace), results.query, document)
    ).json()
    return answer


def _joined(call: Invocation[RunFlags], pod: Document) -> int:
    """Join the pod; where it is not started again, end as its container did.

    Raises: CommandError with the container's exit code.
    """
    flags, session = call.flags, call.session
    join_new_pod(session, pod, flags.pod_running_timeout, stdin=flags.stdin, tty=flags.tty, quiet=flags.quiet)
    if flags.leave_stdin_open or flags.restart == "Always":
        return 0
    namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
    ends = ENDED if flags.restart == "Never" else ("Succeeded",)
    pod = wait_for_pod(session, namespace, name, lambda found: phase_of(found) in ends, flags.pod_running_timeout)
    if phase_of(pod) == "Succeeded":
        return 0
    ended = [one.get("state", {}).get("terminated") or {} for one in pod["status"].get("containerStatuses") or []]
    code = ended[0].get("exitCode", 0) if ended else 0
    if not code:
        raise CommandError(f"pod {namespace}/{name} failed with unknown exit code")
    message = f"pod {namespace}/{name} terminated ({ended[0].get('reason', '')})\n{ended[0].get('message', '')}"
    raise CommandError(message, code)


def _service_document(name: str, flags: RunFlags) -> Document:
    port = _port(flags.port)
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {
            "ports": [{"port": port, "protocol": "TCP", "targetPort": port}],
            "selector": parse_pairs(flags.labels) or {"run": name},
        },
        "status": {"loadBalancer": {}},
    }


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
        container["ports"] = [{"containerPort": _port(flags.port)}]
    if flags.env:
        container["env"] = [_variable(text) for text in flags.env]
    if flags.stdin:
        container["stdin"] = True
        container |= {} if flags.leave_stdin_open else {"stdinOnce": True}
    if flags.tty:
        container["tty"] = True
    if flags.privileged:
        container["securityContext"] = {"privileged": True}
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


def _port(text: str) -> int:
    if not text.isdigit():
        raise CommandError(f'strconv.Atoi: parsing "{text}": invalid syntax')
    return int(text)


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

# A shell in a pod that is gone afterwards
{PROGRAM} run -it --rm box --image=busybox --restart=Never -- sh
""",
)
