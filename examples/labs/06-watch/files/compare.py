#!/usr/bin/env python3
"""Whether an informer's copy is true: makes ConfigMaps come and go, then compares mirror.json with the API server."""

import json
import sys
import time
import urllib.request
import uuid
from pathlib import Path

API = "http://localhost:8080/api/v1/namespaces/default/configmaps"


def ask(url, method="GET", body=None):
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)


def counts():
    return ask("http://localhost:8081/counts")


def truth():
    return {item["metadata"]["name"]: item["metadata"]["resourceVersion"] for item in ask(API)["items"]}


def mirror():
    try:
        return json.loads(Path("mirror.json").read_text())
    except (OSError, ValueError):
        return {}


def trouble():
    """For about a second: three that come, and two of them go again."""
    mark = uuid.uuid4().hex[:6]
    names = [f"trouble-{mark}-{number}" for number in range(3)]
    for name in names:
        ask(API, "POST", {"metadata": {"name": name}, "data": {"v": "1"}})
        time.sleep(0.17)
    for name in names[:2]:
        ask(f"{API}/{name}", "DELETE")
        time.sleep(0.2)


def settled():
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline and mirror() != truth():
        time.sleep(0.05)
    return mirror(), truth()


try:
    before = counts()
except OSError:
    sys.exit("the cutter does not run: nothing listens on port 8081")
trouble()
have, true = settled()
after = counts()
if after["watches"] == before["watches"]:
    sys.exit("nobody watches through the cutter: has the informer ended? Does it ask port 8081?")
ghosts, missing = sorted(set(have) - set(true)), sorted(set(true) - set(have))
if ghosts or missing:
    sys.exit(f"the copy is wrong: {len(ghosts)} that are gone, {len(missing)} missing: {' '.join(ghosts + missing)}")
if have != true:
    sys.exit("the copy is wrong: it has old versions")
if after["lists"] - before["lists"] > after["gone"] - before["gone"] + 1:
    sys.exit("the copy is true, but it is made by listing again and again: a cut is no reason to list")
print("the copy is true")
