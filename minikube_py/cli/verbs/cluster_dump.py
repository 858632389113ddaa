"""pykubectl cluster-info dump: nodes, workloads, events and logs, to be looked through elsewhere.

Kubernetes: kubectl pkg/cmd/clusterinfo/clusterinfo_dump.go
Simplified: fields are sorted, kubectl writes built-in kinds in the order of their definition.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from minikube_py.cli.command import Invocation, Verb
from minikube_py.cli.connection import Request
from minikube_py.cli.errors import CommandError, ServerError
from minikube_py.cli.flags import flag
from minikube_py.cli.output import (
    OBJECT_FORMATS,
    OutputFlags,
    make_printer,
    parse_format,
)
from minikube_py.cli.pod_finding import pods_path
from minikube_py.client.yaml_text import Document

_LISTS = (
    ("api/v1", "events", "events"),
    ("api/v1", "replicationcontrollers", "replication-controllers"),
    ("api/v1", "services", "services"),
    ("apis/apps/v1", "daemonsets", "daemonsets"),
    ("apis/apps/v1", "deployments", "deployments"),
    ("apis/apps/v1", "replicasets", "replicasets"),
    ("api/v1", "pods", "pods"),
)
"""Where each list is asked for, its plural, and the name of its file; pods last, because their logs follow."""


@dataclass(frozen=True)
class DumpFlags(OutputFlags):
    """What cluster-info dump takes."""

    output: str = flag("json", "o", f"How lists are written; one of: {OBJECT_FORMATS}.")
    output_directory: str = flag("", "", "A folder for files; empty or - is standard output.")
    namespaces: tuple[str, ...] = flag((), "", "Namespaces to dump; by default kube-system and the current one.")
    all_namespaces: bool = flag(False, "A", "Dump all namespaces.")
    pod_running_timeout: float = flag(20.0, "", "Accepted for kubectl's sake: nothing is waited for.")


class _Dump:
    """Where things are written, and how."""

    def __init__(self, call: Invocation[DumpFlags]) -> None:
        flags = call.flags
        chosen = parse_format(flags.output, flags.template, OBJECT_FORMATS)
        self.call = call
        self.is_name = chosen.name == "name"
        self.suffix = f".{chosen.name}" if chosen.name in ("json", "yaml") else ".txt"
        self.folder = None if flags.output_directory in ("", "-") else Path(flags.output_directory)
        self.printer = make_printer(chosen, keep_managed_fields=flags.show_managed_fields)
        self.separator = "---\n" if chosen.name == "yaml" else ""
        self.written = 0

    def list(self, path: str, name: Path) -> list[Document]:
        """Ask for a list, write it, and return its items."""
        found: Document = self.call.session.connection.get(path)
        if self.is_name:
            raise CommandError(f"list types are not supported by name printing: *v1.{found['kind']}")
        separator = self.separator if self.written else ""
        self.write(name.with_suffix(self.suffix), [separator, self.printer(found)])
        self.written += 1
        items: list[Document] = found.get("items") or []
        return items

    def write(self, name: Path, pieces: Iterable[str]) -> None:
        if self.folder is None:
            sys.stdout.writelines(pieces)
            return
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8") as file:
            file.writelines(pieces)

    def logs(self, pod: Document) -> Iterator[str]:
        """The logs of all containers of a pod, each between two lines that say whose it is."""
        metadata, spec = pod["metadata"], pod.get("spec") or {}
        namespace, name = metadata["namespace"], metadata["name"]
        for container in [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]:
            whose = f"logs for container {container['name']} of pod {namespace}/{name}"
            yield f"==== START {whose} ====\n"
            query = {"container": container["name"]}
            request = Request("GET", f"{pods_path(namespace, name)}/log", query, accept="application/json, */*")
            try:
                yield self.call.session.connection.ask(request).body.decode(errors="replace")
            except ServerError as error:
                yield f"Request log error: {error.said}\n"
            yield f"==== END {whose} ====\n"


def dump(call: Invocation[DumpFlags]) -> None:
    """Write the state of the cluster."""
    flags, run = call.flags, _Dump(call)
    run.list("/api/v1/nodes", Path("nodes"))
    namespaces = flags.namespaces or ("kube-system", call.session.namespace)
    if flags.all_namespaces:
        listed = call.session.connection.get("/api/v1/namespaces").get("items") or []
        namespaces = tuple(item["metadata"]["name"] for item in listed)
    for namespace in namespaces:
        pods: list[Document] = []
        for root, plural, name in _LISTS:
            pods = run.list(f"/{root}/namespaces/{namespace}/{plural}", Path(namespace, name))
        for pod in pods:
            run.write(Path(namespace, pod["metadata"]["name"], "logs.txt"), run.logs(pod))
    if run.folder is not None:
        print(f"Cluster info dumped to {run.folder}")


DUMP = Verb("dump", dump, DumpFlags, summary="Dump the state of the cluster", usage="dump [--output-directory=FOLDER]")
