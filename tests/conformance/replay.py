"""Replay: send the requests that the real Kubernetes was sent to our API server, and compare the answers.

    python -m tests.conformance.replay DIR [--verbose]

DIR holds recordings (`make replay RECORDINGS=DIR`). A row counts when its kind is served; what differs on purpose is
listed in docs/compatibility.md. Exit status 0 when the floors in `FLOORS` are kept.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.conformance.applies import check_applies
from tests.conformance.history import check_lists, check_watches, make_history

Json = Any

FLOORS = {
    "resources": 1.0,
    "columns": 1.0,
    "errors: code and reason": 0.95,
    "defaults": 1.0,
    "patches": 1.0,
    "lists": 1.0,
    "watches": 1.0,
    "applies": 1.0,
}
_MASKED = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_NOISE = ("managedFields", "selfLink")
_VARYING = ("uid", "creationTimestamp", "resourceVersion", "lastPhaseTransitionTime")


@contextmanager
def api_server() -> Iterator[httpx.Client]:
    """Our API server on memory storage, with what the recordings were made beside."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder) / "sa.key"
        pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        key.write_bytes(pem)
        argv = [
            sys.executable,
            "-m",
            "minikube_py.apiserver",
            "--storage=memory://",
            f"--port={port}",
            "-v0",
            "--allow-privileged",
        ]
        server = subprocess.Popen([*argv, f"--service-account-signing-key-file={key}"])
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
                _wait(client)
                for path, body in _FIXTURES:
                    client.post(path, json=body).raise_for_status()
                yield client
        finally:
            server.terminate()
            server.wait(10)


def _wait(client: httpx.Client) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            if client.get("/api/v1/namespaces/kube-system").status_code == 200:
                return
        except httpx.ConnectError:
            pass
        if time.monotonic() > deadline:
            raise SystemExit("the API server does not answer")
        time.sleep(0.05)


ON_PURPOSE = {
    "no credentials": "this server is started as the notes start it, without authentication",
    "bad token": "this server is started as the notes start it, without authentication",
    "list exact compacted": "a store that was just made has nothing compacted",
    "compacted or ancient resourceVersion=1": "a store that was just made has nothing compacted",
}
"""Recorded cases that are answered otherwise on purpose, with the reason; docs/compatibility.md has them too."""

_FIXTURES: list[tuple[str, Json]] = [
    ("/api/v1/namespaces", {"metadata": {"name": "rec"}}),
    ("/api/v1/namespaces/rec/serviceaccounts", {"metadata": {"name": "default"}}),
    ("/api/v1/namespaces/rec/configmaps", {"metadata": {"name": "e1"}, "data": {"a": "b"}}),
]


def rows(path: Path) -> Iterator[Json]:
    for line in path.read_text().splitlines():
        yield json.loads(line)


class Tally:
    """Counts rows of one kind, and keeps what differed."""

    def __init__(self, name: str) -> None:
        self.name, self.passed, self.failures = name, 0, list[tuple[str, Json, Json]]()

    def check(self, case: str, expected: Json, got: Json) -> None:
        if expected == got:
            self.passed += 1
        else:
            self.failures.append((case, expected, got))

    @property
    def share(self) -> float:
        total = self.passed + len(self.failures)
        return self.passed / total if total else 1.0

    def report(self, verbose: bool) -> bool:
        floor = FLOORS.get(self.name, 0.0)
        total = self.passed + len(self.failures)
        print(f"{self.name}: {self.passed} of {total} ({self.share:.0%}, floor {floor:.0%})")
        for case, expected, got in self.failures if verbose else []:
            print(f"  - {case}\n      expected {expected}\n      got      {got}")
        return self.share >= floor


def is_served(path: str) -> bool:
    """Whether the recorded path is one that we answer: all but those of dynamic resource allocation."""
    return "/apis/resource.k8s.io" not in path


def masked(value: Json) -> Json:
    """The value without what differs from run to run."""
    if isinstance(value, dict):
        return {k: "*" if k in _VARYING else masked(v)
                for k, v in value.items() if k not in _NOISE}  # fmt: skip
    if isinstance(value, list):
        return [masked(item) for item in value]
    if isinstance(value, str):
        value = re.sub(r"kube-api-access-[a-z0-9]{5}", "kube-api-access-*", _MASKED.sub("*", value))
        value = re.sub(r"(current: |record \()\d+", r"\1*", value)
        return re.sub(r"xxxxx[a-z0-9]{5}\"", 'xxxxx*"', value)
    return value


_BIG = {"configmap too large": 1024 * 1024 + 1, "body too large": 3 * 1024 * 1024 + 1}


def replay_tables(client: httpx.Client, folder: Path) -> list[Tally]:
    """What discovery says of each resource, and which columns the server prints of it."""
    resources, columns = Tally("resources"), Tally("columns")
    ours: dict[tuple[str, str], Json] = {}
    recorded = [row for row in _table(folder / "resources.tsv") if is_served(f"/apis/{row['groupVersion']}")]
    for group_version in dict.fromkeys(row["groupVersion"] for row in recorded):
        answer = client.get(f"/apis/{group_version}" if "/" in group_version else f"/api/{group_version}")
        for resource in answer.json().get("resources", []):
            ours[group_version, resource["name"]] = resource
    for row in recorded:
        case = (row["groupVersion"], row["resource"])
        if row["resource"] not in ON_PURPOSE:
            resources.check("/".join(case), row, _resource_row(row["groupVersion"], ours.get(case, {})))
    wanted: dict[tuple[str, str], list[Json]] = {}
    for row in filter(lambda row: is_served(f"/apis/{row['groupVersion']}"), _table(folder / "columns.tsv")):
        cells = [row["column"], row["type"], row["format"], int(row["priority"])]
        wanted.setdefault((row["groupVersion"], row["resource"]), []).append(cells)
    for (group_version, name), expected in wanted.items():
        base = f"/apis/{group_version}" if "/" in group_version else f"/api/{group_version}"
        accept = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
        definitions = client.get(f"{base}/{name}", headers=accept).json().get("columnDefinitions", [])
        got = [[c["name"], c["type"], c["format"], c["priority"]] for c in definitions]
        columns.check(f"{group_version}/{name}", expected, got)
    return [resources, columns]


def _table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


def _resource_row(group_version: str, resource: Json) -> dict[str, str]:
    if not resource:
        return {}
    kind = resource["kind"]
    if "version" in resource:
        kind = f"{resource.get('group', '')}/{resource['version']} {kind}".lstrip("/")
    return {
        "groupVersion": group_version,
        "resource": resource["name"],
        "singular": resource["singularName"],
        "scope": "namespaced" if resource["namespaced"] else "cluster",
        "kind": kind,
        "verbs": " ".join(sorted(resource["verbs"])),
        "shortNames": " ".join(resource.get("shortNames", [])),
        "categories": " ".join(resource.get("categories", [])),
    }


def replay_errors(client: httpx.Client, folder: Path) -> list[Tally]:
    codes, messages = Tally("errors: code and reason"), Tally("errors: message")
    for row in rows(folder / "errors.jsonl"):
        request, case = row["request"], row["case"]
        if case in ON_PURPOSE or not is_served(request["path"]):
            continue
        body = request.get("body")
        if case in _BIG:
            body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"a": "x" * _BIG[case]}}
        content = b"" if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        headers = {"Content-Type": request.get("contentType") or "application/json"}
        if request.get("accept"):
            headers["Accept"] = request["accept"]
        with client.stream(request["verb"], request["path"], content=content, headers=headers) as response:
            text = next(response.iter_text(), "")
        expected, got = row["answer"], json.loads(text) if text.startswith("{") else text
        if isinstance(expected, str):
            codes.check(case, (row["status"], expected), (response.status_code, got))
            continue
        reason = got.get("reason") if isinstance(got, dict) else got
        codes.check(case, (row["status"], expected.get("reason")), (response.status_code, reason))
        if row["status"] >= 400 and isinstance(got, dict):
            messages.check(case, masked(expected.get("message")), masked(got.get("message")))
    return [codes, messages]


def replay_defaults(client: httpx.Client, folder: Path) -> list[Tally]:
    tally = Tally("defaults")
    for row in rows(folder / "defaults.jsonl"):
        if not is_served(row["path"]) or row["status"] >= 400:
            continue
        got = client.post(row["path"], params={"dryRun": "All"}, json=row["given"]).json()
        metadata = got.get("metadata", {})
        metadata.pop("resourceVersion", None)
        tally.check(json.dumps(row["given"])[:100], _addresses(masked(row["stored"])), _addresses(masked(got)))
    return [tally]


def _addresses(document: Json) -> Json:
    """Cluster addresses and node ports are drawn by lot."""
    spec = document.get("spec")
    if isinstance(spec, dict):
        for name in ("clusterIP", "clusterIPs"):
            if spec.get(name) not in (None, "None", ["None"]):
                spec[name] = "*"
        for port in spec.get("ports") or []:
            if "nodePort" in port:
                port["nodePort"] = "*"
        if "healthCheckNodePort" in spec:
            spec["healthCheckNodePort"] = "*"
    return document


def replay_patches(client: httpx.Client, folder: Path) -> list[Tally]:
    tally, path = Tally("patches"), "/apis/apps/v1/namespaces/rec/deployments"
    base, *patches = rows(folder / "patches.jsonl")
    document = {"spec": base["base"]["spec"]}
    document["metadata"] = {k: v for k, v in base["base"]["metadata"].items() if k in ("name", "labels", "annotations")}
    for row in patches:
        no_finalizers = b'{"metadata":{"finalizers":null}}'
        client.patch(f"{path}/pp", content=no_finalizers, headers={"Content-Type": "application/merge-patch+json"})
        client.delete(f"{path}/pp")
        client.post(path, json=document).raise_for_status()
        patch = row["patch"] if isinstance(row["patch"], str) else json.dumps(row["patch"])
        answer = client.patch(f"{path}/pp", content=patch.encode(), headers={"Content-Type": row["contentType"]})
        got = answer.json()
        if row["status"] >= 400:
            tally.check(row["case"], row["status"], answer.status_code)
            continue
        got = {name: got.get(name) for name in row["result"]}
        tally.check(row["case"], (row["status"], masked(row["result"])), (answer.status_code, masked(got)))
    return [tally]


def replay_history(client: httpx.Client, folder: Path) -> list[Tally]:
    lists, watches = Tally("lists"), Tally("watches")
    history = make_history(client)
    for case, expected, got in check_lists(client, folder / "lists.tsv", history):
        lists.check(case, expected, got)
    for case, expected, got in check_watches(client, folder / "watches.jsonl", history):
        if case not in ON_PURPOSE:
            watches.check(case, expected, got)
    return [lists, watches]


def replay_applies(client: httpx.Client, folder: Path) -> list[Tally]:
    tally = Tally("applies")
    for case, expected, got in check_applies(client, folder / "apply.jsonl"):
        tally.check(case, expected, got)
    return [tally]


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare our API server with recordings of the real one.")
    parser.add_argument("recordings", type=Path)
    parser.add_argument("--verbose", action="store_true", help="show what differs")
    options = parser.parse_args()
    tallies: list[Tally] = []
    with api_server() as client:
        for replay in (replay_tables, replay_errors, replay_defaults, replay_patches, replay_history, replay_applies):
            tallies += replay(client, options.recordings)
    print(f"different on purpose: {len(ON_PURPOSE)}")
    for case, reason in ON_PURPOSE.items() if options.verbose else ():
        print(f"  - {case}: {reason}")
    kept = [tally.report(options.verbose) for tally in tallies]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
