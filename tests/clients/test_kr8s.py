"""kr8s: a client with kubectl's habits; its synchronous face."""

from __future__ import annotations

import kr8s
import pytest
from kr8s.objects import ConfigMap, Deployment, Pod, Service, new_class

from tests.clients.cluster import Cluster
from tests.clients.definitions import GROUP, custom, definition, deployment


@pytest.fixture
def api(cluster: Cluster, namespace: str) -> kr8s.Api:
    return kr8s.api(kubeconfig=str(cluster.kubeconfig), namespace=namespace)


def config_map(api: kr8s.Api, name: str, **data: str) -> ConfigMap:
    resource = {"metadata": {"name": name, "namespace": api.namespace, "labels": {"app": name}}, "data": data}
    return ConfigMap(resource, api=api)


@pytest.mark.compatibility("kr8s", "objects: create, get by name and selector, patch, label, annotate, delete")
def test_objects(api: kr8s.Api) -> None:
    made = config_map(api, "one", k="1")
    made.create()
    assert made.exists()
    made.patch({"data": {"k": "2"}})
    made.patch([{"op": "add", "path": "/data/more", "value": "x"}], type="json")
    made.label(tier="front")
    made.annotate(note="yes")
    (found,) = api.get("configmaps", label_selector={"tier": "front"})
    assert found.data == {"k": "2", "more": "x"}
    assert ConfigMap.get("one", api=api, namespace=api.namespace).annotations["note"] == "yes"
    made.delete()
    made.wait("delete", timeout=20)
    assert not made.exists()
    with pytest.raises(kr8s.NotFoundError):
        ConfigMap.get("one", api=api, namespace=api.namespace)


@pytest.mark.compatibility("kr8s", "watch: what is there, then what changes")
def test_watch(api: kr8s.Api) -> None:
    made = config_map(api, "one", k="1")
    made.create()
    seen = []
    for event, found in api.watch("configmaps", label_selector="app=one"):
        seen.append(event)
        if event == "ADDED":
            found.patch({"data": {"k": "2"}})
        elif event == "MODIFIED":
            found.delete()
        else:
            break
    assert seen == ["ADDED", "MODIFIED", "DELETED"]


@pytest.mark.compatibility(
    "kr8s", "a deployment: scaled, waited for, its pods, their logs and exec; a service's ready pods"
)
def test_a_deployment(api: kr8s.Api) -> None:
    web = Deployment(deployment("web", namespace=api.namespace), api=api)
    web.create()
    web.scale(2)
    web.wait("condition=Available", timeout=60)
    service = Service(
        {
            "metadata": {"name": "web", "namespace": api.namespace},
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]},
        },
        api=api,
    )
    service.create()
    pods = web.pods()
    assert len(pods) == 2
    assert {pod.name for pod in service.ready_pods()} == {pod.name for pod in pods}
    pod: Pod = pods[0]
    pod.wait("condition=Ready", timeout=60)
    assert list(pod.logs()) == ["first line", "second line"]
    assert pod.exec(["echo", "hello"]).stdout == b"hello\n"


@pytest.mark.compatibility("kr8s", "a kind of one's own, by discovery; who am I; the server's version")
def test_a_custom_kind(api: kr8s.Api) -> None:
    made = kr8s.objects.CustomResourceDefinition(definition("Chair"), api=api)
    made.create()
    for _, each in api.watch("customresourcedefinitions", field_selector=f"metadata.name={made.name}"):
        # Right after a create its conditions are null, as Kubernetes has it, which kr8s' own wait() does not like.
        if each.status.conditions and each.raw["status"]["conditions"][-1]["type"] == "Established":
            break
    chair_class = new_class(kind="Chair", version=f"{GROUP}/v1", namespaced=True)
    chair_class(
        {**custom("Chair", "c", "red"), "metadata": {"name": "c", "namespace": api.namespace}}, api=api
    ).create()
    (found,) = api.get(f"chairs.{GROUP}")
    assert found.spec.color == "red"
    found.delete()
    made.delete()
    assert api.whoami() == "kubernetes-admin"
    assert api.version()["major"] == "1"
