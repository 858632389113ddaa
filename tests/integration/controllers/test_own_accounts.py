"""The controllers against a server with RBAC: each acts under its own account, and is refused nothing."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from minikube_py.api.kinds.apps.deployment import Deployment
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.rbac.cluster_role import ClusterRole
from minikube_py.client.client import Client
from minikube_py.client.kubeconfig import ClientConfig
from minikube_py.controllers.context import ControllersConfig
from minikube_py.controllers.manager import run
from tests.support.eventually import eventually
from tests.support.pki import Wanted
from tests.support.secure_api_server import ADMIN_TOKEN, SecureServer, secure_api_server

_DEPLOYMENT = {
    "metadata": {"name": "web", "namespace": "default"},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "c", "image": "nginx"}]},
        },
    },
}


def _client(server: SecureServer, name: str = "", token: str = "") -> Client:
    pair = server.authority.issue(Wanted(name)) if name else None
    config = ClientConfig(
        server=server.url,
        certificate_authority=server.authority.file.read_text(),
        client_certificate=pair.certificate.read_text() if pair else "",
        client_key=pair.key.read_text() if pair else "",
        token=token,
    )
    return Client.connect(config)


async def test_every_controller_acts_as_itself_and_may_do_its_work(tmp_path: Path) -> None:
    config = ControllersConfig(root_ca="ca", use_service_account_credentials=True)
    async with secure_api_server(tmp_path) as server:
        manager, admin = _client(server, "system:kube-controller-manager"), _client(server, token=ADMIN_TOKEN)
        running = asyncio.create_task(run(manager, config))
        try:
            await admin.create(Deployment.from_dict(_DEPLOYMENT).defaulted())

            async def has_pods() -> bool:
                return len((await admin.list(Pod, namespace="default")).items) == 2

            async def has_gathered() -> bool:
                roles = [await admin.get(ClusterRole, name) for name in ("view", "edit", "admin")]
                counts = [len(role.rules or ()) for role in roles]
                return 0 < counts[0] < counts[1] < counts[2]

            await eventually(has_pods, timeout_s=20)
            await eventually(has_gathered, timeout_s=20)
            await admin.delete(Deployment, "web", namespace="default")

            async def has_none() -> bool:
                return not (await admin.list(Pod, namespace="default")).items

            await eventually(has_none, timeout_s=20)
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            await manager.close()
            await admin.close()
        lines = server.audit()
    refused = [
        f"{line['user']['username']} {line['verb']} {line['requestURI']}" for line in lines if _code(line) == 403
    ]
    assert refused == []
    makers = {line["user"]["username"] for line in lines if line["verb"] == "create" and _what(line) == "replicasets"}
    assert makers == {"system:serviceaccount:kube-system:deployment-controller"}
    makers = {line["user"]["username"] for line in lines if line["verb"] == "create" and _what(line) == "pods"}
    assert makers == {"system:serviceaccount:kube-system:replicaset-controller"}


def _code(line: dict[str, dict[str, int]]) -> int:
    return line["responseStatus"]["code"]


def _what(line: dict[str, dict[str, str]]) -> str:
    return line.get("objectRef", {}).get("resource", "")
