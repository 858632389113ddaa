"""Commands inside a running container, by `runc exec`, with pipes or a terminal of our own.

Kubernetes: CRI's Exec and ExecSync. A probe's command and `kubectl exec` take the same way.
"""

import asyncio
import fcntl
import json
import os
import signal
import struct
import termios
import uuid
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from minikube_py.runtime.abilities import ExecSession, LogStream
from minikube_py.runtime.oci.conmon import ContainerFolder, Programs
from minikube_py.runtime.oci.processes import read_pid_file, send_signal

_CHUNK_BYTES = 32 * 1024
_POLL_S = 0.01


async def start_exec(
    programs: Programs, folder: ContainerFolder, command: Sequence[str], *, tty: bool, stdin: bool
) -> ExecSession:
    """Start a command with the container's own user, environment and limits."""
    draft = folder.path / f"exec-{uuid.uuid4().hex}"
    await asyncio.to_thread(_write_process, folder, draft, command, tty)
    pid_file = draft.with_suffix(".pid")
    argv = programs.runtime_command("exec", "--process", str(draft), "--pid-file", str(pid_file), folder.path.name)
    if tty:
        return await _start_with_terminal(argv, draft, pid_file)
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.PIPE if stdin else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    return PipedExec(process, draft, pid_file)


class _Exec:
    """What both kinds of session share: the helper process, and the command's own pid."""

    def __init__(self, process: asyncio.subprocess.Process, draft: Path, pid_file: Path) -> None:
        self._process = process
        self._draft = draft
        self._pid_file = pid_file

    async def exit_code(self) -> int:
        return await self._process.wait()

    async def _end(self) -> None:
        while self._process.returncode is None:
            # Killing the helper would leave the command running in the container, so the command is killed; it may
            # print before the helper has written down its number.
            inner = read_pid_file(self._pid_file)
            if inner is not None:
                send_signal(inner, signal.SIGKILL)
                await self._process.wait()
            else:
                await asyncio.sleep(_POLL_S)
        self._draft.unlink(missing_ok=True)
        self._pid_file.unlink(missing_ok=True)


class PipedExec(_Exec):
    """A session without a terminal: three separate streams."""

    def __init__(self, process: asyncio.subprocess.Process, draft: Path, pid_file: Path) -> None:
        super().__init__(process, draft, pid_file)
        self._chunks: asyncio.Queue[tuple[LogStream, bytes]] = asyncio.Queue(maxsize=8)
        # Owned by the session and not by `output`: a reader may give up half-way.
        self._pumps = (
            asyncio.create_task(_pump(process.stdout, "stdout", self._chunks)),
            asyncio.create_task(_pump(process.stderr, "stderr", self._chunks)),
        )
        self._open_streams = len(self._pumps)

    async def write(self, data: bytes) -> None:
        writer = self._process.stdin
        if writer is None:
            return
        try:
            writer.write(data)
            await writer.drain()
        except (BrokenPipeError, ConnectionResetError):
            return  # the command does not read any more, which is its right

    async def close_stdin(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()

    async def output(self) -> AsyncIterator[tuple[LogStream, bytes]]:
        while self._open_streams:
            stream, data = await self._chunks.get()
            if data:
                yield stream, data
            else:
                self._open_streams -= 1

    async def resize(self, width: int, height: int) -> None:
        """There is no terminal."""

    async def close(self) -> None:
        await self.close_stdin()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)
        await self._end()


class TerminalExec(_Exec):
    """A session on a pseudo-terminal: one stream both ways, sized by whoever looks at it."""

    def __init__(self, process: asyncio.subprocess.Process, draft: Path, pid_file: Path, master: int) -> None:
        super().__init__(process, draft, pid_file)
        self._master = master
        self._reader = asyncio.StreamReader()
        self._transport: asyncio.ReadTransport | None = None

    async def connect(self) -> None:
        file = os.fdopen(os.dup(self._master), "rb", buffering=0)
        protocol = asyncio.StreamReaderProtocol(self._reader)
        self._transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, file)

    async def write(self, data: bytes) -> None:
        await asyncio.to_thread(os.write, self._master, data)

    async def close_stdin(self) -> None:
        await self.write(b"\x04")

    async def output(self) -> AsyncIterator[tuple[LogStream, bytes]]:
        while True:
            try:
                data = await self._reader.read(_CHUNK_BYTES)
            except OSError:
                return  # EIO is how a terminal says that its other side has closed
            if not data:
                return
            yield "stdout", data

    async def resize(self, width: int, height: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        if self._process.returncode is None:
            # It is not our helper's controlling terminal, so the kernel does not tell it.
            self._process.send_signal(signal.SIGWINCH)

    async def close(self) -> None:
        await self._end()
        if self._transport is not None:
            self._transport.close()
        if self._master >= 0:
            os.close(self._master)
            self._master = -1


async def _start_with_terminal(argv: list[str], draft: Path, pid_file: Path) -> TerminalExec:
    master, slave = os.openpty()
    try:
        process = await asyncio.create_subprocess_exec(
            *argv, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
        )
    finally:
        os.close(slave)
    session = TerminalExec(process, draft, pid_file, master)
    await session.connect()
    return session


def _write_process(folder: ContainerFolder, draft: Path, command: Sequence[str], tty: bool) -> None:
    process = json.loads((folder.bundle / "config.json").read_text())["process"]
    process |= {"args": list(command), "terminal": tty}
    if tty and not any(entry.startswith("TERM=") for entry in process["env"]):
        process["env"].append("TERM=xterm")
    draft.write_text(json.dumps(process))


async def _pump(
    reader: asyncio.StreamReader | None, stream: LogStream, queue: asyncio.Queue[tuple[LogStream, bytes]]
) -> None:
    while reader is not None and (data := await reader.read(_CHUNK_BYTES)):
        await queue.put((stream, data))
    await queue.put((stream, b""))
