#!/usr/bin/env python3
"""A hostile store: passes requests on to the API server, and treats writes badly. It listens on port 8081.

Of ten writes, three are refused with 409; one gets 500 and is not done; one gets 500 although it is done.
GET /close    from the next write on, refuses all for three seconds, and counts them
GET /verdict  what the count says about who wrote
"""

import http.client
import itertools
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CLOSED_S = 3.0
MOST_TRIES = 15
TREATMENT = itertools.cycle(["pass", "409", "pass", "500", "pass", "409", "pass", "500 but done", "pass", "409"])

lock = threading.Lock()
is_armed = False
closed_until = 0.0
tries = None


class Hostile(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/close":
            self.arm()
        elif self.path == "/verdict":
            self.answer(200, verdict().encode() + b"\n", "text/plain")
        elif "watch=" in self.path:
            self.watch()
        else:
            self.answer(*self.ask())

    def write(self):
        with lock:
            treatment = treat()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if treatment in ("pass", "500 but done"):
            done = self.ask(body)
            if treatment == "pass":
                self.answer(*done)
                return
        self.refuse(409 if treatment == "409" else 500)

    do_POST = do_PUT = do_PATCH = do_DELETE = write

    def refuse(self, code):
        reason = "Conflict" if code == 409 else "InternalError"
        document = {
            "kind": "Status",
            "apiVersion": "v1",
            "status": "Failure",
            "reason": reason,
            "code": code,
            "message": f"the store is hostile: {code}",
        }
        print(f"{self.command} {self.path}: {code}", flush=True)
        self.answer(code, json.dumps(document).encode())

    def ask(self, body=None):
        upstream = http.client.HTTPConnection("localhost", 8080, timeout=20)
        upstream.request(self.command, self.path, body, self.headers_to_pass())
        response = upstream.getresponse()
        return response.status, response.read(), response.headers["Content-Type"]

    def headers_to_pass(self):
        return {name: self.headers[name] for name in ("Accept", "Content-Type", "User-Agent") if name in self.headers}

    def answer(self, code, body, kind="application/json"):
        self.send_response(code)
        self.send_header("Content-Type", kind or "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def watch(self):
        upstream = http.client.HTTPConnection("localhost", 8080)
        upstream.request("GET", self.path, headers=self.headers_to_pass())
        response = upstream.getresponse()
        self.send_response(response.status)
        self.send_header("Content-Type", response.headers["Content-Type"])
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for line in response:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            self.wfile.write(b"0\r\n\r\n")
        except (OSError, http.client.HTTPException):
            self.close_connection = True

    def arm(self):
        global is_armed, tries
        with lock:
            is_armed, tries = True, 0
        self.answer(200, b"with the next write\n", "text/plain")

    def log_message(self, *_):
        pass


def treat():
    """What happens to the next write."""
    global is_armed, closed_until, tries
    if is_armed:
        is_armed, closed_until = False, time.monotonic() + CLOSED_S
    if time.monotonic() < closed_until:
        tries += 1
        return "500"
    return next(TREATMENT)


def verdict():
    if tries is None:
        return "not tried yet"
    if is_armed:
        return "nobody has written yet: does your controller ask port 8081?"
    if time.monotonic() < closed_until:
        return "the store is closed"
    if tries > MOST_TRIES:
        return f"no patience: {tries} writes in three seconds in which none could work"
    return f"patience: {tries} writes in three seconds in which none could work"


print("hostile, on port 8081", flush=True)
ThreadingHTTPServer(("localhost", 8081), Hostile).serve_forever()
