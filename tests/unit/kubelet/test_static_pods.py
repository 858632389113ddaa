"""Manifests in a folder become pods; bad files are named and change nothing."""

import logging
from pathlib import Path

import pytest

from minikube_py.api.kinds.core.pod import Pod
from minikube_py.kubelet.static_pods import (
    HASH_ANNOTATION,
    MIRROR_ANNOTATION,
    BadManifest,
    StaticPods,
    is_mirror,
    mirror_pod,
    read_manifest,
)
from tests.support.eventually import eventually
from tests.support.tasks import running_task

GOOD = """
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: c, image: nginx}]}
"""


def test_a_static_pod_is_named_after_its_node_and_complete(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(GOOD)
    pod = read_manifest(tmp_path / "web.yaml", "node1")
    assert (pod.metadata.name, pod.metadata.namespace, pod.spec.node_name) == ("web-node1", "default", "node1")
    assert pod.metadata.uid == pod.metadata.annotations[HASH_ANNOTATION]
    assert pod.spec.restart_policy == "Always"


def test_a_changed_manifest_is_another_pod(tmp_path: Path) -> None:
    path = tmp_path / "web.yaml"
    path.write_text(GOOD)
    first = read_manifest(path, "node1").metadata.uid
    assert read_manifest(path, "node1").metadata.uid == first
    path.write_text(GOOD.replace("nginx", "nginx:2"))
    assert read_manifest(path, "node1").metadata.uid != first


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "expected one pod, found 0 documents"),
        (GOOD + "---" + GOOD, "expected one pod, found 2 documents"),
        ("kind: Service\napiVersion: v1", "expected apiVersion v1, kind Pod"),
        ("a: [", "web.yaml"),
        ("apiVersion: v1\nkind: Pod\nspec: {containers: 3}", "web.yaml"),
        ("apiVersion: v1\nkind: Pod\nspec: {containers: [{name: c, image: x}]}", "metadata.name"),
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: []}", "spec.containers"),
    ],
)
def test_a_bad_manifest_is_named_with_its_fault(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "web.yaml"
    path.write_text(text)
    with pytest.raises(BadManifest) as refused:
        read_manifest(path, "node1")
    assert str(path) in str(refused.value)
    assert complaint in str(refused.value)


def test_a_mirror_says_whose_it_is(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(GOOD)
    pod = read_manifest(tmp_path / "web.yaml", "node1")
    mirror = mirror_pod(pod, "uid-of-node")
    assert is_mirror(mirror)
    assert not is_mirror(pod)
    assert mirror.metadata.annotations[MIRROR_ANNOTATION] == pod.metadata.uid
    assert mirror.metadata.owner_references[0].name == "node1"


async def test_the_folder_is_followed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    told: list[dict[str, Pod]] = []
    static_pods = StaticPods(tmp_path, "node1", told.append)
    async with running_task(static_pods.run()):
        await static_pods.scanned()
        assert told == [{}]
        (tmp_path / "web.yaml").write_text(GOOD)
        (tmp_path / "notes.txt").write_text("no manifest")
        await eventually(lambda: [pod.metadata.name for pod in told[-1].values()] == ["web-node1"])
        caplog.set_level(logging.ERROR)
        (tmp_path / "web.yaml").write_text("a: [ broken")
        await eventually(lambda: "unusable manifest of a static pod" in caplog.messages)
        assert [pod.metadata.name for pod in told[-1].values()] == ["web-node1"]
        (tmp_path / "web.yaml").unlink()
        await eventually(lambda: told[-1] == {})
