"""The recorded story of server-side apply, step by step, managed fields included.

The real controller manager took part in it: what it had written into a status before a step is written here too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

Json = Any

_VARYING = ("uid", "creationTimestamp", "resourceVersion")
_OWN_CONDITION = "X"
"""The condition that a step of the story itself applies."""


def check_applies(client: httpx.Client, path: Path) -> Iterator[tuple[str, Json, Json]]:
    """(step, what was answered, what is answered here)."""
    for line in path.read_text().splitlines():
        row = json.loads(line)
        _play_controller(client, row)
        body = row["body"] if isinstance(row["body"], str) else json.dumps(row["body"])
        headers = {"Content-Type": row["contentType"]}
        answer = client.request(row["verb"], row["path"], content=body.encode(), headers=headers)
        yield row["step"], (row["status"], _masked(row["result"])), (answer.status_code, _masked(answer.json()))


def _play_controller(client: httpx.Client, row: Json) -> None:
    status = row["result"].get("status")
    if row["result"].get("kind") != "Deployment" or not status:
        return
    conditions = [condition for condition in status["conditions"] if condition["type"] != _OWN_CONDITION]
    patch = {"status": status | {"conditions": conditions}}
    path = row["path"].partition("?")[0].removesuffix("/status") + "/status?fieldManager=kube-controller-manager"
    headers = {"Content-Type": "application/merge-patch+json"}
    client.patch(path, content=json.dumps(patch).encode(), headers=headers).raise_for_status()


def _masked(value: Json) -> Json:
    """Without what varies. Entries of managed fields by name: their order depends on the second that they are from."""
    if isinstance(value, dict):
        masked = {k: "*" if k == "time" else _masked(v) for k, v in value.items() if k not in _VARYING}
        if entries := masked.get("managedFields"):
            masked["managedFields"] = sorted(entries, key=lambda e: (e["operation"], e["manager"], len(e)))
        return masked
    return [_masked(item) for item in value] if isinstance(value, list) else value
