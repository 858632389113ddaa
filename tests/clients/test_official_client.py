"""The official Python client, `kubernetes`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes import client, config, dynamic, utils, watch
from kubernetes.leaderelection import electionconfig, leaderelection
from kubernetes.leaderelection.resourcelock.leaselock import LeaseLock
from kubernetes.stream import stream

from tests.clients.cluster import Cluster
from tests.clients.definitions import GROUP, SCRIPT, custom, definition, deployment


@pytest.fixture
def api(cluster: Cluster, namespace: str) -> Iterator[client.ApiClient]:
    """By certificate, as the kubeconfig says."""
    with config.new_client_from_config(str(cluster.kubeconfig)) as api:
        yield api


@pytest.fixture
def core(api: client.ApiClient) -> client.CoreV1Api:
    return client.CoreV1Api(api)


def config_map(name: str, **data: str) -> client.V1ConfigMap:
    return client.V1ConfigMap(metadata=client.V1ObjectMeta(name=name, labels={"app": name}), data=data)


def pod(name: str) -> client.V1Pod:
    return client.V1Pod(
        metadata=client.V1ObjectMeta(name=name, annotations=SCRIPT),
        spec=client.V1PodSpec(containers=[client.V1Container(name="c", image="nginx")]),
    )


@pytest.mark.compatibility(
    "kubernetes", "typed objects: create, read, replace, list in chunks, delete, delete collection"
)
def test_typed_objects(core: client.CoreV1Api, namespace: str) -> None:
    made = core.create_namespaced_config_map(namespace, config_map("one", k="1"))
    made.data["k"] = "2"
    replaced = core.replace_namespaced_config_map("one", namespace, made)
    assert core.read_namespaced_config_map("one", namespace).data == {"k": "2"}
    assert replaced.metadata.resource_version != made.metadata.resource_version
    with pytest.raises(client.ApiException) as conflict:
        core.replace_namespaced_config_map("one", namespace, made)
    assert (conflict.value.status, conflict.value.reason) == (409, "Conflict")
    for number in range(5):
        core.create_namespaced_config_map(namespace, config_map(f"more-{number}"))
    found, token = [], None
    while token != "":
        chunk = core.list_namespaced_config_map(namespace, limit=2, _continue=token)
        found += [each.metadata.name for each in chunk.items]
        token = chunk.metadata._continue or ""
    assert [name for name in found if name != "kube-root-ca.crt"] == [*(f"more-{number}" for number in range(5)), "one"]
    assert core.delete_namespaced_config_map("one", namespace)["status"] == "Success"
    with pytest.raises(client.ApiException, match="Not Found"):
        core.read_namespaced_config_map("one", namespace)
    core.delete_collection_namespaced_config_map(namespace, label_selector="app")
    assert [each.metadata.name for each in core.list_namespaced_config_map(namespace).items] == ["kube-root-ca.crt"]


@pytest.mark.compatibility("kubernetes", "patches: strategic merge, merge, JSON patch, server-side apply; scale")
def test_patches(api: client.ApiClient, namespace: str) -> None:
    apps = client.AppsV1Api(api)
    utils.create_from_dict(api, deployment("web"), namespace=namespace)
    containers = [{"name": "c", "env": [{"name": "A", "value": "1"}]}]
    strategic = apps.patch_namespaced_deployment(
        "web", namespace, {"spec": {"template": {"spec": {"containers": containers}}}}
    )
    (container,) = strategic.spec.template.spec.containers
    assert (container.image, container.env[0].name) == ("nginx", "A")
    operations = [
        {"op": "test", "path": "/spec/replicas", "value": 1},
        {"op": "replace", "path": "/spec/replicas", "value": 2},
    ]
    assert apps.patch_namespaced_deployment("web", namespace, operations).spec.replicas == 2
    merged = apps.patch_namespaced_deployment(
        "web", namespace, {"metadata": {"labels": {"x": "y"}}}, _content_type="application/merge-patch+json"
    )
    assert merged.metadata.labels == {"x": "y"}
    wanted = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"minReadySeconds": 1}}
    applied = apps.patch_namespaced_deployment(
        "web", namespace, wanted, _content_type="application/apply-patch+yaml", field_manager="me",
    )  # fmt: skip
    assert "me" in [entry.manager for entry in applied.metadata.managed_fields]
    assert apps.patch_namespaced_deployment_scale("web", namespace, {"spec": {"replicas": 3}}).spec.replicas == 3
    for event in watch.Watch().stream(apps.list_namespaced_deployment, namespace, timeout_seconds=60):
        if event["object"].status.ready_replicas == 3:
            break
    else:
        pytest.fail("three pods were never ready")


@pytest.mark.compatibility("kubernetes", "watch: from a list's version on, and resumed where it ended")
def test_watch_is_resumed(core: client.CoreV1Api, namespace: str) -> None:
    version = core.list_namespaced_config_map(namespace).metadata.resource_version
    seen: list[tuple[str, str]] = []
    watcher = watch.Watch()

    def follow(count: int, **more: Any) -> None:
        for event in watcher.stream(core.list_namespaced_config_map, namespace, timeout_seconds=30, **more):
            seen.append((event["type"], event["object"].metadata.name))
            if len(seen) == count:
                watcher.stop()

    core.create_namespaced_config_map(namespace, config_map("a"))
    follow(1, resource_version=version)
    core.create_namespaced_config_map(namespace, config_map("b"))
    core.patch_namespaced_config_map("a", namespace, {"data": {"k": "v"}})
    core.delete_namespaced_config_map("b", namespace)
    follow(4, resource_version=watcher.resource_version)
    assert seen == [("ADDED", "a"), ("ADDED", "b"), ("MODIFIED", "a"), ("DELETED", "b")]


@pytest.mark.compatibility(
    "kubernetes", "dynamic client: discovery, a custom kind from its definition on, apply, watch"
)
def test_dynamic_client(api: client.ApiClient, namespace: str) -> None:
    found = dynamic.DynamicClient(api)
    definitions = found.resources.get(api_version="apiextensions.k8s.io/v1", kind="CustomResourceDefinition")
    definitions.create(body=definition("Lamp"))
    for event in definitions.watch(field_selector=f"metadata.name=lamps.{GROUP}", timeout=30):
        conditions = event["object"].status.conditions or []
        if any(each.type == "Established" and each.status == "True" for each in conditions):
            break
    found.resources.invalidate_cache()
    lamps = found.resources.get(api_version=f"{GROUP}/v1", kind="Lamp")
    body = custom("Lamp", "l", "red")
    assert lamps.server_side_apply(body=body, namespace=namespace, field_manager="me").spec.color == "red"
    assert [each.metadata.name for each in lamps.get(namespace=namespace).items] == ["l"]
    with pytest.raises(dynamic.exceptions.UnprocessibleEntityError):
        lamps.patch(
            name="l", namespace=namespace, body={"spec": {"color": 1}}, content_type="application/merge-patch+json"
        )
    lamps.delete(name="l", namespace=namespace)
    definitions.delete(name=f"lamps.{GROUP}")


@pytest.mark.compatibility("kubernetes", "a pod: logs whole and followed, exec over WebSocket with its exit code")
def test_logs_and_exec(core: client.CoreV1Api, namespace: str) -> None:
    core.create_namespaced_pod(namespace, pod("p"))
    for event in watch.Watch().stream(core.list_namespaced_pod, namespace, timeout_seconds=60):
        if event["object"].status.phase == "Running":
            break
    assert core.read_namespaced_pod_log("p", namespace, tail_lines=1) == "second line\n"
    followed = watch.Watch().stream(core.read_namespaced_pod_log, "p", namespace)
    assert [next(followed), next(followed)] == ["first line", "second line"]
    for command, output, code in ((["echo", "hello"], "hello\n", 0), (["nosuch"], "", 126)):
        session = stream(
            core.connect_get_namespaced_pod_exec, "p", namespace, command=command,
            stdout=True, stderr=True, stdin=False, tty=False, _preload_content=False,
        )  # fmt: skip
        session.run_forever(timeout=20)
        assert (session.read_stdout(), session.returncode) == (output, code)


@pytest.mark.compatibility("kubernetes", "a token of a service account: what its role allows, 403 for the rest")
def test_a_robot_with_a_token(cluster: Cluster, core: client.CoreV1Api, namespace: str) -> None:
    cluster.pykubectl("create", "serviceaccount", "robot", "-n", namespace)
    cluster.pykubectl("create", "role", "reader", "--verb=get,list", "--resource=configmaps", "-n", namespace)
    cluster.pykubectl(
        "create", "rolebinding", "robot", "--role=reader", f"--serviceaccount={namespace}:robot", "-n", namespace
    )
    request = client.AuthenticationV1TokenRequest(spec=client.V1TokenRequestSpec(audiences=[], expiration_seconds=3600))
    token = core.create_namespaced_service_account_token("robot", namespace, request).status.token
    with config.new_client_from_config(str(cluster.kubeconfig_with_token(token, namespace))) as api:
        robot = client.CoreV1Api(api)
        assert robot.list_namespaced_config_map(namespace).items
        with pytest.raises(client.ApiException) as refused:
            robot.list_namespaced_secret(namespace)
        assert refused.value.status == 403
        asked = client.V1SelfSubjectAccessReview(
            spec=client.V1SelfSubjectAccessReviewSpec(
                resource_attributes=client.V1ResourceAttributes(namespace=namespace, verb="get", resource="configmaps")
            )
        )
        assert client.AuthorizationV1Api(api).create_self_subject_access_review(asked).status.allowed


@pytest.mark.compatibility("kubernetes", "leader election by a Lease: one leads, the other takes over")
def test_leader_election(cluster: Cluster, namespace: str) -> None:
    config.load_kube_config(str(cluster.kubeconfig))
    told: list[str] = []
    leads, may_end = threading.Event(), threading.Event()

    def candidate(name: str) -> threading.Thread:
        def lead() -> None:
            told.append(f"{name} leads")
            leads.set()
            assert may_end.wait(30)
            raise RuntimeError("the work is over")

        election = electionconfig.Config(
            LeaseLock("boss", namespace, name), lease_duration=3, renew_deadline=2, retry_period=1,
            onstarted_leading=lead, onstopped_leading=lambda: told.append(f"{name} stops"),
        )  # fmt: skip
        thread = threading.Thread(target=leaderelection.LeaderElection(election).run, daemon=True)
        thread.start()
        return thread

    first = candidate("first")
    assert leads.wait(20)
    second = candidate("second")
    lease = client.CoordinationV1Api().read_namespaced_lease("boss", namespace)
    assert lease.spec.holder_identity == "first"
    may_end.set()
    for thread in (first, second):
        thread.join(30)
    assert told == ["first leads", "first stops", "second leads", "second stops"]
