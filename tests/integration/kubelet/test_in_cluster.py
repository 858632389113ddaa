"""A kubelet with simulated containers against a real API server: what a user sees through the API."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from minikube_py.api.kinds.coordination.lease import Lease
from minikube_py.api.kinds.core.event import Event
from minikube_py.api.kinds.core.node import Node
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.api.kinds.core.service_account import ServiceAccount
from minikube_py.api.kinds.node.runtime_class import Overhead, RuntimeClass
from minikube_py.api.meta import ObjectMeta
from minikube_py.api.scalars import Quantity
from minikube_py.api.status import BadRequest, Forbidden, NotFound
from minikube_py.client.client import Client
from minikube_py.client.kubeconfig import ClientConfig
from minikube_py.client.request import Request
from minikube_py.kubelet.config import KubeletConfig
from minikube_py.kubelet.hollow import HollowConfig, HollowNodes
from minikube_py.kubelet.run import run
from tests.support.api_server import api_server
from tests.support.eventually import eventually
from tests.support.tasks import running_task

BEHAVIOUR = "simulated.minikube-py.dev/all"
STATIC = "apiVersion: v1\nkind: Pod\nmetadata: {name: st}\nspec: {containers: [{name: c, image: nginx}]}\n"


@dataclass(frozen=True)
class Cluster:
    client: Client
    http: httpx.AsyncClient


@asynccontextmanager
async def cluster() -> AsyncIterator[Cluster]:
    async with api_server() as http, Client.connect(ClientConfig(server=str(http.base_url))) as client:
        await client.create(ServiceAccount(metadata=ObjectMeta(name="default", namespace="default")))
        yield Cluster(client, http)


def settings(folder: Path, **changes: Any) -> KubeletConfig:
    values = {"container_runtime": "simulated", "hostname_override": "n1", "node_ip": "127.0.0.1", "port": 0}
    return KubeletConfig(root_dir=folder, **{**values, **changes})


def pod_for(node: str, name: str = "web", behaviour: dict[str, Any] | None = None, **spec: Any) -> Pod:
    document = {
        "metadata": {
            "name": name,
            "namespace": "default",
            "annotations": {BEHAVIOUR: json.dumps(behaviour)} if behaviour else {},
        },
        "spec": {
            "nodeName": node,
            "automountServiceAccountToken": False,
            "containers": [{"name": "c", "image": "nginx:1"}],
            **spec,
        },
    }
    return Pod.from_dict(document)


def is_ready(client: Client, name: str = "web") -> Callable[[], Any]:
    async def check() -> bool:
        pod = await client.get(Pod, name, namespace="default")
        return any(each.type == "Ready" and each.status == "True" for each in pod.status.conditions)

    return check


async def is_gone(client: Client, name: str) -> bool:
    try:
        await client.get(Pod, name, namespace="default")
    except NotFound:
        return True
    return False


async def test_a_node_registers_and_its_lease_is_renewed(tmp_path: Path) -> None:
    async with cluster() as here, running_task(run(settings(tmp_path), here.client)):

        async def has_lease() -> Lease:
            return await here.client.get(Lease, "n1", namespace="kube-node-lease")

        async def is_registered() -> bool:
            try:
                await has_lease()
            except NotFound:
                return False
            node = await here.client.get(Node, "n1")
            return any(each.type == "Ready" and each.status == "True" for each in node.status.conditions)

        await eventually(is_registered)
        node = await here.client.get(Node, "n1")
        assert node.metadata.labels["kubernetes.io/hostname"] == "n1"
        assert {"cpu", "memory", "pods", "ephemeral-storage"} <= set(node.status.allocatable)
        assert node.status.node_info.container_runtime_version == "simulated://1"
        assert node.status.daemon_endpoints.kubelet_endpoint.port > 0
        assert (await has_lease()).spec.holder_identity == "n1"


async def test_a_pod_runs_is_deleted_and_leaves_events(tmp_path: Path) -> None:
    async with cluster() as here, running_task(run(settings(tmp_path), here.client)):
        await here.client.create(pod_for("n1"))
        await eventually(is_ready(here.client))
        pod = await here.client.get(Pod, "web", namespace="default")
        assert pod.status.container_statuses[0].container_id.startswith("simulated://")
        assert (pod.status.host_ip, pod.status.qos_class) == ("127.0.0.1", "BestEffort")
        assert not any(each.reason for each in pod.status.conditions)

        async def reasons() -> list[str]:
            events = await here.client.list(Event, namespace="default")
            return [each.reason for each in events.items if each.involved_object.name == "web"]

        async def all_told() -> bool:
            return await reasons() == ["Pulling", "Pulled", "Created", "Started"]

        await eventually(all_told)
        await here.client.delete(Pod, "web", namespace="default")
        await eventually(lambda: is_gone(here.client, "web"))


async def test_a_pod_that_names_a_node_without_room_fails_and_can_be_deleted(tmp_path: Path) -> None:
    async with cluster() as here, running_task(run(settings(tmp_path), here.client)):
        container = {"name": "c", "image": "nginx:1", "resources": {"requests": {"cpu": "500"}}}
        await here.client.create(pod_for("n1", containers=[container]))

        async def has_failed() -> bool:
            return (await here.client.get(Pod, "web", namespace="default")).status.phase == "Failed"

        await eventually(has_failed)
        status = (await here.client.get(Pod, "web", namespace="default")).status
        assert status.reason == "OutOfcpu"
        assert status.message.startswith("Pod was rejected: Node didn't have enough resource: cpu, requested: 500000")
        assert not status.container_statuses

        async def is_told() -> bool:
            events = (await here.client.list(Event, namespace="default")).items
            told = [(each.type, each.reason) for each in events if each.involved_object.kind == "Pod"]
            return told == [("Warning", "OutOfcpu")]

        await eventually(is_told)
        await here.client.delete(Pod, "web", namespace="default")
        await eventually(lambda: is_gone(here.client, "web"))


async def test_a_pod_that_ends_keeps_its_log(tmp_path: Path) -> None:
    async with cluster() as here, running_task(run(settings(tmp_path), here.client)):
        behaviour = {"log": ["one", "two"], "exit_after_s": 0.1, "exit_codes": [3]}
        await here.client.create(pod_for("n1", behaviour=behaviour, restartPolicy="Never"))

        async def has_failed() -> bool:
            return (await here.client.get(Pod, "web", namespace="default")).status.phase == "Failed"

        await eventually(has_failed)
        log = "/api/v1/namespaces/default/pods/web/log"
        assert (await here.http.get(log)).text == "one\ntwo\n"
        assert (await here.http.get(log, params={"tailLines": "1"})).text == "two\n"
        assert (await here.http.get(log, params={"limitBytes": "2"})).text == "on"
        base = str(here.http.base_url).replace("http://", "ws://").rstrip("/")
        async with connect(f"{base}{log}", subprotocols=[Subprotocol("binary.k8s.io")], proxy=None) as websocket:
            assert b"".join([bytes(part) async for part in websocket if isinstance(part, bytes)]) == b"one\ntwo\n"
        with pytest.raises(BadRequest, match='previous terminated container "c" in pod "web" not found'):
            await here.client.raw(Request("GET", log, (("previous", "true"),)))


async def test_a_command_runs_and_its_exit_code_comes_back(tmp_path: Path) -> None:
    async with cluster() as here, running_task(run(settings(tmp_path), here.client)):
        await here.client.create(pod_for("n1", behaviour={"exec": {"greet me": [3, "hello"]}}))
        await eventually(is_ready(here.client))
        base = str(here.http.base_url).replace("http://", "ws://").rstrip("/")
        url = f"{base}/api/v1/namespaces/default/pods/web/exec?command=greet&command=me&stdout=true&stderr=true"
        async with connect(url, subprotocols=[Subprotocol("v5.channel.k8s.io")], proxy=None) as websocket:
            messages = [bytes(message) async for message in websocket if isinstance(message, bytes)]
        assert messages[0] == b"\x01hello"
        async with connect(url, subprotocols=[Subprotocol("channel.k8s.io")], proxy=None) as websocket:
            spoken = [bytes(message) async for message in websocket if isinstance(message, bytes)]
        assert spoken == [b"\x01hello", b"\x03command terminated with non-zero exit code: exit status 3"]
        status = json.loads(messages[-1][1:])
        assert messages[-1][0] == 3
        assert status["reason"] == "NonZeroExitCode"
        assert status["details"]["causes"] == [{"reason": "ExitCode", "message": "3"}]


async def test_a_container_is_added_to_a_running_pod_and_stays_as_it_is(tmp_path: Path) -> None:
    async with cluster() as here, running_task(run(settings(tmp_path), here.client)):
        await here.client.create(pod_for("n1"))
        await eventually(is_ready(here.client))
        path = "/api/v1/namespaces/default/pods/web/ephemeralcontainers"
        strategic = {"Content-Type": "application/strategic-merge-patch+json"}

        async def add(name: str, image: str = "busybox:1") -> httpx.Response:
            body = {"spec": {"ephemeralContainers": [{"name": name, "image": image}]}}
            return await here.http.patch(path, json=body, headers=strategic)

        assert (await add("debug")).status_code == 200

        async def runs() -> bool:
            statuses = (await here.client.get(Pod, "web", namespace="default")).status.ephemeral_container_statuses
            return [(each.name, each.state.running is not None) for each in statuses] == [("debug", True)]

        await eventually(runs)
        changed = await add("debug", "busybox:2")
        assert changed.status_code == 422
        assert 'existing ephemeral containers "debug" may not be changed' in changed.json()["message"]
        assert (await add("more")).json()["metadata"]["generation"] == 3
        log = "/api/v1/namespaces/default/pods/web/log"
        assert (await here.http.get(log, params={"container": "debug"})).status_code == 200


async def test_a_running_pod_gets_other_resources_by_the_resize_path_alone(tmp_path: Path) -> None:
    async with cluster() as here, running_task(run(settings(tmp_path), here.client)):
        amounts = {"limits": {"cpu": "100m", "memory": "64Mi"}}
        container = {"name": "c", "image": "nginx:1", "resources": amounts}
        await here.client.create(pod_for("n1", containers=[container]))
        await eventually(is_ready(here.client))
        pods, merge = "/api/v1/namespaces/default/pods", {"Content-Type": "application/strategic-merge-patch+json"}

        async def ask(path: str, limits: dict[str, Any], requests: dict[str, Any]) -> httpx.Response:
            resources = {"limits": limits, "requests": requests}
            body = {"spec": {"containers": [{"name": "c", "resources": resources}]}}
            return await here.http.patch(f"{pods}/web{path}", json=body, headers=merge)

        more = {"cpu": "200m", "memory": "64Mi"}
        assert (await ask("", more, more)).status_code == 422
        burstable = await ask("/resize", more, {"cpu": "100m"})
        assert "Pod QOS Class may not change as a result of resizing" in burstable.json()["message"]
        assert (await ask("/resize", more, more)).json()["metadata"]["generation"] == 2

        async def is_resized() -> bool:
            status = (await here.client.get(Pod, "web", namespace="default")).status
            shown = status.container_statuses[0]
            return (
                status.observed_generation == 2
                and not [each.type for each in status.conditions if each.type.startswith("PodResize")]
                and shown.resources is not None
                and shown.resources.to_dict()["limits"]["cpu"] == "200m"
            )

        await eventually(is_resized)
        assert (await here.http.get(f"{pods}/web/resize")).json() == (await here.http.get(f"{pods}/web")).json()


async def test_a_runtime_class_is_known_and_its_handler_configured_or_the_pod_does_not_start(tmp_path: Path) -> None:
    async with cluster() as here, running_task(run(settings(tmp_path), here.client)):
        with pytest.raises(Forbidden, match='pod rejected: RuntimeClass "other" not found'):
            await here.client.create(pod_for("n1", runtimeClassName="other"))
        overhead = Overhead(pod_fixed={"cpu": Quantity("10m")})
        await here.client.create(
            RuntimeClass(metadata=ObjectMeta(name="other"), handler="other-handler", overhead=overhead)
        )
        created = await here.client.create(pod_for("n1", runtimeClassName="other"))
        assert created.spec.overhead == {"cpu": Quantity("10m")}
        with pytest.raises(Forbidden, match="Pod Overhead set without corresponding RuntimeClass"):
            await here.client.create(pod_for("n1", "web-2", overhead={"cpu": "1"}))

        async def is_said() -> bool:
            events = (await here.client.list(Event, namespace="default")).items
            return any('no runtime for "other-handler" is configured' in event.message for event in events)

        await eventually(is_said)


async def test_static_pods_have_mirrors_that_come_back_and_go_with_their_manifest(tmp_path: Path) -> None:
    manifests = tmp_path / "manifests"
    manifests.mkdir()
    (manifests / "st.yaml").write_text(STATIC)
    config = settings(tmp_path, pod_manifest_path=manifests)
    async with cluster() as here, running_task(run(config, here.client)):

        async def runs() -> bool:
            try:
                return bool(await is_ready(here.client, "st-n1")())
            except NotFound:
                return False

        await eventually(runs)
        first = await here.client.get(Pod, "st-n1", namespace="default")
        assert first.metadata.owner_references[0].kind == "Node"
        await here.client.delete(Pod, "st-n1", namespace="default")

        async def has_come_back() -> bool:
            try:
                again = await here.client.get(Pod, "st-n1", namespace="default")
            except NotFound:
                return False
            is_same_container = again.status.container_statuses == first.status.container_statuses
            return again.metadata.uid != first.metadata.uid and is_same_container

        await eventually(has_come_back)
        (manifests / "st.yaml").unlink()
        await eventually(lambda: is_gone(here.client, "st-n1"))


async def test_standalone_runs_static_pods_and_says_that_there_is_no_cluster(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    manifests = tmp_path / "manifests"
    manifests.mkdir()
    (manifests / "st.yaml").write_text(STATIC)
    async with running_task(run(settings(tmp_path, pod_manifest_path=manifests), None)):
        await eventually(lambda: any(vars(record).get("reason") == "Started" for record in caplog.records))
    (line,) = [record.getMessage() for record in caplog.records if "standalone" in record.getMessage()]
    assert str(manifests) in line


async def test_hollow_nodes_run_pods_without_a_process_each() -> None:
    async with cluster() as here:
        nodes = HollowNodes(here.client, HollowConfig(nodes=20))
        async with running_task(nodes.run()):
            await nodes.registered()
            assert len((await here.client.list(Node)).items) == 20
            for index in range(40):
                await here.client.create(pod_for(f"hollow-{index % 20}", f"p{index}"))

            async def all_ready() -> bool:
                pods = (await here.client.list(Pod, namespace="default")).items
                return [pod.status.phase for pod in pods] == ["Running"] * 40

            await eventually(all_ready)
            pods = (await here.client.list(Pod, namespace="default")).items
            assert len({pod.status.pod_ip for pod in pods}) == 40
