"""Deployments, ReplicaSets, Services, namespaces and garbage on a real API server with simulated nodes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from minikube_py.api.kinds.apps.deployment import Deployment
from minikube_py.api.kinds.apps.replica_set import ReplicaSet
from minikube_py.api.kinds.core.config_map import ConfigMap
from minikube_py.api.kinds.core.endpoints import Endpoints
from minikube_py.api.kinds.core.event import Event
from minikube_py.api.kinds.core.namespace import Namespace
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.replication_controller import ReplicationController
from minikube_py.api.kinds.core.service import Service
from minikube_py.api.kinds.core.service_account import ServiceAccount
from minikube_py.api.kinds.discovery.endpoint_slice import EndpointSlice
from minikube_py.api.meta import DeleteOptions, ObjectMeta, OwnerReference
from minikube_py.api.model import replace
from minikube_py.api.resource import Resource
from minikube_py.api.status import NotFound
from minikube_py.client.client import Client
from tests.support.control_plane import control_plane, write_signing_key
from tests.support.eventually import eventually

TIMEOUT_S = 30


@pytest.fixture(scope="module")
def signing_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_signing_key(tmp_path_factory.mktemp("keys") / "sa.key")


@pytest.fixture
async def client(signing_key: Path) -> AsyncIterator[Client]:
    def is_not_broken(pod: Pod) -> bool:
        return pod.spec.containers[0].image != "broken"

    async with control_plane(signing_key, becomes_ready=is_not_broken) as connected:
        yield connected


def deployment(name: str = "web", replicas: int = 3, namespace: str = "default") -> Deployment:
    labels = {"app": name}
    document = {
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "v1"}]}},
        },
    }
    return Deployment.from_dict(document)


async def is_complete(client: Client, name: str = "web", namespace: str = "default") -> bool:
    found = await client.get(Deployment, name, namespace=namespace)
    wanted, status = found.spec.replicas, found.status
    is_current = status.observed_generation == found.metadata.generation
    return is_current and wanted == status.updated_replicas == status.available_replicas == status.replicas


async def is_gone(client: Client, kind: type[Resource], name: str, namespace: str = "default") -> bool:
    try:
        await client.get(kind, name, namespace=namespace)
    except NotFound:
        return True
    return False


async def count(client: Client, kind: type[Resource], namespace: str = "default") -> int:
    return len((await client.list(kind, namespace=namespace)).items)


async def test_deployment_rolls_out_and_tells_how(client: Client) -> None:
    await client.create(deployment())
    await eventually(lambda: is_complete(client), timeout_s=TIMEOUT_S)
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "v2"}]}}}}
    await client.patch(Deployment, "web", patch, namespace="default")
    await eventually(lambda: is_complete(client), timeout_s=TIMEOUT_S)
    images = {pod.spec.containers[0].image for pod in (await client.list(Pod, namespace="default")).items}
    assert "v2" in images
    events = await client.list(Event, namespace="default", field_selector="involvedObject.kind=Deployment")
    messages = [event.message for event in events.items]
    assert any(
        message.startswith("Scaled up replica set web-") and message.endswith(" from 0 to 3") for message in messages
    )


async def test_replica_set_releases_a_pod_that_matches_no_longer_and_replaces_it(client: Client) -> None:
    await client.create(deployment(replicas=1))
    await eventually(lambda: is_complete(client), timeout_s=TIMEOUT_S)
    [pod] = (await client.list(Pod, namespace="default")).items
    await client.patch(Pod, pod.metadata.name, {"metadata": {"labels": {"app": "other"}}}, namespace="default")

    async def is_released() -> bool:
        released = await client.get(Pod, pod.metadata.name, namespace="default")
        return not released.metadata.owner_references and await count(client, Pod) == 2

    await eventually(is_released, timeout_s=TIMEOUT_S)


async def test_replication_controller_keeps_its_pods_adopts_releases_and_follows_its_scale(client: Client) -> None:
    labels = {"app": "old"}
    pod_spec = {"containers": [{"name": "c", "image": "v1"}]}
    orphan = {"metadata": {"name": "lonely", "namespace": "default", "labels": labels}, "spec": pod_spec}
    await client.create(Pod.from_dict(orphan))
    spec = {"replicas": 2, "template": {"metadata": {"labels": labels}, "spec": pod_spec}}
    document = {"metadata": {"name": "old", "namespace": "default"}, "spec": spec}
    await client.create(ReplicationController.from_dict(document))

    async def has(replicas: int) -> bool:
        status = (await client.get(ReplicationController, "old", namespace="default")).status
        return status.replicas == status.available_replicas == status.fully_labeled_replicas == replicas

    await eventually(lambda: has(2), timeout_s=TIMEOUT_S)
    [owner] = (await client.get(Pod, "lonely", namespace="default")).metadata.owner_references
    assert (owner.kind, owner.name, owner.controller) == ("ReplicationController", "old", True)
    await client.patch(Pod, "lonely", {"metadata": {"labels": {"app": "other"}}}, namespace="default")

    async def is_released() -> bool:
        released = await client.get(Pod, "lonely", namespace="default")
        return not released.metadata.owner_references and await count(client, Pod) == 3

    await eventually(is_released, timeout_s=TIMEOUT_S)
    await client.patch(ReplicationController, "old", {"spec": {"replicas": 0}}, namespace="default")
    await eventually(lambda: has(0), timeout_s=TIMEOUT_S)


async def test_refused_pod_shows_in_event_and_condition() -> None:
    async with control_plane(None) as client:
        await client.create(deployment(replicas=1))

        async def says_why() -> bool:
            found = (await client.list(ReplicaSet, namespace="default")).items
            return any(each.reason == "FailedCreate" for one in found for each in one.status.conditions)

        async def event_says_why() -> bool:
            events = await client.list(Event, namespace="default", field_selector="reason=FailedCreate")
            return any("no API token found for service account" in event.message for event in events.items)

        await eventually(says_why, timeout_s=TIMEOUT_S)
        await eventually(event_says_why, timeout_s=TIMEOUT_S)


async def test_service_gets_endpoints_and_slices_that_go_with_it(client: Client) -> None:
    await client.create(deployment(replicas=2))
    metadata = ObjectMeta(name="web", namespace="default")
    service = Service.from_dict({"spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}})
    await client.create(replace(service, metadata=metadata))

    async def has_two_addresses() -> bool:
        slices = await client.list(EndpointSlice, namespace="default", label_selector="kubernetes.io/service-name=web")
        ready = [each for part in slices.items for each in part.endpoints if each.conditions.ready]
        legacy = await client.get(Endpoints, "web", namespace="default")
        return len(ready) == 2 and [len(subset.addresses) for subset in legacy.subsets] == [2]

    async def is_served() -> bool:
        try:
            return await has_two_addresses()
        except NotFound:
            return False

    await eventually(is_served, timeout_s=TIMEOUT_S)
    await client.delete(Service, "web", namespace="default")
    await eventually(lambda: is_gone(client, Endpoints, "web"), timeout_s=TIMEOUT_S)

    async def has_no_slices() -> bool:
        selector = "kubernetes.io/service-name=web"
        return not (await client.list(EndpointSlice, namespace="default", label_selector=selector)).items

    await eventually(has_no_slices, timeout_s=TIMEOUT_S)


async def test_endpoints_written_by_hand_are_mirrored_into_slices_that_follow_and_go_with_them(client: Client) -> None:
    meta = {"name": "outside", "namespace": "default"}
    await client.create(Service.from_dict({"metadata": meta, "spec": {"ports": [{"name": "web", "port": 80}]}}))

    def endpoints(*addresses: str) -> Endpoints:
        subset = {"addresses": [{"ip": each} for each in addresses], "ports": [{"name": "web", "port": 8080}]}
        return Endpoints.from_dict({"metadata": meta, "subsets": [subset]})

    async def mirrored() -> list[tuple[str, int | None, str]]:
        slices = (await client.list(EndpointSlice, namespace="default")).items
        mine = [each for each in slices if each.metadata.labels.get("kubernetes.io/service-name") == "outside"]
        assert all(each.metadata.owner_references[0].kind == "Endpoints" for each in mine)
        return sorted(
            (endpoint.addresses[0], each.ports[0].port, each.address_type)
            for each in mine
            for endpoint in each.endpoints
        )

    async def shows(*addresses: str) -> bool:
        families = {address: "IPv6" if ":" in address else "IPv4" for address in addresses}
        return await mirrored() == sorted((address, 8080, families[address]) for address in addresses)

    await client.create(endpoints("192.0.2.7", "2001:db8::7"))
    await eventually(lambda: shows("192.0.2.7", "2001:db8::7"), timeout_s=TIMEOUT_S)
    await client.update(endpoints("192.0.2.8", "192.0.2.9"))
    await eventually(lambda: shows("192.0.2.8", "192.0.2.9"), timeout_s=TIMEOUT_S)
    await client.delete(Endpoints, "outside", namespace="default")
    await eventually(shows, timeout_s=TIMEOUT_S)


async def test_endpoints_that_somebody_deletes_come_back(client: Client) -> None:
    service = Service.from_dict({"spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}})
    await client.create(replace(service, metadata=ObjectMeta(name="web", namespace="default")))

    async def uid() -> str:
        try:
            return (await client.get(Endpoints, "web", namespace="default")).metadata.uid
        except NotFound:
            return ""

    await eventually(uid, timeout_s=TIMEOUT_S)
    first = await uid()
    await client.delete(Endpoints, "web", namespace="default")

    async def has_another() -> bool:
        return await uid() not in ("", first)

    await eventually(has_another, timeout_s=TIMEOUT_S)


@pytest.mark.parametrize("policy", ["Background", "Foreground"])
async def test_deleted_deployment_takes_everything_with_it(client: Client, policy: str) -> None:
    await client.create(deployment())
    await eventually(lambda: is_complete(client), timeout_s=TIMEOUT_S)
    await client.delete(Deployment, "web", namespace="default", options=DeleteOptions(propagation_policy=policy))

    async def is_empty() -> bool:
        return not (await count(client, Deployment) + await count(client, ReplicaSet) + await count(client, Pod))

    await eventually(is_empty, timeout_s=TIMEOUT_S)


async def test_orphaned_replica_set_stays_without_its_owner(client: Client) -> None:
    await client.create(deployment())
    await eventually(lambda: is_complete(client), timeout_s=TIMEOUT_S)
    await client.delete(Deployment, "web", namespace="default", options=DeleteOptions(propagation_policy="Orphan"))
    await eventually(lambda: is_gone(client, Deployment, "web"), timeout_s=TIMEOUT_S)
    [replica_set] = (await client.list(ReplicaSet, namespace="default")).items
    assert replica_set.metadata.owner_references == ()
    assert await count(client, Pod) == 3


async def test_circle_of_owners_does_not_block_a_foreground_deletion(client: Client) -> None:
    made: dict[str, ConfigMap] = {}
    for name in ("a", "b", "c"):
        made[name] = await client.create(ConfigMap(metadata=ObjectMeta(name=name, namespace="default")))
    for name, owner in (("a", "c"), ("b", "a"), ("c", "b")):
        reference = OwnerReference(
            api_version="v1",
            kind="ConfigMap",
            name=owner,
            uid=made[owner].metadata.uid,
            controller=True,
            block_owner_deletion=True,
        )
        patch = {"metadata": {"ownerReferences": [reference.to_dict()]}}
        await client.patch(ConfigMap, name, patch, namespace="default")
    await client.delete(ConfigMap, "a", namespace="default", options=DeleteOptions(propagation_policy="Foreground"))

    async def all_gone() -> bool:
        return all([await is_gone(client, ConfigMap, name) for name in made])

    await eventually(all_gone, timeout_s=TIMEOUT_S)


async def test_foreground_deletion_waits_for_who_blocks_it_and_takes_the_others_at_once(client: Client) -> None:
    owner = await client.create(ConfigMap(metadata=ObjectMeta(name="owner", namespace="default")))
    for name, blocks in (("blocking", True), ("other", False)):
        reference = OwnerReference(
            api_version="v1", kind="ConfigMap", name="owner", uid=owner.metadata.uid, block_owner_deletion=blocks
        )
        finalizers = ("example.com/wait",) if blocks else ()
        metadata = ObjectMeta(name=name, namespace="default", owner_references=(reference,), finalizers=finalizers)
        await client.create(ConfigMap(metadata=metadata))
    options = DeleteOptions(propagation_policy="Foreground")
    await client.delete(ConfigMap, "owner", namespace="default", options=options)
    await eventually(lambda: is_gone(client, ConfigMap, "other"), timeout_s=TIMEOUT_S)
    assert not await is_gone(client, ConfigMap, "owner")
    await client.patch(ConfigMap, "blocking", {"metadata": {"finalizers": None}}, namespace="default", form="merge")
    await eventually(lambda: is_gone(client, ConfigMap, "owner"), timeout_s=TIMEOUT_S)
    assert await is_gone(client, ConfigMap, "blocking")


async def test_namespace_goes_with_everything_inside_pods_first(client: Client) -> None:
    await client.create(Namespace(metadata=ObjectMeta(name="gone")))
    await eventually(lambda: _account_exists(client, "gone"), timeout_s=TIMEOUT_S)
    held = Pod.from_dict({"spec": {"containers": [{"name": "c", "image": "v1"}]}})
    metadata = ObjectMeta(name="held", namespace="gone", finalizers=("example.com/wait",))
    await client.create(replace(held, metadata=metadata))
    await client.create(ConfigMap(metadata=ObjectMeta(name="needed", namespace="gone")))
    await client.delete(Namespace, "gone")

    async def waits_for_the_pod() -> bool:
        namespace = await client.get(Namespace, "gone")
        return any(
            each.type == "NamespaceFinalizersRemaining" and "example.com/wait in 1" in each.message
            for each in namespace.status.conditions
        )

    await eventually(waits_for_the_pod, timeout_s=TIMEOUT_S)
    assert (await client.get(ConfigMap, "needed", namespace="gone")).metadata.deletion_timestamp is None
    await client.patch(Pod, "held", {"metadata": {"finalizers": None}}, namespace="gone", form="merge")
    await eventually(lambda: is_gone(client, Namespace, "gone"), timeout_s=TIMEOUT_S)


async def _account_exists(client: Client, namespace: str) -> bool:
    return not await is_gone(client, ServiceAccount, "default", namespace)
