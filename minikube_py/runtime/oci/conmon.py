"""Starts containers so that they outlive us: conmon is the parent, we are only a visitor.

conmon calls `runc create`, keeps the container's output as a log in CRI's format, waits for its end, writes the exit
code into a file and ends itself. We learn the pids from files it writes and the exit from conmon's own end (a pidfd,
so nobody polls and no pid can be mistaken); all of that works as well for a process that was not there at the start.

Kubernetes: CRI-O's runtime_oci.go; containerd's shim has the same role.
"""

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from minikube_py.runtime.interface import ContainerConfig, ContainerStartFailed, RuntimeFault
from minikube_py.runtime.oci import commands
from minikube_py.runtime.oci.processes import Process, read_pid_file


@dataclass(frozen=True, slots=True)
class Programs:
    """The OCI runtime (runc, crun, a learner's own) and conmon, with the folder where the runtime keeps its state."""

    runtime: str
    conmon: str
    state: Path

    def runtime_command(self, *arguments: str) -> list[str]:
        return [self.runtime, "--root", str(self.state), *arguments]


@dataclass(frozen=True, slots=True)
class ContainerFolder:
    """Where one container's files are."""

    path: Path

    @property
    def bundle(self) -> Path:
        return self.path / "bundle"

    @property
    def rootfs(self) -> Path:
        return self.path / "rootfs"

    @property
    def pid_file(self) -> Path:
        return self.path / "pid"

    @property
    def monitor_pid_file(self) -> Path:
        return self.path / "conmon.pid"

    @property
    def exit_folder(self) -> Path:
        return self.path / "exit"

    @property
    def own_log(self) -> Path:
        return self.path / "log"

    def exit(self) -> tuple[int, datetime] | None:
        """Exit code and time, once conmon has written them."""
        file = self.exit_folder / self.path.name
        try:
            return int(file.read_text()), datetime.fromtimestamp(file.stat().st_mtime, UTC)
        except (FileNotFoundError, ValueError):
            return None

    def was_out_of_memory(self) -> bool:
        return (self.bundle / "oom").exists()


async def create(
    programs: Programs, folder: ContainerFolder, log: Path, config: ContainerConfig
) -> tuple[Process, Process]:
    """Create the container's process, not yet running its program; returns it and its monitor.

    Raises: ContainerStartFailed in the OCI runtime's words.
    """
    container_id = folder.path.name
    argv = [
        programs.conmon, "--api-version", "1", "-c", container_id, "-u", container_id, "-n", container_id,
        "-r", programs.runtime, f"--runtime-arg=--root={programs.state}", "-b", str(folder.bundle),
        "-p", str(folder.pid_file), "-P", str(folder.monitor_pid_file), "--exit-dir", str(folder.exit_folder),
        "--persist-dir", str(folder.bundle), "--full-attach",
        "-l", f"k8s-file:{log}", "--log-level", "error",
    ]  # fmt: skip
    argv += ["-t"] if config.tty else []
    argv += ["-i"] if config.stdin else []
    argv += ["--leave-stdin-open"] if config.stdin and not config.stdin_once else []
    message = await _run_synchronised(argv)
    container, monitor = read_pid_file(folder.pid_file), read_pid_file(folder.monitor_pid_file)
    if container is None or monitor is None:
        raise ContainerStartFailed(message or "conmon ended without starting the container")
    return container, monitor


async def start(programs: Programs, container_id: str) -> None:
    """Let the created process run its program. Raises: ContainerStartFailed."""
    output = await commands.run(programs.runtime_command("start", container_id))
    if output.exit_code != 0:
        raise ContainerStartFailed(_cleaned(output.stderr.decode(errors="replace")))


async def update(programs: Programs, folder: ContainerFolder, limits: Mapping[str, object]) -> None:
    """Change the limits of a running container, given in the specification's words. Raises: ProgramFailed."""
    file = folder.path / "update.json"
    file.write_text(json.dumps(limits))
    await commands.check(programs.runtime_command("update", "--resources", str(file), folder.path.name))


async def delete(programs: Programs, container_id: str) -> None:
    """Kill what is left of a container and let the OCI runtime forget it; unknown is fine."""
    output = await commands.run(programs.runtime_command("delete", "--force", container_id))
    said = output.stderr.decode(errors="replace")
    if output.exit_code != 0 and "does not exist" not in said:
        raise RuntimeFault(f"cannot remove container {container_id}: {_cleaned(said)}")


async def _run_synchronised(argv: list[str]) -> str:
    """Run conmon until its first process ends; return the error it reported through its pipe, if any."""
    reader, writer = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            pass_fds=(writer,),
            env={**os.environ, "_OCI_SYNCPIPE": str(writer)},
            start_new_session=True,
        )
        os.close(writer)
        writer = -1
        report = await _read_line(reader)
        await process.wait()
    finally:
        os.close(reader)
        if writer >= 0:
            os.close(writer)
    try:
        return _cleaned(str(json.loads(report).get("message", "")))
    except (ValueError, AttributeError):
        return report.decode(errors="replace").strip()


async def _read_line(descriptor: int) -> bytes:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    file = os.fdopen(os.dup(descriptor), "rb")
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), file)
    try:
        return await reader.readline()
    finally:
        transport.close()


def _cleaned(message: str) -> str:
    """Cut the OCI runtime's error to its sentence; it repeats itself as a log line and as JSON."""
    lines = [line for line in message.strip().splitlines() if line]
    last = lines[-1] if lines else ""
    if 'msg="' in last:
        last = last.split('msg="', 1)[1].rsplit('"', 1)[0].replace('\\"', '"')
    return last


async def running(programs: Programs, folder: ContainerFolder) -> tuple[Process, Process] | None:
    """The process and monitor of a container whose program runs, by the OCI runtime's own word."""
    output = await commands.run(programs.runtime_command("state", folder.path.name))
    if output.exit_code != 0 or json.loads(output.stdout).get("status") != "running":
        return None
    container, monitor = read_pid_file(folder.pid_file), read_pid_file(folder.monitor_pid_file)
    return None if container is None or monitor is None else (container, monitor)
