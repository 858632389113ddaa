"""A node reads what its pods need and writes about itself; nothing of another node's."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.support.secure_api_server import SecureServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

_CORE = "/api/v1/namespaces/default"
_LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def node(server: SecureServer) -> AsyncIterator[httpx.AsyncClient]:
    """Node n1, with a pod on it that names something of every kind; n2 has a pod too."""
    async with server.named("root", "system:masters") as admin:
        for name in ("default", "ours", "theirs"):
            await admin.post(f"{_CORE}/serviceaccounts", json={"metadata": {"name": name}})
        for name, owner, host in (("p1", "ours", "n1"), ("p2", "theirs", "n2")):
            container = {
                "name": "c",
                "image": "i",
                "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": f"{owner}-env", "key": "k"}}}],
                "envFrom": [{"configMapRef": {"name": f"{owner}-all"}}],
            }
            spec = {
                "nodeName": host,
                "serviceAccountName": owner,
                "imagePullSecrets": [{"name": f"{owner}-pull"}],
                "containers": [container],
                "volumes": [
                    {"name": "a", "secret": {"secretName": f"{owner}-volume"}},
                    {"name": "b", "projected": {"sources": [{"configMap": {"name": f"{owner}-projected"}}]}},
                ],
            }
            answer = await admin.post(f"{_CORE}/pods", json={"metadata": {"name": name}, "spec": spec})
            assert answer.status_code == 201, answer.text
    async with server.named("system:node:n1", "system:nodes") as client:
        yield client


@pytest.mark.parametrize(
    "path",
    [
        "secrets/{}-env",
        "secrets/{}-pull",
        "secrets/{}-volume",
        "configmaps/{}-all",
        "configmaps/{}-projected",
        "configmaps?fieldSelector=metadata.name={}-all",
        "serviceaccounts/{}",
    ],
)
async def test_what_its_pods_name_and_nothing_else(node: httpx.AsyncClient, server: SecureServer, path: str) -> None:
    assert (await node.get(f"{_CORE}/{path.format('ours')}")).status_code in (200, 404)
    refused = await node.get(f"{_CORE}/{path.format('theirs')}")
    assert refused.status_code == 403
    assert "no relationship found between node 'n1' and this object" in refused.json()["message"]
    assert server.audited(403)["user"]["username"] == "system:node:n1"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{_CORE}/secrets"),
        ("GET", f"{_CORE}/pods"),
        ("GET", f"{_CORE}/pods/p2"),
        ("GET", "/api/v1/pods?fieldSelector=spec.nodeName=n2"),
        ("GET", "/api/v1/pods?fieldSelector=spec.nodeName!=n1"),
        ("PATCH", f"{_CORE}/pods/p2/status"),
        ("DELETE", f"{_CORE}/pods/p2"),
        ("POST", f"{_CORE}/serviceaccounts/theirs/token"),
        ("GET", "/api/v1/nodes/n2"),
        ("GET", "/api/v1/nodes"),
        ("PATCH", "/api/v1/nodes/n2/status"),
        ("GET", f"{_LEASES}/n2"),
        ("POST", "/apis/apps/v1/namespaces/default/deployments"),
        ("DELETE", "/api/v1/nodes/n1"),
    ],
)
async def test_not_what_is_another_nodes(node: httpx.AsyncClient, server: SecureServer, method: str, path: str) -> None:
    assert (await node.request(method, path, json={})).status_code == 403
    server.audited(403)


async def test_its_own_node_lease_pods_and_tokens(node: httpx.AsyncClient) -> None:
    assert (await node.post("/api/v1/nodes", json={"metadata": {"name": "n1"}})).status_code in (201, 409)
    assert (await node.get("/api/v1/nodes?fieldSelector=metadata.name=n1")).status_code == 200
    assert (await node.get("/api/v1/pods?fieldSelector=spec.nodeName=n1")).json()["items"][0]["metadata"][
        "name"
    ] == "p1"
    lease = {"metadata": {"name": "n1"}, "spec": {"holderIdentity": "n1"}}
    assert (await node.post(_LEASES, json=lease)).status_code == 201
    assert (await node.get(f"{_LEASES}/n1")).status_code == 200
    assert (await node.post(f"{_CORE}/serviceaccounts/ours/token", json={})).status_code == 201
    merge = {"Content-Type": "application/merge-patch+json"}
    changed = await node.patch(f"{_CORE}/pods/p1/status", json={"status": {"message": "ok"}}, headers=merge)
    assert changed.status_code == 200


@pytest.mark.parametrize(
    ("mirrored", "spec", "complaint"),
    [
        (False, {"nodeName": "n1"}, "can only create mirror pods"),
        (True, {"nodeName": "n2"}, "spec.nodeName set to itself"),
        (
            True,
            {"nodeName": "n1", "serviceAccountName": "ours"},
            "can not create pods that reference a service account",
        ),
    ],
)
async def test_of_pods_it_makes_mirrors_of_its_own_only(
    node: httpx.AsyncClient, server: SecureServer, mirrored: bool, spec: dict[str, str], complaint: str
) -> None:
    annotations = {"kubernetes.io/config.mirror": "x"} if mirrored else {}
    body = {
        "metadata": {"name": "static", "annotations": annotations},
        "spec": {"containers": [{"name": "c", "image": "i"}], **spec},
    }
    refused = await node.post(f"{_CORE}/pods", json=body)
    assert refused.status_code == 403
    assert complaint in refused.json()["message"]
    server.audited(403)


_OWNER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "y"}


@pytest.mark.parametrize(
    ("patch", "complaint"),
    [
        ({"spec": {"taints": [{"key": "k", "effect": "NoSchedule"}]}}, "modify taints"),
        ({"metadata": {"labels": {"node-restriction.kubernetes.io/zone": "a"}}}, "modify labels: node-restriction"),
        ({"metadata": {"ownerReferences": [_OWNER]}}, "modify ownerReferences"),
    ],
)
async def test_of_its_node_it_leaves_alone_what_decides_over_it(
    node: httpx.AsyncClient, patch: dict[str, Any], complaint: str
) -> None:
    await node.post("/api/v1/nodes", json={"metadata": {"name": "n1"}})
    merge = {"Content-Type": "application/merge-patch+json"}
    refused = await node.patch("/api/v1/nodes/n1", json=patch, headers=merge)
    assert refused.status_code == 403
    assert complaint in refused.json()["message"]
    labels = {"metadata": {"labels": {"free": "yes"}}}
    assert (await node.patch("/api/v1/nodes/n1", json=labels, headers=merge)).status_code == 200


async def test_a_node_makes_no_node_but_itself(node: httpx.AsyncClient) -> None:
    refused = await node.post("/api/v1/nodes", json={"metadata": {"name": "n3"}})
    assert refused.status_code == 403
    assert 'node "n1" is not allowed to modify node "n3"' in refused.json()["message"]


async def test_a_certificate_request_says_who_asked_and_asks_for_no_masters(node: httpx.AsyncClient) -> None:
    requests = "/apis/certificates.k8s.io/v1/certificatesigningrequests"

    def body(name: str, group: str, **spec: object) -> dict[str, Any]:
        subject = x509.Name(
            [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group), x509.NameAttribute(NameOID.COMMON_NAME, "me")]
        )
        built = x509.CertificateSigningRequestBuilder().subject_name(subject)
        encoded = built.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()).public_bytes(Encoding.PEM)
        wanted = {"signerName": "kubernetes.io/kube-apiserver-client", "usages": ["client auth"], **spec}
        return {"metadata": {"name": name}, "spec": {"request": base64.b64encode(encoded).decode(), **wanted}}

    made = await node.post(requests, json=body("ours", "devs", username="admin", groups=["system:masters"]))
    assert made.status_code == 201, made.text
    spec = made.json()["spec"]
    assert (spec["username"], spec["groups"]) == ("system:node:n1", ["system:nodes", "system:authenticated"])
    refused = await node.post(requests, json=body("theirs", "system:masters"))
    assert refused.status_code == 403
    assert "signer with system:masters group is not allowed" in refused.json()["message"]
