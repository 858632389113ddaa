"""An API server of one collection that fails on command: it cuts streams after so many bytes and forgets history."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import orjson

from minikube_py.api.kinds.core.config_map import ConfigMap
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.model import Json, replace
from minikube_py.client.client import Client
from minikube_py.client.kubeconfig import ClientConfig
from tests.support.loopback_server import listening

NEVER = 10**9


@dataclass(frozen=True, slots=True)
class Happening:
    revision: int
    type: str
    object: ConfigMap


@dataclass(slots=True)
class ScriptedApi:
    """Config maps of the namespace `default`, and what happened to them."""

    history: list[Happening] = field(default_factory=list)
    objects: dict[str, ConfigMap] = field(default_factory=dict)
    revision: int = 1
    forgotten: int = 0
    """Watches from before this revision are answered with 410."""
    cut_after: list[int] = field(default_factory=list)
    """For each watch to come: after how many bytes of the answer the connection breaks."""
    requests: list[str] = field(default_factory=list)
    refusals: list[int] = field(default_factory=list)
    """Codes with which the next requests are answered."""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, name: str, value: str) -> None:
        kind = "MODIFIED" if name in self.objects else "ADDED"
        self.revision += 1
        metadata = ObjectMeta(name=name, namespace="default", uid=f"uid-{name}", resource_version=str(self.revision))
        self.objects[name] = ConfigMap(metadata=metadata, data={"value": value})
        self._tell(kind, self.objects[name])

    def delete(self, name: str) -> None:
        self.revision += 1
        gone = self.objects.pop(name)
        self._tell("DELETED", replace(gone, metadata=replace(gone.metadata, resource_version=str(self.revision))))

    def bookmark(self) -> None:
        self._tell("BOOKMARK", ConfigMap(metadata=ObjectMeta(resource_version=str(self.revision))))

    def forget_history(self) -> None:
        self.forgotten = self.revision

    def start_over(self) -> None:
        """Have an empty store whose revisions begin anew, and let the open watches see a bookmark of it."""
        self.objects.clear()
        self.revision = 1
        self.history = [Happening(0, past.type, past.object) for past in self.history]
        beginning = ConfigMap(metadata=ObjectMeta(resource_version="1"))
        self.history.append(Happening(NEVER, "BOOKMARK", beginning))
        self._changed.set()

    def _tell(self, kind: str, changed: ConfigMap) -> None:
        self.history.append(Happening(self.revision, kind, changed))
        self._changed.set()

    async def answer(self, target: str, write: Callable[[bytes], None]) -> None:
        """Answer one request; returns when the answer is complete."""
        self.requests.append(target)
        parameters = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
        if self.refusals:
            code = self.refusals.pop(0)
            write(_complete(code, {"kind": "Status", "code": code, "message": "refused"}))
        elif "watch" not in parameters:
            items = [item.to_dict() for item in self.objects.values()]
            write(_complete(200, {"metadata": {"resourceVersion": str(self.revision)}, "items": items}))
        elif int(parameters["resourceVersion"]) < self.forgotten:
            write(_complete(410, {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}))
        else:
            await self._stream(int(parameters["resourceVersion"]), write)

    async def _stream(self, revision: int, write: Callable[[bytes], None]) -> None:
        write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        told = 0
        while True:
            for happening in self.history[told:]:
                if happening.revision > revision or (happening.type == "BOOKMARK" and happening.revision == revision):
                    line = b'{"type":"%s","object":%s}\n' % (happening.type.encode(), happening.object.to_json())
                    write(b"%x\r\n%s\r\n" % (len(line), line))
            told = len(self.history)
            self._changed.clear()
            await self._changed.wait()


def _complete(code: int, document: Json) -> bytes:
    body = orjson.dumps(document)
    return b"HTTP/1.1 %d Reason\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
        code,
        len(body),
        body,
    )


@asynccontextmanager
async def serve(api: ScriptedApi) -> AsyncIterator[Client]:
    """A client of `api` over a real socket."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await reader.readuntil(b"\r\n\r\n")
            target = request.split(b" ", 2)[1].decode()
            left = api.cut_after.pop(0) if "watch=" in target and api.cut_after else NEVER

            def write(data: bytes) -> None:
                nonlocal left
                writer.write(data[:left])
                left -= len(data)
                if left <= 0:
                    raise ConnectionAbortedError("cut as the test asks")

            await api.answer(target, write)
            await writer.drain()

    async with (
        listening(converse) as port,
        Client.connect(ClientConfig(server=f"http://127.0.0.1:{port}")) as client,
    ):
        yield client
