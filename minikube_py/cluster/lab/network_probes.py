"""Questions to the network, asked from where the calling thread is; each gives (yes or no, what was seen)."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import re
import socket
import subprocess
import urllib.parse
from pathlib import Path
from typing import Any

from minikube_py.cluster.lab.probe import Etcd, Http, Objects, Packet

SERVER = "http://localhost:8080"
ETCD = "http://localhost:2379"
_TIMEOUT_S = 1.0
_LISTENING = "0A"
_DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


def listening(pid: int) -> list[tuple[int, str]]:
    """TCP ports that are listened on in a process's network namespace, with the sockets' inodes."""
    found = []
    for name in ("tcp", "tcp6"):
        path = Path(f"/proc/{pid}/net/{name}")
        for line in path.read_text().splitlines()[1:] if path.exists() else ():
            fields = line.split()
            if fields[3] == _LISTENING:
                found.append((int(fields[1].rpartition(":")[2], 16), fields[9]))
    return found


def _request(url: str, body: bytes | None = None, accept: str = "application/json") -> tuple[int, str]:
    """Status and text; status 0: nobody answers, and the text says how."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=_TIMEOUT_S)
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    with contextlib.closing(connection):
        try:
            connection.request("GET" if body is None else "POST", path, body, {"Accept": accept})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        except ConnectionRefusedError:
            return 0, f"nobody listens on {parts.netloc}: connection refused"
        except TimeoutError:
            return 0, f"no answer from {parts.netloc}"
        except (OSError, http.client.HTTPException) as error:
            return 0, f"{parts.netloc}: {error or type(error).__name__}"


def page(asked: Http) -> tuple[bool, str]:
    status, text = _request(asked.url)
    if status == 0:
        return asked.status == 0, text
    shown = next(iter(text.strip().splitlines()), "")[:200]
    return status == asked.status and asked.contains in text, f"{asked.url} answers {status}: {shown}"


def packet(asked: Packet) -> tuple[bool, str]:
    host, _, port = asked.to.partition(":")
    if not port:
        ping = subprocess.run(["ping", "-c1", "-W1", host], capture_output=True, text=True, check=False)
        return ping.returncode == 0, f"ping {host}: {'an answer' if ping.returncode == 0 else 'no answer'}"
    try:
        socket.create_connection((host, int(port)), _TIMEOUT_S).close()
    except TimeoutError:
        return False, f"a packet to {asked.to} gets no answer"
    except OSError as error:
        return False, f"a packet to {asked.to}: {error.strerror or error}"
    return True, f"{asked.to} answers"


def etcd(asked: Etcd) -> tuple[bool, str]:
    first = asked.prefix.encode()
    last = first[:-1] + bytes([first[-1] + 1])
    question = {"key": base64.b64encode(first).decode(), "range_end": base64.b64encode(last).decode()}
    status, text = _request(f"{ETCD}/v3/kv/range", json.dumps(question).encode())
    if status != 200:
        return False, text if status == 0 else f"etcd answers {status}: {text[:200]}"
    found = json.loads(text).get("kvs", [])
    fitting = [pair for pair in found if asked.contains.encode() in base64.b64decode(pair.get("value", ""))]
    return len(fitting) >= asked.at_least, f"etcd has {_count(len(fitting), 'key')} below {asked.prefix}"


def objects(asked: Objects) -> tuple[bool, str]:
    try:
        path = _path_of(asked.resource)
    except ConnectionError as error:
        return False, str(error)
    if path is None:
        return False, f'there is no resource "{asked.resource}"'
    group, is_namespaced = path
    where = f"/namespaces/{asked.namespace}" if is_namespaced and asked.namespace else ""
    query = f"?{urllib.parse.urlencode({'labelSelector': asked.selector})}" if asked.selector else ""
    status, text = _request(f"{SERVER}{group}{where}/{asked.resource}{query}")
    if status != 200:
        return False, text if status == 0 else f"the API server answers {status}: {text[:200]}"
    found = [each for each in json.loads(text)["items"] if asked.name in ("", each["metadata"]["name"])]
    fitting = [each for each in found if _fits(each, asked)]
    is_enough = len(fitting) == asked.count if asked.count is not None else len(fitting) >= asked.at_least
    return is_enough, _described(asked, found, fitting)


def _fits(document: dict[str, Any], asked: Objects) -> bool:
    if not asked.field:
        return True
    value = value_at(document, asked.field)
    return bool(value) if asked.value is None else text_of(value) == asked.value


def _described(asked: Objects, found: list[dict[str, Any]], fitting: list[dict[str, Any]]) -> str:
    what = (
        f"{asked.resource}{f' {asked.name}' if asked.name else ''}{f' with {asked.selector}' if asked.selector else ''}"
    )
    if not asked.field:
        return f"{len(fitting)} {what}"
    values = sorted({text_of(value_at(each, asked.field)) or "empty" for each in found})
    return f"{len(found)} {what}; {asked.field}: {', '.join(values) or 'none'}"


def value_at(document: Any, path: str) -> Any:
    """A value by a path like a.b, a[0].b or a[key/with.dots]; None where there is none."""
    for name in re.findall(r"\[([^\]]+)\]|([^.\[\]]+)", path):
        part = name[0] or name[1]
        if isinstance(document, list):
            document = document[int(part)] if part.isdigit() and int(part) < len(document) else None
        else:
            document = document.get(part) if isinstance(document, dict) else None
    return document


def text_of(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def _path_of(resource: str) -> tuple[str, bool] | None:
    """The path of a resource's group and version, and whether it is in namespaces; the core group is looked at first.

    Raises: ConnectionError when the API server does not say.
    """
    for prefix in ("/api", "/apis"):
        status, text = _request(f"{SERVER}{prefix}", accept=_DISCOVERY)
        if status != 200:
            raise ConnectionError(text if status == 0 else f"the API server answers {status}: {text[:200]}")
        for group in json.loads(text)["items"]:
            name = group["metadata"].get("name", "")
            for version in group["versions"]:
                for each in version["resources"]:
                    if each["resource"] == resource:
                        base = f"{prefix}/{name}/{version['version']}" if name else f"{prefix}/{version['version']}"
                        return base, each["scope"] == "Namespaced"
    return None
