"""ConfigMaps, Secrets, ServiceAccounts and Namespaces.

Kubernetes: kubectl pkg/describe (describeConfigMap, describeSecret, describeServiceAccount, describeNamespace).
"""

import base64
import binascii
from typing import Any

from minikube_py.cli.describers.text import (
    Description,
    add_annotations,
    add_column,
    add_events,
    add_identity,
    add_labels,
    add_table,
)
from minikube_py.cli.errors import ServerError
from minikube_py.client.yaml_text import Document


def describe_config_map(out: Description) -> None:
    """Describe a config map with its data."""
    add_identity(out)
    add_labels(out)
    add_annotations(out)
    out.add("")
    out.add("Data")
    out.add("====")
    for name, value in sorted((out.document.get("data") or {}).items()):
        out.add(f"{name}:")
        out.add("----")
        out.lines += str(value).split("\n")
        out.add("")
    out.add("")
    out.add("BinaryData")
    out.add("====")
    for name, value in sorted((out.document.get("binaryData") or {}).items()):
        out.add(f"{name}: {_byte_count(value)} bytes")
    out.add("")
    add_events(out)


def describe_secret(out: Description) -> None:
    """Describe a secret without its secrets, save tokens."""
    add_identity(out)
    add_labels(out)
    add_annotations(out)
    kind = str(out.document.get("type", ""))
    out.add("")
    out.add("Type:", kind)
    out.add("")
    out.add("Data")
    out.add("====")
    for name, value in sorted((out.document.get("data") or {}).items()):
        if name == "token" and kind == "kubernetes.io/service-account-token":
            out.add(f"{name}:", base64.b64decode(value).decode(errors="replace"))
        else:
            out.add(f"{name}:", f"{_byte_count(value)} bytes")


def describe_service_account(out: Description) -> None:
    """Describe a service account."""
    add_identity(out)
    add_labels(out)
    add_annotations(out)
    names = [str(secret.get("name", "")) for secret in out.document.get("imagePullSecrets") or []]
    add_column(out, "Image pull secrets:", names or ["<none>"])
    add_events(out)


def describe_namespace(out: Description) -> None:
    """Describe a namespace with its quotas and limits."""
    add_identity(out, namespaced=False)
    add_labels(out)
    add_annotations(out)
    out.add("Status:", out.status.get("phase", ""))
    conditions = out.status.get("conditions") or []
    if conditions:
        out.add("Conditions:")
        rows = [
            (c["type"], c["status"], c.get("lastTransitionTime", ""), c.get("reason", ""), c.get("message", ""))
            for c in conditions
        ]
        add_table(out, ("Type", "Status", "LastTransitionTime", "Reason", "Message"), rows)
    _add_quotas(out, _namespaced(out, "resourcequotas"))
    _add_limits(out, _namespaced(out, "limitranges"))


def _namespaced(out: Description, plural: str) -> list[Document] | None:
    """List something of the namespace; None where the server does not serve it."""
    try:
        answer = out.session.connection.get(f"/api/v1/namespaces/{out.metadata['name']}/{plural}", {"limit": 500})
    except ServerError as error:
        if error.code in (403, 404):
            return None
        raise
    found: list[Document] = answer.get("items") or []
    return found


def _add_quotas(out: Description, quotas: list[Document] | None) -> None:
    if quotas is None:
        return
    out.add("")
    if not quotas:
        out.add("No resource quota.")
        return
    out.add("Resource Quotas")
    for quota in quotas:
        status = quota.get("status") or {}
        out.add("  Name:", quota["metadata"]["name"])
        out.add("  Resource", "Used", "Hard")
        out.add("  --------", "---", "---")
        for name, hard in sorted((status.get("hard") or {}).items()):
            out.add(f"  {name}", (status.get("used") or {}).get(name, "0"), hard)


def _add_limits(out: Description, ranges: list[Document] | None) -> None:
    if ranges is None:
        return
    out.add("")
    if not ranges:
        out.add("No LimitRange resource.")
        return
    out.add("Resource Limits")
    headers = ("Type", "Resource", "Min", "Max", "Default Request", "Default Limit", "Max Limit/Request Ratio")
    columns = ("min", "max", "defaultRequest", "default", "maxLimitRequestRatio")
    rows: list[tuple[Any, ...]] = []
    for one in ranges:
        for limit in (one.get("spec") or {}).get("limits") or []:
            names = sorted({name for column in columns for name in limit.get(column) or {}})
            for name in names:
                values = [(limit.get(column) or {}).get(name, "-") for column in columns]
                rows.append((limit.get("type", ""), name, *values))
    add_table(out, headers, rows, margin=" ")


def _byte_count(value: str) -> int:
    try:
        return len(base64.b64decode(value))
    except binascii.Error:
        return len(value)
