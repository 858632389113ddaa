"""pykubectl drain: closes nodes and evicts their pods, so that controllers make them anew elsewhere.

Kubernetes: kubectl pkg/drain, pkg/cmd/drain.
"""

import time
from dataclasses import dataclass, field

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.errors import PROGRAM, CommandError, PlainError, ServerError
from minikube_py.cli.flags import flag
from minikube_py.cli.resource_arguments import Listing, Target, list_objects
from minikube_py.cli.session import Session
from minikube_py.cli.verbs.delete import Deleted, wait_until_gone
from minikube_py.cli.verbs.nodes import CordonFlags, set_unschedulable
from minikube_py.cli.writing import Results, WriteFlags, server_message
from minikube_py.client.yaml_text import Document

_WEEK_S = 7 * 24 * 3600.0
_REFUSED_AGAIN_S = 5.0
_DAEMON_SETS = "DaemonSet-managed Pods (use --ignore-daemonsets to ignore)"
_LOCAL = "Pods with local storage (use --delete-emptydir-data to override)"
_LOCAL_GO = "deleting Pods with local storage"
_UNMANAGED_GO = "deleting Pods that declare no controller"
_UNMANAGED = "Pods that declare no controller (use --force to override)"


@dataclass(frozen=True)
class DrainFlags(CordonFlags):
    """What drain takes."""

    force: bool = flag(False, "", "Delete pods that no controller makes anew, too.")
    ignore_daemonsets: bool = flag(False, "", "Leave the pods of daemon sets.")
    delete_emptydir_data: bool = flag(False, "", "Go on when pods lose what is in their emptyDir volumes.")
    grace_period: int = flag(-1, "", "Seconds for pods to end; -1 leaves it to the pod.")
    timeout: float = flag(0.0, "", "How long to try; 0 has no end.")
    disable_eviction: bool = flag(False, "", "Delete pods instead of evicting them: disruption budgets do not count.")
    pod_selector: str = flag("", "", "Only pods whose labels match.")


@dataclass(slots=True)
class Sorted:
    """A node's pods: those to remove, and what stands in the way of, or is worth a word about, others."""

    removable: list[Document] = field(default_factory=list)
    fatal: dict[str, list[str]] = field(default_factory=dict)
    warnings: dict[str, list[str]] = field(default_factory=dict)

    def add(self, pod: Document, flags: DrainFlags, has_daemon_set: bool) -> None:
        """Put one pod where it belongs."""
        metadata = pod["metadata"]
        name = f"{metadata['namespace']}/{metadata['name']}"
        if "kubernetes.io/config.mirror" in (metadata.get("annotations") or {}):
            return
        if (pod.get("status") or {}).get("phase", "") not in ("Succeeded", "Failed"):
            if has_daemon_set:
                self._judge(name, flags.ignore_daemonsets, "ignoring DaemonSet-managed Pods", _DAEMON_SETS)
                return
            has_local = any("emptyDir" in volume for volume in pod["spec"].get("volumes") or [])
            if has_local and not self._judge(name, flags.delete_emptydir_data, _LOCAL_GO, _LOCAL):
                return
            is_managed = any(one.get("controller") for one in metadata.get("ownerReferences") or [])
            if not is_managed and not self._judge(name, flags.force, _UNMANAGED_GO, _UNMANAGED):
                return
        self.removable.append(pod)

    def _judge(self, name: str, is_allowed: bool, warning: str, fatal: str) -> bool:
        listed = self.warnings if is_allowed else self.fatal
        listed.setdefault(warning if is_allowed else fatal, []).append(name)
        return is_allowed


def drain(call: Invocation[DrainFlags]) -> None:
    """Close each node and move its pods away; a node that cannot be drained does not stop the others."""
    session = call.session
    results = Results.of(session, WriteFlags(dry_run=call.flags.dry_run), "")
    failures: list[tuple[str, CommandError]] = []
    for node in set_unschedulable(call, unschedulable=True):
        try:
            _empty(call, node.name, results)
        except CommandError as error:
            said = error.message.removeprefix("error: ")
            session.warn(f'error: unable to drain node "{node.name}" due to error: {said}, continuing command...')
            failures.append((node.name, error))
        else:
            results.tell(node.document or {}, "drained")
    if failures:
        session.warn("There are pending nodes to be drained:")
        for name, _ in failures:
            session.warn(f" {name}")
        raise _all_of([error.message for _, error in failures])


def _empty(call: Invocation[DrainFlags], node: str, results: Results) -> None:
    session, flags = call.session, call.flags
    pods = session.discovery.find("pods")
    listing = Listing(pods, "", flags.pod_selector, f"spec.nodeName={node}")
    found = Sorted()
    for target in list_objects(session, listing):
        pod = target.document or {}
        found.add(pod, flags, _has_daemon_set(session, pod))
    if found.fatal:
        raise _all_of([f"cannot delete {why}: {', '.join(names)}" for why, names in sorted(found.fatal.items())])
    if found.warnings:
        said = "; ".join(f"{why}: {', '.join(names)}" for why, names in sorted(found.warnings.items()))
        session.warn(f"Warning: {said}")
    deadline = time.monotonic() + (flags.timeout or _WEEK_S)
    removed: list[Deleted] = []
    for pod in found.removable:
        metadata = pod["metadata"]
        target = Target(pods, metadata["namespace"], metadata["name"], pod)
        print(f"{'deleting' if flags.disable_eviction else 'evicting'} pod {target.namespace}/{target.name}"
              f"{results.suffix}", flush=True)  # fmt: skip
        if not results.is_client_dry_run:
            _remove(call, target, results, deadline)
        removed.append(Deleted(target, metadata.get("uid", "")))
    if results.strategy == "none":
        for one in removed:
            wait_until_gone(session, one, deadline)
            print(f"pod/{one.target.name} {'deleted' if flags.disable_eviction else 'evicted'}", flush=True)


def _remove(call: Invocation[DrainFlags], target: Target, results: Results, deadline: float) -> None:
    """Ask until a disruption budget lets it go.

    Raises: CommandError when the server refuses, or that takes too long.
    """
    flags, session = call.flags, call.session
    options: Document = {"gracePeriodSeconds": flags.grace_period} if flags.grace_period >= 0 else {}
    if results.strategy == "server":
        options["dryRun"] = ["All"]
    while True:
        try:
            if flags.disable_eviction:
                session.connection.send("DELETE", target.path, options)
            else:
                metadata = {"name": target.name, "namespace": target.namespace}
                body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata, "deleteOptions": options}
                session.connection.send("POST", f"{target.path}/eviction", body)
        except ServerError as error:
            if error.is_not_found:
                return
            place = f'error when evicting pods/"{target.name}" -n "{target.namespace}"'
            if error.code != 429:
                raise CommandError(f"{place}: {server_message(error)}") from error
            if time.monotonic() + _REFUSED_AGAIN_S > deadline:
                raise CommandError(f"{place}: global timeout reached: {flags.timeout:g}s") from error
            session.warn(f"{place} (will retry after 5s): {server_message(error)}")
            time.sleep(_REFUSED_AGAIN_S)
        else:
            return


def _has_daemon_set(session: Session, pod: Document) -> bool:
    """Whether the daemon set of a pod is still there; an orphan is an ordinary pod."""
    for owner in pod["metadata"].get("ownerReferences") or []:
        if owner.get("controller") and owner["kind"] == "DaemonSet":
            resource = session.discovery.find("daemonsets.apps")
            try:
                session.connection.get(resource.path(pod["metadata"]["namespace"], owner["name"]))
            except ServerError as error:
                if error.is_not_found:
                    return False
                raise
            return True
    return False


def _all_of(messages: list[str]) -> CommandError:
    """Several causes in one line, as upstream's aggregate writes them."""
    flat = [message.removeprefix("error: ") for message in messages]
    if len(flat) == 1:
        return CommandError(flat[0])
    return CommandError(f"[{', '.join(flat)}]") if flat else PlainError("")


COMMAND = Verb(
    "drain",
    drain,
    DrainFlags,
    summary="Move the pods of a node elsewhere",
    usage="drain NODE [--ignore-daemonsets] [--force] [--delete-emptydir-data]",
    examples=f"""
# Before work on node2
{PROGRAM} drain node2 --ignore-daemonsets

# Afterwards
{PROGRAM} uncordon node2
""",
)
