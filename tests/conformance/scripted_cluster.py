"""A control plane and one simulated node, each part its own process, prepared as the recordings' cluster was.

The node's containers live as `LIVES` says: they print, answer and end as the recorded ones did.
"""

from __future__ import annotations

import io
import json
import ssl
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.control_plane import write_signing_key
from tests.support.pki import Authority
from tests.support.processes import free_port

Json = Any
NODE = "node1"
_TOKEN = "admin-of-the-replay"
_IMAGES = ("nginx:1.15-4", "nginx:1.27-0", "busybox:1.37.0-1")
"""What the node has pulled before; the recorded one had them, too."""


def _tar_of(path: str, content: bytes) -> str:
    kept = io.BytesIO()
    with tarfile.open(fileobj=kept, mode="w") as archive:
        member = tarfile.TarInfo(path)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return kept.getvalue().decode()


_PACKED = _tar_of("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n")
LIVES: dict[str, Json] = {
    "nginx": {
        "start_delay_s": 0.2,
        "log": [
            "2026/11/23 16:50:56 [notice] 1#1: start worker processes",
            "2026/11/23 16:50:56 [notice] 1#1: start worker process 7",
        ],
        "exec": {"nginx -v": [0, "", "nginx version: nginx/1.22.1\n"], "sh -c exit 3": [3]},
    },
    "p1": {"exec": {"tar cf - /etc/passwd": [0, _PACKED, "tar: removing leading '/' from member names\n"]}},
    "c": {"start_delay_s": 6},
    "j1": {"exit_after_s": 0.1},
    "cj1": {"exit_after_s": 0.1},
}


@dataclass(frozen=True, slots=True)
class ScriptedCluster:
    """Where it answers, and the kubeconfig that the recorded commands were run with."""

    url: str
    folder: Path
    kubeconfig: Path
    tls: ssl.SSLContext

    def ask(self, method: str, path: str, body: Json = None) -> Json:
        """One plain request. Raises: urllib.error.HTTPError."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {_TOKEN}"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, context=self.tls) as answer:
            return json.load(answer)


@contextmanager
def scripted_cluster(folder: Path) -> Iterator[ScriptedCluster]:
    """Run it until the block ends; `folder` keeps its logs."""
    port = free_port()
    authority = Authority(folder)
    pair = authority.server("127.0.0.1")
    cluster = ScriptedCluster(f"https://127.0.0.1:{port}", folder, folder / "kubeconfig", authority.context())
    cluster.kubeconfig.write_text(json.dumps(_kubeconfig(cluster.url, authority.file)))
    (folder / "lives.json").write_text(json.dumps(LIVES))
    key = write_signing_key(folder / "sa.key")
    (folder / "tokens").write_text(f'{_TOKEN},admin,,"system:masters"\n')
    flags = [f"--token-auth-file={folder / 'tokens'}", "--authorization-mode=RBAC"]
    flags += [f"--tls-cert-file={pair.certificate}", f"--tls-private-key-file={pair.key}"]
    server = ["apiserver", "--storage=memory://", f"--secure-port={port}", f"--service-account-signing-key-file={key}"]
    processes = [_start(folder, *server, *flags)]
    try:
        _until(lambda: cluster.ask("GET", "/api/v1/namespaces/kube-system"))
        kubeconfig = f"--kubeconfig={cluster.kubeconfig}"
        processes += [
            _start(folder, "controllers", kubeconfig, f"--root-ca-file={authority.file}"),
            _start(folder, "scheduler", kubeconfig),
            _start(folder, "kubelet", kubeconfig, f"--hostname-override={NODE}",
                   "--container-runtime=simulated", f"--container-runtime-endpoint={folder / 'lives.json'}",
                   "--node-ip=127.0.0.1", "--port=0", f"--root-dir={folder / 'kubelet'}"),
        ]  # fmt: skip
        cluster.ask("POST", "/api/v1/namespaces", {"metadata": {"name": "rec"}})
        _until(lambda: cluster.ask("GET", "/api/v1/namespaces/rec/serviceaccounts/default"))
        _until(lambda: _require_ready(cluster.ask("GET", f"/api/v1/nodes/{NODE}")))
        _pull_images(cluster)
        yield cluster
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            process.wait(20)


def _pull_images(cluster: ScriptedCluster) -> None:
    """Have the node pull the images, by a pod that goes again before the replay begins."""
    pods = "/api/v1/namespaces/kube-system/pods"
    containers = [{"name": f"c{number}", "image": image} for number, image in enumerate(_IMAGES)]
    _until(lambda: cluster.ask("GET", "/api/v1/namespaces/kube-system/serviceaccounts/default"))
    cluster.ask("POST", pods, {"metadata": {"name": "images"}, "spec": {"containers": containers}})
    _until(lambda: _require_ready(cluster.ask("GET", f"{pods}/images")))
    cluster.ask("DELETE", f"{pods}/images?gracePeriodSeconds=0")


def _start(folder: Path, component: str, *flags: str) -> subprocess.Popen[bytes]:
    with (folder / f"{component}.log").open("wb") as log:
        return subprocess.Popen([sys.executable, "-m", f"minikube_py.{component}", *flags], stdout=log, stderr=log)


def _until(attempt: Any, timeout_s: float = 90) -> None:
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            attempt()
        except (OSError, LookupError) as error:
            if time.monotonic() > deadline:
                raise SystemExit(f"the cluster of the replay does not come up: {error}") from error
            time.sleep(0.05)
        else:
            return


def _require_ready(found: Json) -> None:
    if not any(one["type"] == "Ready" and one["status"] == "True" for one in found["status"].get("conditions") or ()):
        raise LookupError(f"{found['metadata']['name']} is not ready")


def _kubeconfig(server: str, authority: Path) -> Json:
    context = {"cluster": "local", "user": "admin", "namespace": "rec"}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "local", "cluster": {"server": server, "certificate-authority": str(authority)}}],
        "users": [{"name": "admin", "user": {"token": _TOKEN}}],
        "contexts": [{"name": "local", "context": context}],
        "current-context": "local",
    }
