"""pykubectl cluster-info.

Kubernetes: kubectl pkg/cmd/clusterinfo.
"""

import sys

from minikube_py.cli.command import Entry, Invocation, NoFlags, Verb, VerbGroup
from minikube_py.cli.errors import PROGRAM

_CLUSTER_SERVICES = {"labelSelector": "kubernetes.io/cluster-service=true"}


def cluster_info(call: Invocation[NoFlags]) -> None:
    """Print where the control plane and the cluster's own services answer."""
    connection = call.session.connection
    services = connection.get("/api/v1/namespaces/kube-system/services", _CLUSTER_SERVICES, "application/json, */*")
    server = call.session.config.server.rstrip("/")
    lines = [_line("Kubernetes control plane", server)]
    for service in services.get("items") or []:
        metadata = service["metadata"]
        name = metadata["name"]
        port = ((service.get("spec") or {}).get("ports") or [{}])[0].get("name", "")
        address = f"{name}:{port}" if port else name
        title = (metadata.get("labels") or {}).get("kubernetes.io/name") or name
        lines.append(_line(title, f"{server}/api/v1/namespaces/kube-system/services/{address}/proxy"))
    hint = f"To further debug and diagnose cluster problems, use '{PROGRAM} cluster-info dump'."
    print("\n".join([*lines, "", hint]))


def _line(title: str, address: str) -> str:
    if sys.stdout.isatty():
        return f"\033[0;32m{title}\033[0m is running at \033[0;33m{address}\033[0m"
    return f"{title} is running at {address}"


_SUMMARY = "Show where the control plane answers"
COMMAND = VerbGroup(
    "cluster-info",
    (Entry("dump", "minikube_py.cli.verbs.cluster_dump", "Dump the state of the cluster", attribute="DUMP"),),
    summary=_SUMMARY,
    default=Verb("cluster-info", cluster_info, NoFlags, summary=_SUMMARY, usage="cluster-info"),
)
