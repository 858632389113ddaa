"""pykubectl rollout status.

Kubernetes: kubectl pkg/polymorphichelpers/rollout_status.go.
Simplified: polls instead of watching, and says a thing once.
"""

import time
from dataclasses import dataclass

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.errors import PROGRAM, CommandError
from minikube_py.cli.flags import flag
from minikube_py.cli.resource_arguments import Target, each, fetch, objects
from minikube_py.cli.verbs.rollout import RolloutSelectionFlags, require, rollout_selection
from minikube_py.client.yaml_text import Document

_POLL_S = 0.25


@dataclass(frozen=True)
class StatusFlags(RolloutSelectionFlags):
    """What rollout status takes."""

    watch: bool = flag(True, "w", "Wait until the rollout is done.")
    revision: int = flag(0, "", "Fail when the deployment is at another revision.")
    timeout: float = flag(0.0, "", "How long to wait; 0 waits as long as it takes.")


def deployment_text(document: Document) -> tuple[str, bool]:
    """Say how far a deployment's rollout is, and whether it is done.

    Raises: CommandError when it has not progressed for too long.
    """
    name = document["metadata"]["name"]
    status = document.get("status") or {}
    if document["metadata"].get("generation", 0) > status.get("observedGeneration", 0):
        return "Waiting for deployment spec update to be observed...", False
    for condition in status.get("conditions") or []:
        if condition.get("type") == "Progressing" and condition.get("reason") == "ProgressDeadlineExceeded":
            raise CommandError(f'deployment "{name}" exceeded its progress deadline')
    wanted = document["spec"].get("replicas", 1)
    total, updated = status.get("replicas", 0), status.get("updatedReplicas", 0)
    available = status.get("availableReplicas", 0)
    if updated < wanted:
        detail = f"{updated} out of {wanted} new replicas have been updated"
    elif total > updated:
        detail = f"{total - updated} old replicas are pending termination"
    elif available < updated:
        detail = f"{available} of {updated} updated replicas are available"
    else:
        return f'deployment "{name}" successfully rolled out', True
    return f'Waiting for deployment "{name}" rollout to finish: {detail}...', False


def daemon_set_text(document: Document) -> tuple[str, bool]:
    """The same of a daemon set. Raises: CommandError when it is not rolled out by itself."""
    _require_rolling(document)
    name, status = document["metadata"]["name"], document.get("status") or {}
    if document["metadata"].get("generation", 0) > status.get("observedGeneration", 0):
        return "Waiting for daemon set spec update to be observed...", False
    wanted, updated = status.get("desiredNumberScheduled", 0), status.get("updatedNumberScheduled", 0)
    available = status.get("numberAvailable", 0)
    if updated < wanted:
        detail = f"{updated} out of {wanted} new pods have been updated"
    elif available < wanted:
        detail = f"{available} of {wanted} updated pods are available"
    else:
        return f'daemon set "{name}" successfully rolled out', True
    return f'Waiting for daemon set "{name}" rollout to finish: {detail}...', False


def stateful_set_text(document: Document) -> tuple[str, bool]:
    """The same of a stateful set. Raises: CommandError when it is not rolled out by itself."""
    _require_rolling(document)
    spec, status = document["spec"], document.get("status") or {}
    observed = status.get("observedGeneration", 0)
    if not observed or document["metadata"].get("generation", 0) > observed:
        return "Waiting for statefulset spec update to be observed...", False
    wanted, ready, updated = spec.get("replicas", 1), status.get("readyReplicas", 0), status.get("updatedReplicas", 0)
    if ready < wanted:
        return f"Waiting for {wanted - ready} pods to be ready...", False
    rolling = spec["updateStrategy"].get("rollingUpdate")
    if rolling is not None:
        share = wanted - rolling.get("partition", 0)
        if updated < share:
            text = f"{updated} out of {share} new pods have been updated"
            return f"Waiting for partitioned roll out to finish: {text}...", False
        return f"partitioned roll out complete: {updated} new pods have been updated...", True
    revision, current = status.get("updateRevision", ""), status.get("currentRevision", "")
    if revision != current:
        return f"waiting for statefulset rolling update to complete {updated} pods at revision {revision}...", False
    return f"statefulset rolling update complete {status.get('currentReplicas', 0)} pods at revision {current}...", True


def _require_rolling(document: Document) -> None:
    if document["spec"]["updateStrategy"].get("type") != "RollingUpdate":
        raise CommandError("rollout status is only available for RollingUpdate strategy type")


_TEXTS = {"deployments": deployment_text, "daemonsets": daemon_set_text, "statefulsets": stateful_set_text}


def status(call: Invocation[StatusFlags]) -> None:
    """Show the progress of each rollout until it is done."""
    each(objects(call.session, rollout_selection(call.words, call.flags)), lambda target: _follow(call, target))


def _follow(call: Invocation[StatusFlags], target: Target) -> None:
    flags = call.flags
    document = require(target, "status")
    deadline = time.monotonic() + flags.timeout if flags.timeout else None
    said = ""
    while True:
        revision = (document["metadata"].get("annotations") or {}).get("deployment.kubernetes.io/revision", "")
        if flags.revision and revision != str(flags.revision):
            raise CommandError(
                f"desired revision ({flags.revision}) is different from the running revision ({revision})"
            )
        text, is_done = _TEXTS[target.resource.plural](document)
        if text != said:
            print(text, flush=True)
            said = text
        if is_done or not flags.watch:
            return
        if deadline is not None and time.monotonic() >= deadline:
            raise CommandError("timed out waiting for the condition")
        time.sleep(_POLL_S)
        document = fetch(call.session, target)


COMMAND = Verb(
    "status",
    status,
    StatusFlags,
    summary="Show how far a rollout is",
    usage="status (TYPE NAME | TYPE/NAME) [--watch=false] [--timeout=DURATION]",
    examples=f"\n# Until web runs what was asked for\n{PROGRAM} rollout status deployment/web --timeout=90s\n",
)
