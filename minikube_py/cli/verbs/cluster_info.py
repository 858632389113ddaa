"""pykubectl cluster-info.

Kubernetes: kubectl pkg/cmd/clusterinfo.
Simplified: `dump` is refused by name.
"""

import sys

from minikube_py.cli.command import Invocation, NoFlags, Verb
from minikube_py.cli.errors import PROGRAM, CommandError

_CLUSTER_SERVICES = {"labelSelector": "kubernetes.io/cluster-service=true"}


def cluster_info(call: Invocation[NoFlags]) -> None:
    """Print where the control plane and the cluster's own services answer."""
    if call.words == ("dump",):
        raise CommandError("cluster-info dump is not supported; use get, describe and logs")
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


COMMAND = Verb(
    "cluster-info", cluster_info, NoFlags, summary="Show where the control plane answers", usage="cluster-info"
)
