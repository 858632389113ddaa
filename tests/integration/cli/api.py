"""A scripted API server over real HTTP: what it answers is laid down beforehand, what it was asked is kept."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Answer = tuple[int, Any]


class _QuietServer(ThreadingHTTPServer):
    """A client may hang up in the middle of an answer: that is no error worth printing."""

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # as the base class calls it


@dataclass
class ScriptedApi:
    """Answers by path (query included or not); a list of streams is served one after the other."""

    answers: dict[str, Answer] = field(default_factory=dict)
    streams: dict[str, list[list[dict[str, Any]]]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    def answer(self, path: str) -> Answer:
        plain = path.partition("?")[0]
        return self.answers.get(path) or self.answers.get(plain) or (404, status(404, "NotFound", f"{plain} not found"))


@contextmanager
def serving(api: ScriptedApi) -> Iterator[ScriptedApi]:
    """Serve on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            api.asked.append((self.command, self.path))
            api.headers.append(dict(self.headers.items()))
            streams = api.streams.get(self.path.partition("?")[0])
            if "watch=true" in self.path and streams:
                self._stream(streams.pop(0))
                return
            code, document = api.answer(self.path)
            body = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Warning", '299 - "old \\"thing\\""')
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

        def _stream(self, events: list[dict[str, Any]]) -> None:
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for event in events:
                line = json.dumps(event).encode() + b"\n"
                self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with _QuietServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        api.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield api
        finally:
            server.shutdown()
            thread.join()


def status(code: int, reason: str, message: str, **details: Any) -> dict[str, Any]:
    """Make a Status document."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "code": code,
        "reason": reason,
        "message": message,
        "details": details,
    }


def pod(name: str, revision: int, **more: Any) -> dict[str, Any]:
    """Make a pod as the server would send it."""
    metadata = {"name": name, "namespace": "default", "uid": f"uid-{name}", "resourceVersion": str(revision)}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": []}, "status": {}, **more}


def table(revision: int, *pods: dict[str, Any]) -> dict[str, Any]:
    """Make the table of some pods."""
    rows = [{"cells": [one["metadata"]["name"], "1s"], "object": {"metadata": one["metadata"]}} for one in pods]
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": str(revision)},
        "columnDefinitions": [{"name": "Name", "format": "name", "priority": 0}, {"name": "Age", "priority": 0}],
        "rows": rows,
    }


def resource(plural: str, kind: str, short: str = "", scope: str = "Namespaced") -> dict[str, Any]:
    """Make one entry of aggregated discovery."""
    return {
        "resource": plural,
        "responseKind": {"group": "", "version": "v1", "kind": kind},
        "scope": scope,
        "singularResource": kind.lower(),
        "shortNames": [short] if short else [],
        "verbs": ["get", "list", "watch"],
        "categories": ["all"] if plural in ("pods", "deployments") else [],
    }


def discovery() -> dict[str, Answer]:
    """The answers that discovery needs: pods, nodes, config maps and deployments."""

    def listed(*groups: dict[str, Any]) -> dict[str, Any]:
        return {"kind": "APIGroupDiscoveryList", "items": list(groups)}

    core = [
        resource("pods", "Pod", "po"),
        resource("nodes", "Node", "no", "Cluster"),
        resource("configmaps", "ConfigMap", "cm"),
    ]
    apps = [resource("deployments", "Deployment", "deploy")]
    return {
        "/api": (200, listed({"metadata": {}, "versions": [{"version": "v1", "resources": core}]})),
        "/apis": (200, listed({"metadata": {"name": "apps"}, "versions": [{"version": "v1", "resources": apps}]})),
    }
