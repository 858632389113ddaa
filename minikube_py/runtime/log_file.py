"""Reads container logs in CRI's format (or Docker's json-file), to their end or as they grow.

    2026-01-02T03:04:05.123456789Z stdout F a whole line
    2026-01-02T03:04:05.123456789Z stderr P the first part of a long one

Following costs no polling: inotify wakes the reader on every write. The last lines are found from the file's end, so
`--tail` of a large log is cheap.

Kubernetes: pkg/kubelet/kuberuntime/logs; design: KEP-free "CRI: Log Management for Container Stdio Streams".
Simplified: no rotation.
"""

import asyncio
import ctypes
import json
import os
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, TypeAlias

from minikube_py.runtime.abilities import LogLine, LogOptions, LogStream
from minikube_py.runtime.interface import RuntimeFault

_IN_MODIFY = 0x2
_IN_CLOEXEC_NONBLOCK = 0o2000000 | 0o4000
_BLOCK_BYTES = 64 * 1024
LineParser: TypeAlias = Callable[[bytes], LogLine | None]
_LIBC = ctypes.CDLL(None, use_errno=True)


def parse_line(raw: bytes) -> LogLine | None:
    """One line of the file; None where it is not of this format (cut off by a crash)."""
    parts = raw.rstrip(b"\n").split(b" ", 3)
    if len(parts) < 4 or parts[1] not in (b"stdout", b"stderr") or not raw.endswith(b"\n"):
        return None
    end = b"\n" if parts[2].split(b":")[0] == b"F" else b""
    stream: LogStream = "stdout" if parts[1] == b"stdout" else "stderr"
    return LogLine(_in_utc(parts[0].decode()), stream, parts[3] + end)


def parse_json_line(raw: bytes) -> LogLine | None:
    """One line of Docker's json-file format, which tells the same three things."""
    try:
        entry = json.loads(raw)
        stream: LogStream = "stderr" if entry["stream"] == "stderr" else "stdout"
        return LogLine(_in_utc(entry["time"]), stream, entry["log"].encode())
    except (ValueError, KeyError, TypeError):
        return None


async def read_log(
    path: Path, options: LogOptions, ended: asyncio.Event, parse: LineParser = parse_line
) -> AsyncIterator[LogLine]:
    """Lines of the log; with `follow` until `ended` is set and everything is read."""
    since = options.since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") if options.since else ""
    if not await asyncio.to_thread(path.exists):
        if not options.follow:
            return
        await asyncio.to_thread(path.touch)
    with await asyncio.to_thread(path.open, "rb") as file, _Growth(path, ended) as growth:
        if options.tail is not None:
            await asyncio.to_thread(_seek_to_last_lines, file, options.tail, parse)
        rest = b""
        while True:
            is_last = ended.is_set() or not options.follow
            block = await asyncio.to_thread(file.read, _BLOCK_BYTES)
            *lines, rest = (rest + block).split(b"\n")
            for raw in lines:
                line = parse(raw + b"\n")
                if line is not None and line.timestamp >= since:
                    yield line
            if block:
                continue
            if is_last:
                return
            await growth.wait()


class _Growth:
    """Wakes up when the file grows or the container has ended."""

    def __init__(self, path: Path, ended: asyncio.Event) -> None:
        self._path = path
        self._ended = ended
        self._changed = asyncio.Event()
        self._end_task: asyncio.Task[None] | None = None

    def __enter__(self) -> "_Growth":
        self._descriptor = _LIBC.inotify_init1(_IN_CLOEXEC_NONBLOCK)
        if self._descriptor < 0:
            raise RuntimeFault(f"cannot follow {self._path}: {os.strerror(ctypes.get_errno())}")
        _LIBC.inotify_add_watch(self._descriptor, os.fsencode(self._path), _IN_MODIFY)
        asyncio.get_running_loop().add_reader(self._descriptor, self._wake)
        self._end_task = asyncio.create_task(self._wait_for_end())
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)
        if self._end_task is not None:
            self._end_task.cancel()

    async def wait(self) -> None:
        await self._changed.wait()
        self._changed.clear()

    async def _wait_for_end(self) -> None:
        await self._ended.wait()
        self._changed.set()

    def _wake(self) -> None:
        os.read(self._descriptor, 4096)
        self._changed.set()


def _seek_to_last_lines(file: BinaryIO, count: int, parse: LineParser) -> None:
    """Move to the start of the last `count` whole lines; parts of one long line count as one."""
    position = file.seek(0, os.SEEK_END)
    tail = b""
    while position > 0:
        step = min(_BLOCK_BYTES, position)
        position -= step
        file.seek(position)
        tail = file.read(step) + tail
        start = _start_of_last_lines(tail, count, parse, is_whole=position == 0)
        if start is not None:
            file.seek(position + start)
            return
    file.seek(0)


def _start_of_last_lines(text: bytes, count: int, parse: LineParser, *, is_whole: bool) -> int | None:
    if count <= 0:
        return len(text)
    rows = text.split(b"\n")[:-1]
    offset, found = len(text), 0
    for index in range(len(rows) - 1, -1, -1):
        line = parse(rows[index] + b"\n")
        if line is None or line.data.endswith(b"\n"):
            if found == count:
                return offset
            found += 1
        offset -= len(rows[index]) + 1
    return offset if is_whole else None


def _in_utc(text: str) -> str:
    """conmon writes local time with its offset; everyone else reads Z."""
    if text.endswith("Z"):
        return text
    if text.endswith("+00:00"):
        return text[:-6] + "Z"
    fraction = text[20:29]
    whole = datetime.fromisoformat(text[:19] + text[29:]).astimezone(UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{fraction}Z"
