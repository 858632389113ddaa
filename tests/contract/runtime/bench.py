"""What the runtime contract runs on: one Bench over each implementation, which knows how to say the same thing to each.

A `Program` says what a container is to do; for the real runtimes it becomes a shell script in the busybox image, for
the simulated one an annotation.
"""

import json
import os
import shutil
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from minikube_py.network.bridge import BridgeConfig, BridgeNetwork
from minikube_py.network.simulated import SimulatedNetwork
from minikube_py.runtime.abilities import Attach, Exec, LogOptions, Logs, Stats
from minikube_py.runtime.behaviour import ANNOTATION_PREFIX
from minikube_py.runtime.docker.runtime import DockerConfig, DockerRuntime
from minikube_py.runtime.interface import ContainerConfig, Runtime, SandboxConfig, SandboxStatus
from minikube_py.runtime.oci import cgroups
from minikube_py.runtime.oci.recipes import build
from minikube_py.runtime.oci.runtime import OciConfig, OciRuntime
from minikube_py.runtime.simulated import SimulatedRuntime, SimulatedWorld

RECIPES = Path(__file__).parents[3] / "examples" / "images"
BUSYBOX = "busybox"


class FullRuntime(Runtime, Logs, Exec, Attach, Stats, Protocol):
    """A runtime with the abilities that all three have."""


@dataclass(frozen=True, slots=True)
class Program:
    """What a container's process does: print, then live for a while or until it is told to stop."""

    prints: tuple[str, ...] = ()
    exit_after_s: float | None = None
    exit_code: int = 0
    ignores_stop: bool = False
    answers: dict[str, tuple[int, str]] = field(default_factory=dict)
    """For the simulated runtime: what commands in the container answer; a real shell knows by itself."""

    def script(self) -> str:
        lines = [f"echo {line}" for line in self.prints]
        if self.exit_after_s is not None:
            lines += [f"sleep {self.exit_after_s}", f"exit {self.exit_code}"]
        elif self.ignores_stop:
            lines += ["trap '' TERM", "while :; do sleep 1000; done"]
        else:
            lines += ["trap 'exit 0' TERM", "sleep 1000 & wait"]
        return "; ".join(lines)

    def annotation(self) -> str:
        return json.dumps(
            {
                "log": self.prints,
                "exit_after_s": self.exit_after_s,
                "exit_codes": [self.exit_code],
                "ignores_stop": self.ignores_stop,
                "exec": self.answers,
            }
        )


class Bench:
    """One runtime under test. `reopen` puts a new object over what the old one left, as a restarted kubelet does."""

    def __init__(self, kind: str, make: Callable[[], Awaitable[FullRuntime]], network: BridgeNetwork | None) -> None:
        self.kind = kind
        self.cgroup_root = ""
        self.network = network
        self.runtime: FullRuntime
        self._make = make

    @property
    def is_real(self) -> bool:
        return self.kind != "simulated"

    async def open(self) -> None:
        self.runtime = await self._make()
        await self.runtime.open()

    async def reopen(self) -> None:
        await self.runtime.close()
        await self.open()

    async def close(self) -> None:
        for sandbox in await self.runtime.list_sandboxes():
            await self.runtime.remove_sandbox(sandbox.id)
        await self.runtime.close()
        if self.cgroup_root:
            cgroups.remove(self.cgroup_root)

    async def sandbox(self, **changes: object) -> SandboxStatus:
        uid = uuid.uuid4().hex
        values = {"pod_uid": uid, "pod_name": f"web-{uid[:4]}", "namespace": "default", "hostname": f"web-{uid[:4]}"}
        return await self.runtime.run_sandbox(SandboxConfig(**{**values, **changes}))  # type: ignore[arg-type]  # by name

    def config(self, program: Program, *, name: str = "main", **changes: object) -> ContainerConfig:
        values: dict[str, object] = {"name": name, "image": BUSYBOX, "command": ("sh", "-c", program.script())}
        if not self.is_real:
            values["annotations"] = {ANNOTATION_PREFIX + name: program.annotation()}
        return ContainerConfig(**{**values, **changes})  # type: ignore[arg-type]  # by name

    async def start(self, program: Program, sandbox: SandboxStatus | None = None, **changes: object) -> str:
        """Run one container, in a sandbox of its own if none is given; returns its id."""
        sandbox = sandbox or await self.sandbox()
        container_id = await self.runtime.create_container(sandbox.id, self.config(program, **changes))  # type: ignore[arg-type]  # by name
        await self.runtime.start_container(container_id)
        return container_id

    async def output_of(self, script: str, sandbox: SandboxStatus | None = None, **changes: object) -> str:
        """Run a shell script as a container to its end and return what it printed."""
        sandbox = sandbox or await self.sandbox()
        config = ContainerConfig("script", BUSYBOX, command=("sh", "-c", script), **changes)  # type: ignore[arg-type]  # by name
        container_id = await self.runtime.create_container(sandbox.id, config)
        stream = self.runtime.events()
        await self.runtime.start_container(container_id)
        async for event in stream:
            if event.kind == "exited" and event.container_id == container_id:
                break
        stream.close()
        lines = [line.data async for line in self.runtime.logs(container_id, LogOptions())]
        return b"".join(lines).decode()


def missing_for(kind: str) -> str:
    """Why a runtime cannot be tested here; empty if it can."""
    programs = {
        "simulated": (),
        "oci": ("runc", "conmon", "skopeo", "umoci", "ip", "iptables"),
        "docker": ("dockerd", "busybox", "skopeo", "ip", "iptables"),
    }[kind]
    absent = [
        name for name in programs if shutil.which(name, path="/usr/bin:/usr/sbin:/bin:/sbin:/usr/local/bin") is None
    ]
    if absent:
        return f"not installed: {', '.join(absent)}"
    return "needs root" if programs and os.geteuid() != 0 else ""


def simulated_bench() -> Bench:
    world, network = SimulatedWorld(), SimulatedNetwork("10.99.0.0/16")

    async def make() -> FullRuntime:
        return SimulatedRuntime(network, world)

    return Bench("simulated", make, None)


def bridge_network(folder: Path) -> BridgeNetwork:
    """A pod network with names and range of this test run's own."""
    mark = uuid.uuid4().hex[:6]
    number = int(mark[:2], 16)
    config = BridgeConfig(f"mkt{mark}", f"10.213.{number}.0/24", "10.213.0.0/16", folder / "network")
    return BridgeNetwork(config)


def oci_bench(folder: Path, network: BridgeNetwork) -> Bench:
    cgroup_root = f"mkt-{uuid.uuid4().hex[:6]}-{folder.name}"

    async def make() -> FullRuntime:
        return OciRuntime(OciConfig(folder / "oci", cgroup_root), network)

    bench = Bench("oci", make, network)
    bench.cgroup_root = cgroup_root
    return bench


def docker_bench(address: str, network: BridgeNetwork | None) -> Bench:
    cluster = f"mkt-{uuid.uuid4().hex[:6]}"

    async def make() -> FullRuntime:
        return DockerRuntime(DockerConfig(cluster, cluster, address), network)

    bench = Bench("docker", make, network)
    bench.cgroup_root = cluster
    return bench


async def load(runtime: Runtime, name: str, cache: Path) -> None:
    """Put one of the example images into the runtime's store."""
    if await runtime.image_status(name) is None:
        image = await build(RECIPES / name.rpartition("/")[2], cache)
        await runtime.import_image(image.layout, image.tag, name)
