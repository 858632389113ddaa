"""A pod's shared namespaces, kept alive by files instead of by a process.

A namespace lives as long as something refers to it: a process in it, or a mount of its /proc/PID/ns file. A thread
makes new network, ipc and uts namespaces, mounts them on three files and ends; containers join by those paths. So an
idle pod costs no process at all, and a crash of ours cannot end a pod. Only a shared *process* namespace
(`shareProcessNamespace`) needs a process, because the kernel ends such a namespace with its first process: then a
tiny `pause` is that first process, and orphans end with it.

Kubernetes: CRI-O's pinns (drop_infra_ctr); containerd and Docker keep a pause container in every pod.
"""

import asyncio
import os
import shutil
import signal
import socket
import struct
from collections.abc import Mapping
from fcntl import ioctl
from pathlib import Path

from minikube_py.runtime.interface import RuntimeFault, SandboxConfig
from minikube_py.runtime.oci import kernel
from minikube_py.runtime.oci.bundle import SandboxPlace
from minikube_py.runtime.oci.processes import read_pid_file, send_signal

_SHM_BYTES = 64 * 1024 * 1024
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1
_KINDS = (("net", kernel.CLONE_NEWNET), ("ipc", kernel.CLONE_NEWIPC), ("uts", kernel.CLONE_NEWUTS))
# Ignoring SIGCHLD outlasts exec and makes the kernel reap whatever is orphaned to this process.
_PAUSE = "trap '' CHLD; exec sleep infinity"


class SandboxFolder:
    """The files of one sandbox: namespace files under `ns/`, the shared memory mount, /etc/hostname."""

    def __init__(self, path: Path, config: SandboxConfig) -> None:
        self.path = path
        self._config = config

    @property
    def netns(self) -> Path | None:
        return None if self._config.host_network else self.path / "ns" / "net"

    @property
    def hostname_file(self) -> Path:
        return self.path / "hostname"

    @property
    def _needs_pause(self) -> bool:
        return self._config.share_process_namespace and not self._config.host_pid

    def place(self) -> SandboxPlace:
        """What a container of this sandbox joins."""
        config, folder = self._config, self.path / "ns"
        pause = read_pid_file(self.path / "pause.pid") if self._needs_pause else None
        return SandboxPlace(
            hostname=self._hostname(),
            network=self.netns,
            ipc=None if config.host_ipc else folder / "ipc",
            uts=None if config.host_network else folder / "uts",
            pid=Path(f"/proc/{pause.pid}/ns/pid") if pause else None,
            shm=Path("/dev/shm") if config.host_ipc else self.path / "shm",
            has_own_pid=not config.host_pid and not self._needs_pause,
        )

    async def make(self) -> None:
        """Make namespaces and shared memory. Raises: RuntimeFault."""
        await kernel.in_new_thread(self._make_namespaces)
        await asyncio.to_thread(self._make_files)

    def is_whole(self) -> bool:
        """Whether the namespaces still exist (after a reboot they do not)."""
        if not kernel.is_namespace_file(self.netns or self.path / "ns" / "ipc"):
            return self._config.host_network and self._config.host_ipc
        return not self._needs_pause or read_pid_file(self.path / "pause.pid") is not None

    def remove(self) -> None:
        """Let the namespaces go and delete the files."""
        self._stop_pause()
        for name, _ in _KINDS:
            kernel.unmount(self.path / "ns" / name)
        kernel.unmount(self.path / "shm")
        shutil.rmtree(self.path, ignore_errors=True)

    def _hostname(self) -> str:
        return socket.gethostname() if self._config.host_network else self._config.hostname or self._config.pod_name

    def _make_namespaces(self) -> None:
        config = self._config
        absent = {"net": config.host_network, "ipc": config.host_ipc, "uts": config.host_network}
        wanted = [(name, flag) for name, flag in _KINDS if not absent[name]]
        (self.path / "ns").mkdir(exist_ok=True)
        kernel.unshare(sum(flag for _, flag in wanted))
        if not config.host_network:
            socket.sethostname(self._hostname())
            _bring_up_loopback()
        _write_sysctls(config.sysctls)
        for name, _ in wanted:
            target = self.path / "ns" / name
            target.touch()
            kernel.bind(Path("/proc/thread-self/ns", name), target)
        if self._needs_pause:
            self._start_pause()

    def _make_files(self) -> None:
        self.hostname_file.write_text(self._hostname() + "\n")
        if not self._config.host_ipc:
            shm = self.path / "shm"
            shm.mkdir()
            kernel.mount("shm", shm, "tmpfs", f"mode=1777,size={_SHM_BYTES}")

    def _start_pause(self) -> None:
        # Children of this thread are born into the new namespace; posix_spawn's answer is the number outside of it.
        kernel.unshare(kernel.CLONE_NEWPID)
        quiet = [(os.POSIX_SPAWN_OPEN, number, "/dev/null", os.O_RDWR, 0) for number in range(3)]
        pid = os.posix_spawn("/bin/sh", ["pause", "-c", _PAUSE], {}, file_actions=quiet, setsid=True)
        (self.path / "pause.pid").write_text(str(pid))

    def _stop_pause(self) -> None:
        pause = read_pid_file(self.path / "pause.pid")
        if pause is None or not send_signal(pause, signal.SIGKILL):
            return
        try:
            os.waitpid(pause.pid, 0)
        except ChildProcessError:
            return  # an earlier process of ours started it: init reaps it


def _bring_up_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh22x", b"lo", 0)
        name, flags = struct.unpack("16sh22x", ioctl(control, _SIOCGIFFLAGS, request))
        ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh22x", name, flags | _IFF_UP))


def _write_sysctls(sysctls: Mapping[str, str]) -> None:
    for name, value in sysctls.items():
        path = Path("/proc/sys", name.replace(".", "/"))
        try:
            path.write_text(value)
        except OSError as error:
            raise RuntimeFault(f"sysctl {name}={value}: {error.strerror}") from error
