#!/usr/bin/env python3
"""An informer: a copy of all ConfigMaps in mirror.json, kept true by one list and a watch."""

import json
import time
import urllib.request
from pathlib import Path

API = "http://localhost:8081/api/v1/namespaces/default/configmaps"


class TooOld(Exception):
    """The server has forgotten what happened after our version: only a new list helps."""


def save(copy):
    draft = Path("mirror.new")
    draft.write_text(json.dumps(copy))
    draft.replace("mirror.json")  # nobody ever reads half a copy


def list_all():
    """The copy anew, and the version of the list. What is not in it is gone."""
    with urllib.request.urlopen(API) as answer:
        found = json.load(answer)
    copy = {item["metadata"]["name"]: item["metadata"]["resourceVersion"] for item in found["items"]}
    return copy, found["metadata"]["resourceVersion"]


def apply(copy, event):
    metadata = event["object"]["metadata"]
    if event["type"] == "DELETED":
        copy.pop(metadata["name"], None)
    elif event["type"] != "BOOKMARK":
        copy[metadata["name"]] = metadata["resourceVersion"]


def watch(copy, version):
    """Apply what happens after `version` until the stream ends; the version to go on from."""
    with urllib.request.urlopen(f"{API}?watch=1&allowWatchBookmarks=true&resourceVersion={version}") as lines:
        for line in lines:
            if not line.endswith(b"\n"):
                break  # half a line is no event: it comes again, whole
            event = json.loads(line)
            if event["type"] == "ERROR":
                raise TooOld
            apply(copy, event)
            version = event["object"]["metadata"]["resourceVersion"]
            save(copy)
    return version


copy, version = {}, None
while True:
    try:
        if version is None:
            copy, version = list_all()
            save(copy)
        version = watch(copy, version)
    except TooOld:
        version = None
    except OSError:
        time.sleep(0.2)  # nobody listens: no reason to ask a thousand times a second
