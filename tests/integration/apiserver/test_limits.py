"""What is filled in for pods and claims from objects beside them: a LimitRange, the default StorageClass."""

from __future__ import annotations

from typing import Any

import httpx

from tests.support.api_server import api_server
from tests.support.eventually import eventually

DEFAULT = "/api/v1/namespaces/default"


async def make(client: httpx.AsyncClient, plural: str, body: dict[str, Any]) -> httpx.Response:
    return await client.post(f"{DEFAULT}/{plural}", json=body)


def pod(name: str, **resources: Any) -> dict[str, Any]:
    container = {"name": "c", "image": "i", "resources": resources}
    spec = {"containers": [container], "automountServiceAccountToken": False}
    return {"metadata": {"name": name}, "spec": spec}


async def test_a_limit_range_fills_in_and_refuses() -> None:
    async with api_server() as client:
        await make(client, "serviceaccounts", {"metadata": {"name": "default"}})
        limits = [{"type": "Container", "min": {"cpu": "100m"}, "max": {"cpu": "2"}, "defaultRequest": {"cpu": "200m"}}]
        (await make(client, "limitranges", {"metadata": {"name": "lr"}, "spec": {"limits": limits}})).raise_for_status()

        async def is_filled() -> bool:
            tried = await client.post(f"{DEFAULT}/pods?dryRun=All", json=pod("p"))
            return bool(tried.json()["spec"]["containers"][0]["resources"])

        await eventually(is_filled)
        made = (await make(client, "pods", pod("p"))).raise_for_status().json()
        assert made["spec"]["containers"][0]["resources"] == {"limits": {"cpu": "2"}, "requests": {"cpu": "200m"}}
        assert made["status"]["qosClass"] == "Burstable"
        refused = await make(client, "pods", pod("q", requests={"cpu": "50m"}, limits={"cpu": "3"}))
    assert (refused.status_code, refused.json()["reason"]) == (403, "Forbidden")
    assert refused.json()["message"] == (
        'pods "q" is forbidden: [minimum cpu usage per Container is 100m, but request is 50m, '
        "maximum cpu usage per Container is 2, but limit is 3]"
    )


async def test_a_claim_without_a_class_gets_the_default_one() -> None:
    mark = {"storageclass.kubernetes.io/is-default-class": "true"}
    classes = "/apis/storage.k8s.io/v1/storageclasses"

    def claim(name: str, **spec: Any) -> dict[str, Any]:
        size = {"requests": {"storage": "1Gi"}}
        return {"metadata": {"name": name}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": size, **spec}}

    async with api_server() as client:
        for name, annotations in (("plain", {}), ("slow", mark)):
            body = {"metadata": {"name": name, "annotations": annotations}, "provisioner": "example.com/p"}
            (await client.post(classes, json=body)).raise_for_status()

        async def is_given() -> bool:
            tried = await client.post(f"{DEFAULT}/persistentvolumeclaims?dryRun=All", json=claim("c"))
            return bool(tried.json()["spec"].get("storageClassName") == "slow")

        await eventually(is_given)
        for name, spec in (("none", {"storageClassName": ""}), ("own", {"storageClassName": "plain"})):
            made = (await make(client, "persistentvolumeclaims", claim(name, **spec))).raise_for_status().json()
            assert made["spec"]["storageClassName"] == spec["storageClassName"]
