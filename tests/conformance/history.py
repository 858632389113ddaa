"""Replays of lists and watches: the recorded history made again, and each way to list and to watch it.

lw0 to lw4 are created with the label lw=1, lw0 is patched, lw1 loses the label, lw2 is deleted.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx

Json = Any
Checked = tuple[str, Json, Json]
"""A case, what the real server answered, and what ours did."""

_PATH = "/api/v1/namespaces/rec/configmaps"
_MERGE = {"Content-Type": "application/merge-patch+json"}
_AFTER_CREATES = "before the patch of lw0"


def make_history(client: httpx.Client) -> dict[str, str]:
    """Make the history; answers the versions that the recordings name."""
    versions = {"unset": "", "0": "0"}
    for name in ("lw0", "lw1", "lw2", "lw3", "lw4"):
        version = _version(client.post(_PATH, json={"metadata": {"name": name, "labels": {"lw": "1"}}}))
        if name == "lw2":
            versions["after 3 creates"] = version
    versions[_AFTER_CREATES] = version
    client.patch(f"{_PATH}/lw0", content=b'{"data":{"a":"b"}}', headers=_MERGE).raise_for_status()
    relabelled = client.patch(f"{_PATH}/lw1", content=b'{"metadata":{"labels":{"lw":"2"}}}', headers=_MERGE)
    versions["after label change"] = _version(relabelled)
    client.delete(f"{_PATH}/lw2").raise_for_status()
    return versions


def _version(answer: httpx.Response) -> str:
    return str(answer.raise_for_status().json()["metadata"]["resourceVersion"])


def check_lists(client: httpx.Client, path: Path, versions: dict[str, str]) -> Iterator[Checked]:
    with path.open(newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t", restval=""):
            asked = versions[row["resourceVersion"]]
            query = {"resourceVersion": asked, "resourceVersionMatch": row["match"], "limit": row["limit"]}
            given = {name: value for name, value in query.items() if value not in ("", "unset")}
            answer = client.get(_PATH, params={"labelSelector": "lw=1", **given})
            expected = (int(row["status"]), row["items"], row["answerRV"], bool(row["more"]))
            yield (
                ", ".join(f"{k}={row[k]}" for k in ("resourceVersion", "match", "limit")),
                expected,
                _seen(answer, asked),
            )


def _seen(answer: httpx.Response, asked: str) -> Json:
    document = answer.json()
    if answer.status_code != 200:
        return answer.status_code, document["message"], "", False
    metadata = document["metadata"]
    is_asked = metadata["resourceVersion"] == asked
    version = "the asked one" if is_asked else "current or newer than asked"
    return answer.status_code, " ".join(map(_short, document["items"])), version, "continue" in metadata


def _short(item: Json) -> str:
    return str(item["metadata"]["name"]) + ("+data" if item.get("data") else "")


def check_watches(client: httpx.Client, path: Path, versions: dict[str, str]) -> Iterator[Checked]:
    for line in path.read_text().splitlines():
        row = json.loads(line)
        if "query" not in row:
            row["query"] = f"labelSelector=lw%3D1&resourceVersion={versions[_AFTER_CREATES]}"
        query = dict(parse_qsl(row["query"]))
        if len(query.get("resourceVersion", "")) == 5:
            query["resourceVersion"] = versions[_AFTER_CREATES]
        accept = "application/json;as=Table;v=v1;g=meta.k8s.io" if row["case"] == "as Table" else "application/json"
        answer = client.get(
            _PATH, params={**query, "watch": "1", "timeoutSeconds": "1"}, headers={"Accept": accept}, timeout=20
        )
        events = [_event(json.loads(text)) for text in answer.text.splitlines()]
        yield row["case"], (row["status"], _untimed(row["events"])), (answer.status_code, _untimed(events))


def _untimed(events: list[str]) -> list[str]:
    """Without the bookmarks that come now and then: when is a matter of time, not of what was asked."""
    return [event for event in events if event != "BOOKMARK ConfigMap"]


def _event(event: Json) -> str:
    kind, obj = event["type"], event["object"]
    if kind == "BOOKMARK":
        annotations = obj["metadata"].get("annotations")
        return f"BOOKMARK {obj['kind']}" + (f" annotations={json.dumps(annotations)}" if annotations else "")
    if kind == "ERROR":
        return f"ERROR {obj['kind']} code={obj['code']} reason={obj['reason']} message={obj['message']}"
    return f"{kind} {obj['kind'] if obj['kind'] == 'Table' else _short(obj)}"
