"""The kubelet's server in TLS: the API server is let in by its certificate, and knows the node by its name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from minikube_py.api.status import Unavailable
from minikube_py.apiserver.access import kubelet_tls
from minikube_py.apiserver.config import ApiServerConfig
from minikube_py.kubelet.config import KubeletConfig
from minikube_py.kubelet.server import KubeletServer, ListeningServer, server_tls
from minikube_py.outbound.outside import Outside, Sent
from tests.support.pki import Authority, Wanted

_NODE = "node-1"


@asynccontextmanager
async def _kubelet(cluster: Authority, clients: Authority) -> AsyncIterator[str]:
    pair = cluster.issue(Wanted(f"system:node:{_NODE}", usage=ExtendedKeyUsageOID.SERVER_AUTH, names=(_NODE,)))
    config = KubeletConfig(tls_cert_file=pair.certificate, tls_private_key_file=pair.key, client_ca_file=clients.file)
    server = ListeningServer(KubeletServer(lambda: ()).app(), "127.0.0.1", 0, server_tls(config))
    serving = asyncio.create_task(server.serve_until_cancelled())
    try:
        yield f"https://127.0.0.1:{await server.port()}"
    finally:
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving


@pytest.mark.parametrize(
    ("vouched_by", "node", "is_let_in"),
    [("clients", _NODE, True), ("cluster", _NODE, False), ("nobody", _NODE, False), ("clients", "node-2", False)],
)
async def test_only_the_api_server_is_let_in_and_only_to_the_right_node(
    tmp_path: Path, vouched_by: str, node: str, is_let_in: bool
) -> None:
    authorities = {name: Authority(tmp_path, name) for name in ("cluster", "clients")}
    pair = authorities[vouched_by].issue(Wanted("apiserver")) if vouched_by in authorities else None
    config = ApiServerConfig(
        storage="memory://",
        kubelet_certificate_authority=authorities["cluster"].file,
        kubelet_client_certificate=pair.certificate if pair else None,
        kubelet_client_key=pair.key if pair else None,
    )
    outside = Outside(kubelet_tls(config))
    try:
        async with _kubelet(authorities["cluster"], authorities["clients"]) as url:
            sent = Sent("GET", f"{url}/healthz", {}, tls_name=node)
            if is_let_in:
                reply = await outside.send(sent)
                assert (reply.code, await reply.decoded()) == (200, b"ok")
            else:
                with pytest.raises(Unavailable):
                    await outside.send(sent)
    finally:
        await outside.close()
