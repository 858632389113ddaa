"""Volumes on disk: files of API objects swapped at once, emptyDir, hostPath and what is refused."""

from pathlib import Path
from typing import Any

import pytest

from minikube_py.api.kinds.core.config_map import ConfigMap
from minikube_py.api.kinds.core.secret import Secret
from minikube_py.kubelet.atomic_folder import write_files
from minikube_py.kubelet.container_config import ConfigTrouble, volume_mount
from minikube_py.kubelet.downward import NodeFacts, PodFacts
from minikube_py.kubelet.references import References
from minikube_py.kubelet.volume_files import VolumeFile
from minikube_py.kubelet.volumes import FolderVolumes, VolumeTrouble
from tests.support.pods import UID, make_pod

REFERENCES = References(
    {"cm": ConfigMap(data={"a": "1", "b": "2"}, binary_data={"raw": "/w=="})}, {"s": Secret(data={"key": "c2VjcmV0"})}
)


async def set_up(root: Path, volume: dict[str, Any], references: References = REFERENCES) -> Path:
    pod = make_pod(volumes=[{"name": "v", **volume}])
    paths = await FolderVolumes(root, None).set_up(PodFacts(pod, NodeFacts("n")), references)
    return paths["v"]


async def test_a_config_map_becomes_files(tmp_path: Path) -> None:
    path = await set_up(tmp_path, {"configMap": {"name": "cm"}})
    assert (path / "a").read_text() == "1"
    assert (path / "raw").read_bytes() == b"\xff"
    assert (path / "a").stat().st_mode & 0o777 == 0o644


async def test_items_choose_name_and_mode(tmp_path: Path) -> None:
    path = await set_up(
        tmp_path, {"configMap": {"name": "cm", "items": [{"key": "b", "path": "deep/er", "mode": 0o400}]}}
    )
    assert (path / "deep" / "er").read_text() == "2"
    assert (path / "deep" / "er").stat().st_mode & 0o777 == 0o400
    assert not (path / "a").exists()


async def test_a_projected_volume_joins_its_sources(tmp_path: Path) -> None:
    sources = [
        {"configMap": {"name": "cm", "items": [{"key": "a", "path": "one"}]}},
        {"secret": {"name": "s"}},
        {"downwardAPI": {"items": [{"path": "name", "fieldRef": {"fieldPath": "metadata.name"}}]}},
        {"configMap": {"name": "none", "optional": True}},
    ]
    path = await set_up(tmp_path, {"projected": {"sources": sources, "defaultMode": 0o440}})
    assert {file.name: file.read_text() for file in path.iterdir() if not file.name.startswith("..")} == {
        "one": "1",
        "key": "secret",
        "name": "web",
    }
    assert (path / "key").stat().st_mode & 0o777 == 0o440


async def test_changed_objects_are_seen_at_once_and_vanished_keys_go(tmp_path: Path) -> None:
    path = await set_up(tmp_path, {"configMap": {"name": "cm"}})
    before = (path / "..data").readlink()
    await set_up(tmp_path, {"configMap": {"name": "cm"}})
    assert (path / "..data").readlink() == before
    await set_up(tmp_path, {"configMap": {"name": "cm"}}, References({"cm": ConfigMap(data={"b": "new"})}))
    assert (path / "..data").readlink() != before
    assert (path / "b").read_text() == "new"
    assert not (path / "a").is_symlink()
    assert len([each for each in path.iterdir() if each.name.startswith("..2")]) == 1


@pytest.mark.parametrize(
    ("volume", "message"),
    [
        ({"configMap": {"name": "none"}}, 'MountVolume.SetUp failed for volume "v" : configmap "none" not found'),
        (
            {"configMap": {"name": "cm", "items": [{"key": "no", "path": "x"}]}},
            "configmap references non-existent config key: no",
        ),
        ({"secret": {"secretName": "none"}}, 'secret "none" not found'),
        ({"nfs": {"server": "h", "path": "/x"}}, "volumes of the kind nfs are not supported"),
        ({"persistentVolumeClaim": {"claimName": "x"}}, "persistentVolumeClaim are not supported"),
        ({"hostPath": {"path": "/nonexistent/x", "type": "Directory"}}, "is not a directory"),
        ({"projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}, "needs an API server"),
    ],
)
async def test_what_cannot_be_set_up_says_why(tmp_path: Path, volume: dict[str, Any], message: str) -> None:
    with pytest.raises(VolumeTrouble) as refused:
        await set_up(tmp_path, volume)
    assert message in str(refused.value)


async def test_an_empty_dir_keeps_its_files_until_it_is_torn_down(tmp_path: Path) -> None:
    path = await set_up(tmp_path, {"emptyDir": {}})
    (path / "f").write_text("x")
    assert await set_up(tmp_path, {"emptyDir": {}}) == path
    assert (path / "f").read_text() == "x"
    assert path.stat().st_mode & 0o777 == 0o777
    await FolderVolumes(tmp_path, None).tear_down(UID)
    assert not path.exists()


async def test_a_host_path_is_made_as_its_type_says(tmp_path: Path) -> None:
    folder = await set_up(tmp_path, {"hostPath": {"path": str(tmp_path / "d"), "type": "DirectoryOrCreate"}})
    file = await set_up(tmp_path, {"hostPath": {"path": str(tmp_path / "f"), "type": "FileOrCreate"}})
    assert folder.is_dir()
    assert file.is_file()


def test_readers_never_see_a_half_written_folder(tmp_path: Path) -> None:
    write_files(tmp_path, {"x": VolumeFile(b"old"), "y": VolumeFile(b"old")})
    held = (tmp_path / "..data").resolve()
    write_files(tmp_path, {"x": VolumeFile(b"new"), "y": VolumeFile(b"new")})
    assert (tmp_path / "x").read_bytes() == (tmp_path / "y").read_bytes() == b"new"
    assert not held.exists()


def test_a_sub_path_stays_inside_its_volume() -> None:
    pod = make_pod({"name": "c", "volumeMounts": [{"name": "v", "mountPath": "/m", "subPathExpr": "$(WHERE)/x"}]})
    mount = pod.spec.containers[0].volume_mounts[0]
    assert volume_mount(mount, Path("/vol"), {"WHERE": "logs"}).host_path == Path("/vol/logs/x")
    with pytest.raises(ConfigTrouble, match="leaves the volume"):
        volume_mount(mount, Path("/vol"), {"WHERE": "../.."})
