"""`apply --server-side`: the file goes to the server as it is, which merges it and remembers whose each field is.

What this program applied by itself before is handed over: the fields of its old manager become the new one's, so that a
field which the file no longer names goes.

Kubernetes: kubectl pkg/cmd/apply, client-go util/csaupgrade
"""

import json
from typing import Any

from minikube_py.cli.connection import JSON_PATCH, Connection, Request
from minikube_py.cli.errors import CommandError, ServerError
from minikube_py.client.yaml_text import Document

APPLY_PATCH = "application/apply-patch+yaml"
MANAGER = "kubectl"
_OLD_MANAGER = "kubectl-client-side-apply"
_ADVICE = """
Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the `--force-conflicts` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts"""


def apply_on_server(connection: Connection, path: str, wanted: Document, query: dict[str, str]) -> Document:
    """Apply, and take over from client-side apply where that was used.

    Raises: CommandError that explains a conflict, ServerError.
    """
    applied = _apply(connection, path, wanted, query)
    if "dryRun" in query or not _take_over(connection, path, applied, query["fieldManager"]):
        return applied
    return _apply(connection, path, wanted, query)


def _apply(connection: Connection, path: str, wanted: Document, query: dict[str, str]) -> Document:
    body = json.dumps(wanted, separators=(",", ":"), sort_keys=True).encode() + b"\n"
    try:
        document: Document = connection.ask(Request("PATCH", path, query, body, APPLY_PATCH)).json()
        return document
    except ServerError as error:
        causes = (error.status.get("details") or {}).get("causes") or []
        if any(cause.get("reason") == "FieldManagerConflict" for cause in causes):
            raise CommandError(f"{error.status['message']}{_ADVICE}") from error
        raise


def _take_over(connection: Connection, path: str, applied: Document, manager: str) -> bool:
    """Whether there was an entry of client-side apply, which is now part of the new manager's."""
    entries: list[dict[str, Any]] = applied["metadata"].get("managedFields") or []
    old = next((entry for entry in entries if _is(entry, _OLD_MANAGER, "Update")), None)
    new = next((entry for entry in entries if _is(entry, manager, "Apply")), None)
    if old is None or new is None:
        return False
    from minikube_py.patching.field_sets import union

    merged = {**new, "fieldsV1": union(new["fieldsV1"], old["fieldsV1"])}
    kept = [merged if entry is new else entry for entry in entries if entry is not old]
    patch = [
        {"op": "replace", "path": "/metadata/managedFields", "value": kept},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": applied["metadata"]["resourceVersion"]},
    ]
    connection.send("PATCH", path, patch, None, JSON_PATCH)
    return True


def _is(entry: dict[str, Any], manager: str, operation: str) -> bool:
    return entry["manager"] == manager and entry["operation"] == operation and not entry.get("subresource")
