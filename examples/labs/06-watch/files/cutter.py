#!/usr/bin/env python3
"""A bad network: passes GET requests on to the API server, and cuts every watch in the middle of a line.

    cutter.py      listens on port 8081, asks localhost:8080

A watch lives for 0.3 s, then its next line is cut in two; every sixth watch is told that its version is too old.
GET /counts says what the cutter has seen: how many lists, watches and cuts.
"""

import http.client
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

LIFE_S = 0.3
QUIET_S = 2.0
GONE = {"kind": "Status", "status": "Failure", "reason": "Expired", "code": 410, "message": "too old resource version"}

counts = {"lists": 0, "watches": 0, "cuts": 0, "gone": 0}
lock = threading.Lock()


def count(what):
    with lock:
        counts[what] += 1
        return counts[what]


class Cutter(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/counts":
            self.answer(json.dumps(counts).encode())
            return
        query = parse_qs(urlsplit(self.path).query)
        upstream = http.client.HTTPConnection("localhost", 8080, timeout=QUIET_S)
        try:
            upstream.connect()
        except OSError:
            return  # who asks is cut off without an answer, as the API server would not give one either
        if query.get("watch", ["0"])[0] in ("1", "true"):
            self.watch(upstream)
            return
        count("lists")
        upstream.request("GET", self.path)
        self.answer(upstream.getresponse().read())

    def answer(self, body):
        self.begin()
        self.wfile.write(body)

    def begin(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()

    def watch(self, upstream):
        is_gone = count("watches") % 6 == 0
        self.begin()
        if is_gone:
            count("gone")
            self.wfile.write(json.dumps({"type": "ERROR", "object": GONE}).encode() + b"\n")
            return
        upstream.request("GET", self.path)
        lines, ends = upstream.getresponse(), time.monotonic() + LIFE_S
        try:
            for line in lines:
                is_over = time.monotonic() > ends
                self.wfile.write(line[: len(line) // 2] if is_over else line)
                if is_over:
                    break
        except (OSError, http.client.HTTPException):
            pass  # nothing came for a while: this one ends between two lines
        count("cuts")
        upstream.close()

    def log_message(self, *_):
        pass


print("cutting, on port 8081", flush=True)
ThreadingHTTPServer(("localhost", 8081), Cutter).serve_forever()
