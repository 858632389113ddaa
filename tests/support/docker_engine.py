"""A Docker engine of the tests' own: in a network namespace of its own, with nothing left behind afterwards."""

import shutil
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_START_S = 60.0


@contextmanager
def running_engine(folder: Path) -> "Iterator[Engine]":
    """Run dockerd with all its files under `folder`, in a namespace that ends with it; yields it."""
    netns = f"mkt-docker-{uuid.uuid4().hex[:6]}"
    subprocess.run(["ip", "netns", "add", netns], check=True)
    subprocess.run(["ip", "-n", netns, "link", "set", "lo", "up"], check=True)
    try:
        with engine_in(netns, folder) as engine:
            engine.start()
            yield engine
    finally:
        subprocess.run(["ip", "netns", "delete", netns], check=True)


@contextmanager
def engine_in(netns: str, folder: Path) -> "Iterator[Engine]":
    """An engine, not started yet, whose bridge and rules are to be in a namespace; yields it."""
    engine = Engine(folder, netns)
    try:
        yield engine
    finally:
        engine.end()
        unmount_below(folder)
        shutil.rmtree(folder, ignore_errors=True)


class Engine:
    """dockerd as a process that can be stopped and started again over the same data."""

    def __init__(self, folder: Path, netns: str) -> None:
        self.folder = folder
        self.netns = netns
        self.address = f"unix://{folder}/docker.sock"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        folder = self.folder
        folder.mkdir(exist_ok=True)
        # Not `ip netns exec`, which hides the cgroups.
        argv = ["nsenter", f"--net=/var/run/netns/{self.netns}", "dockerd", "-H", self.address]
        argv += [f"--data-root={folder}/data", f"--exec-root={folder}/exec", f"--pidfile={folder}/pid"]
        with (folder / "dockerd.log").open("ab") as log:
            self._process = subprocess.Popen(argv, stdout=log, stderr=log)
        deadline = time.monotonic() + _START_S
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError(f"dockerd did not start: {(folder / 'dockerd.log').read_text()[-2000:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=30)
            self._process = None

    def end(self) -> None:
        """Stop it and its containers, without waiting for these to have it their own way."""
        if self._process is not None:
            docker = f"docker -H {self.address}"
            subprocess.run(
                ["sh", "-c", f"{docker} ps -q | xargs -r {docker} kill"], stdout=subprocess.DEVNULL, check=False
            )
        self.stop()

    def _answers(self) -> bool:
        asked = subprocess.run(["docker", "-H", self.address, "version"], capture_output=True, check=False)
        return asked.returncode == 0


def unmount_below(folder: Path) -> None:
    """Take away what is still mounted in a folder, the innermost first."""
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    for target in sorted((mount for mount in mounts if mount.startswith(f"{folder}/")), reverse=True):
        subprocess.run(["umount", "--lazy", target], check=False)
