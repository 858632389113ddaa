"""A kind is declared in one place: one class, made up here, is driven through every verb."""

from __future__ import annotations

from minikube_py.api.definition import Column, Scale
from minikube_py.api.meta import LabelSelector
from minikube_py.api.model import Model, written
from minikube_py.api.registry import Registry
from minikube_py.api.resource import Resource
from tests.support.api_server import api_server


class LighthouseSpec(Model):
    lamps: int = 0
    selector: LabelSelector | None = None


class LighthouseStatus(Model):
    lit: int = 0


class Lighthouse(
    Resource,
    group="coast.example",
    version="v1",
    plural="lighthouses",
    short_names=("lh",),
    scale=Scale(spec="spec.lamps", status="status.lit"),
    columns=(Column("Name", lambda house: house.metadata.name), Column("Lamps", lambda h: h.spec.lamps, "integer")),
):
    spec: LighthouseSpec = written(LighthouseSpec)
    status: LighthouseStatus = written(LighthouseStatus)


async def test_one_class_is_enough_for_every_verb() -> None:
    registry = Registry.of_all_kinds()
    registry.add(Lighthouse)
    path = "/apis/coast.example/v1/namespaces/default/lighthouses"
    merge = {"Content-Type": "application/merge-patch+json"}
    async with api_server(registry=registry) as client:
        created = await client.post(path, json={"metadata": {"name": "a"}, "spec": {"lamps": 1}})
        assert (created.status_code, created.json()["kind"]) == (201, "Lighthouse")
        assert (await client.get(f"{path}/a")).json()["spec"] == {"lamps": 1}
        updated = created.json() | {"spec": {"lamps": 2}}
        assert (await client.put(f"{path}/a", json=updated)).json()["metadata"]["generation"] == 2
        patched = await client.patch(f"{path}/a/scale", json={"spec": {"replicas": 3}}, headers=merge)
        assert patched.json()["spec"] == {"replicas": 3}
        status = await client.patch(f"{path}/a/status", json={"status": {"lit": 3}}, headers=merge)
        assert status.json()["status"] == {"lit": 3}
        accept = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
        assert (await client.get(path, headers=accept)).json()["rows"][0]["cells"] == ["a", 3]
        query = {"watch": "1", "timeoutSeconds": "1"}
        assert '"ADDED"' in (await client.get(path, params=query, timeout=5)).text
        names = [r["name"] for r in (await client.get("/apis/coast.example/v1")).json()["resources"]]
        assert names == ["lighthouses", "lighthouses/status", "lighthouses/scale"]
        schemas = (await client.get("/openapi/v3/apis/coast.example/v1")).json()["components"]["schemas"]
        assert any(name.endswith(".Lighthouse") for name in schemas)
        assert (await client.delete(path)).status_code == 200
        assert (await client.get(f"{path}/a")).status_code == 404
