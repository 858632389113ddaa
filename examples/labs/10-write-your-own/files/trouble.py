#!/usr/bin/env python3
"""Closes the hostile store for three seconds, and meanwhile asks for more pods, or fewer. Then says how you did."""

import json
import sys
import time
import urllib.request

WEB = "http://localhost:8080/apis/apps/v1/namespaces/default/deployments/web/scale"


def ask(url, method="GET", body=None):
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(url, data, {"Content-Type": "application/merge-patch+json"}, method=method)
    with urllib.request.urlopen(request, timeout=5) as answer:
        return answer.read().decode()


try:
    ask("http://localhost:8081/close")
except OSError:
    sys.exit("the hostile store does not run: nothing listens on port 8081")
replicas = json.loads(ask(WEB))["spec"].get("replicas", 0)
ask(WEB, "PATCH", {"spec": {"replicas": 5 if replicas != 5 else 2}})
deadline = time.monotonic() + 20
while "patience" not in (verdict := ask("http://localhost:8081/verdict")) and time.monotonic() < deadline:
    time.sleep(0.1)
print(verdict, end="")
