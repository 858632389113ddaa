"""lightkube: typed, and with server-side apply as its way to write."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lightkube import ApiError, Client, KubeConfig, codecs
from lightkube.generic_resource import create_namespaced_resource, load_in_cluster_generic_resources
from lightkube.models.meta_v1 import ObjectMeta
from lightkube.resources.apiextensions_v1 import CustomResourceDefinition
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import ConfigMap, Pod
from lightkube.types import PatchType

from tests.clients.cluster import Cluster
from tests.clients.definitions import GROUP, custom, definition, deployment


@pytest.fixture
def api(cluster: Cluster, namespace: str) -> Iterator[Client]:
    with Client(KubeConfig.from_file(cluster.kubeconfig), namespace=namespace, field_manager="lightkube") as api:
        yield api


def config_map(name: str, **data: str) -> ConfigMap:
    return ConfigMap(metadata=ObjectMeta(name=name, labels={"app": name}), data=data)


@pytest.mark.compatibility("lightkube", "typed objects: create, get, replace, patches, list with selectors, delete")
def test_typed_objects(api: Client) -> None:
    made = api.create(config_map("one", k="1"))
    made.data["k"] = "2"
    assert api.replace(made).data == {"k": "2"}
    with pytest.raises(ApiError) as conflict:
        api.replace(made)
    assert (conflict.value.status.code, conflict.value.status.reason) == (409, "Conflict")
    assert api.patch(ConfigMap, "one", {"data": {"k": "3"}}).data == {"k": "3"}
    operations = [{"op": "remove", "path": "/data/k"}]
    assert not api.patch(ConfigMap, "one", operations, patch_type=PatchType.JSON).data
    assert [each.metadata.name for each in api.list(ConfigMap, labels={"app": ["one", "two"]})] == ["one"]
    assert [each.metadata.name for each in api.list(ConfigMap, fields={"metadata.name": "one"})] == ["one"]
    api.delete(ConfigMap, "one")
    with pytest.raises(ApiError, match='configmaps "one" not found'):
        api.get(ConfigMap, "one")


@pytest.mark.compatibility(
    "lightkube", "server-side apply: owners, a conflict, force, a field that is given up, dry run"
)
def test_server_side_apply(api: Client) -> None:
    api.apply(config_map("one", k="1", old="x"))
    api.apply(config_map("one", k="1"))
    assert api.get(ConfigMap, "one").data == {"k": "1"}
    with pytest.raises(ApiError, match=r'conflict with "lightkube": \.data\.k') as conflict:
        api.apply(config_map("one", k="2"), field_manager="other")
    assert conflict.value.status.code == 409
    assert api.apply(config_map("one", k="2"), field_manager="other", force=True).data == {"k": "2"}
    owners = {(each.manager, each.operation) for each in api.get(ConfigMap, "one").metadata.managedFields}
    assert owners == {("lightkube", "Apply"), ("other", "Apply")}
    api.apply(config_map("two", k="1"), dry_run=True)
    with pytest.raises(ApiError, match="not found"):
        api.get(ConfigMap, "two")


@pytest.mark.compatibility("lightkube", "watch from a list's version; wait for a condition; logs and exec")
def test_watch_and_wait(api: Client) -> None:
    listed = api.list(ConfigMap)
    assert [each.metadata.name for each in listed] == ["kube-root-ca.crt"]
    api.create(config_map("one"))
    operation, found = next(iter(api.watch(ConfigMap, resource_version=listed.resourceVersion)))
    assert (operation, found.metadata.name) == ("ADDED", "one")
    for each in codecs.load_all_yaml(codecs.dump_all_yaml([codecs.from_dict(deployment("web"))])):
        api.apply(each)
    api.wait(Deployment, "web", for_conditions=["Available"])
    (pod,) = api.list(Pod, labels={"app": "web"})
    assert list(api.log(pod.metadata.name)) == ["first line\n", "second line\n"]
    assert api.exec(pod.metadata.name, command=["echo", "hello"], stdout=True).stdout == "hello\n"


@pytest.mark.compatibility("lightkube", "a kind of one's own: applied, its status patched")
def test_a_custom_kind(api: Client) -> None:
    api.apply(codecs.from_dict(definition("Door")))
    api.wait(CustomResourceDefinition, f"doors.{GROUP}", for_conditions=["Established"])
    load_in_cluster_generic_resources(api)
    door = create_namespaced_resource(GROUP, "v1", "Door", "doors")
    assert api.apply(door(custom("Door", "d", "red"))).spec == {"color": "red"}
    merged = api.patch(door.Status, "d", {"status": {"open": True}}, patch_type=PatchType.MERGE)
    assert merged.status == {"open": True}
    api.delete(CustomResourceDefinition, f"doors.{GROUP}")
