"""RequestInfo: what a path means, worked out once and used by everybody after.

    /apis/apps/v1/namespaces/default/deployments/web/scale
           group version       namespace    plural  name subresource

Kubernetes: staging/src/k8s.io/apiserver/pkg/endpoints/request/requestinfo.go
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """A path of the resource API, split. `rest` is what follows the subresource (proxy paths)."""

    group: str
    version: str
    plural: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    rest: str = ""
    watches: bool = False
    """The deprecated `/watch/` prefix was used."""


def parse_path(path: str) -> RequestInfo | None:
    """The address that a path stands for; None when it is not below `/api/VERSION/` or `/apis/GROUP/VERSION/`.

    `/api/v1/namespaces/x` is the namespace object x, and so are its subresources status and finalize; anything else
    below it is inside the namespace.
    """
    parts = path.strip("/").split("/")
    if parts[0] == "api" and len(parts) >= 3:
        group, version, parts = "", parts[1], parts[2:]
    elif parts[0] == "apis" and len(parts) >= 4:
        group, version, parts = parts[1], parts[2], parts[3:]
    else:
        return None
    watches = parts[0] == "watch" and len(parts) > 1
    if watches:
        parts = parts[1:]
    namespace = ""
    if parts[0] == "namespaces" and len(parts) >= 3 and parts[2] not in ("status", "finalize"):
        namespace, parts = parts[1], parts[2:]
    plural, name, subresource = (*parts, "", "")[:3] if len(parts) < 3 else parts[:3]
    return RequestInfo(group, version, plural, namespace, name, subresource, "/".join(parts[3:]), watches)
