"""Every component as a process: it outlives a restart of the API server, and ends cleanly when it is asked to."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from minikube_py.api.kinds.apps.deployment import Deployment
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.client.client import Client
from minikube_py.client.kubeconfig import ClientConfig
from tests.support.api_server_process import ApiServerProcess
from tests.support.control_plane import write_signing_key
from tests.support.eventually import eventually

COMPONENTS = ("controllers", "scheduler", "kubelet")
STOPS_WITHIN_S = 2.0


class Components:
    """All that watch the API server and touch nothing of this machine, each with its log."""

    def __init__(self, folder: Path, server: str) -> None:
        self._folder = folder
        kubeconfig = folder / "kubeconfig"
        kubeconfig.write_text(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
            f"clusters: [{{name: c, cluster: {{server: '{server}'}}}}]\n"
            "users: [{name: c, user: {}}]\ncontexts: [{name: c, context: {cluster: c, user: c}}]\n"
        )
        flags = {"kubelet": ["--container-runtime=simulated", f"--root-dir={folder}/kubelet", "--port=0"]}
        self.processes = {
            name: self._spawn(name, [f"--kubeconfig={kubeconfig}", *flags.get(name, [])]) for name in COMPONENTS
        }

    def _spawn(self, name: str, flags: list[str]) -> subprocess.Popen[bytes]:
        with (self._folder / f"{name}.log").open("wb") as log:
            return subprocess.Popen([sys.executable, "-m", f"minikube_py.{name}", *flags], stdout=log, stderr=log)

    def log(self, name: str) -> str:
        return (self._folder / f"{name}.log").read_text()

    def kill(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait()


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ApiServerProcess]:
    key = write_signing_key(tmp_path / "sa.key")
    flags = (f"--service-account-signing-key-file={key}",)
    server = ApiServerProcess(f"sqlite://{tmp_path}/store.db", tmp_path / "api.log", flags)
    try:
        yield server
    finally:
        server.kill()


def deployment(replicas: int) -> Deployment:
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    return Deployment.from_dict({"metadata": {"name": "web", "namespace": "default"}, "spec": spec})


@pytest.mark.timeout(120)
async def test_components_outlive_the_api_server_and_end_cleanly(api: ApiServerProcess, tmp_path: Path) -> None:
    await api.start()
    components = Components(tmp_path, api.url)
    try:
        async with Client.connect(ClientConfig(server=api.url)) as client:

            async def run(count: int) -> None:
                async def all_run() -> bool:
                    pods = (await client.list(Pod, namespace="default")).items
                    assert [pod.status.phase for pod in pods] == ["Running"] * count, components.log("controllers")
                    return True

                await eventually(all_run, timeout_s=40)

            await client.create(deployment(2))
            await run(2)
            api.kill()
            await api.start()
            # Each must act again: a ReplicaSet grows, its pods are placed, and they run.
            await client.patch(Deployment, "web", {"spec": {"replicas": 4}}, namespace="default")
            await run(4)
        for name, process in components.processes.items():
            assert process.poll() is None, f"{name} ended by itself: {components.log(name)}"
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(STOPS_WITHIN_S) == 0, components.log(name)
            assert "Traceback" not in components.log(name), components.log(name)
            assert time.monotonic() - began < STOPS_WITHIN_S
    finally:
        components.kill()


async def test_api_server_ends_cleanly_although_somebody_watches(api: ApiServerProcess, tmp_path: Path) -> None:
    await api.start()
    async with (
        Client.connect(ClientConfig(server=api.url)) as client,
        client.watch(Pod, namespace="default", resource_version="0", timeout_s=60) as events,
    ):
        assert api.stop(STOPS_WITHIN_S) == 0
        assert [event.type.value async for event in events] == [
            "BOOKMARK"
        ]  # the end of the initial events, then of all
    assert "Traceback" not in (tmp_path / "api.log").read_text()
