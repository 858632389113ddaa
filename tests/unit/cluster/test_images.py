"""What image archives and recipe names mean, read before any program is run."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from minikube_py.cluster.config import ClusterConfig, first_nodes
from minikube_py.cluster.images import find_recipe_folder, list_images, read_archive
from minikube_py.errors import ConfigError
from minikube_py.runtime.interface import RuntimeFault


def archive_with(path: Path, name: str, document: Any) -> Path:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    with tarfile.open(path, "w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return path


def test_names_in_a_docker_archive_are_completed(tmp_path: Path) -> None:
    rows = [{"RepoTags": ["web:1", "web:latest"]}, {"RepoTags": ["registry.example/team/db:2"]}]
    found = read_archive(archive_with(tmp_path / "image.tar", "manifest.json", rows))
    assert found.transport == "docker-archive"
    assert found.images == (
        ("docker.io/library/web:1", "docker.io/library/web:latest"),
        ("registry.example/team/db:2",),
    )


def test_an_oci_archive_names_its_images_by_annotation(tmp_path: Path) -> None:
    index = {"manifests": [{"annotations": {"org.opencontainers.image.ref.name": "web:1"}}]}
    found = read_archive(archive_with(tmp_path / "image.tar", "index.json", index))
    assert (found.transport, found.images, found.selectors) == (
        "oci-archive",
        (("docker.io/library/web:1",),),
        ("web:1",),
    )


@pytest.mark.parametrize(
    ("name", "document", "said"),
    [
        ("readme.txt", b"hello", "neither manifest.json nor index.json"),
        ("manifest.json", b"not json", "is no image archive"),
        ("manifest.json", {"a": 1}, "is no image archive"),
        ("manifest.json", [{"RepoTags": None}], "an image without a name"),
        ("manifest.json", [], "an image without a name"),
        ("index.json", {"manifests": [{}]}, "an image without a name"),
    ],
)
def test_what_is_no_archive_of_named_images_is_refused_with_the_reason(
    tmp_path: Path, name: str, document: Any, said: str
) -> None:
    with pytest.raises(RuntimeFault, match=said):
        read_archive(archive_with(tmp_path / "image.tar", name, document))


def test_a_file_that_is_no_tar_is_refused(tmp_path: Path) -> None:
    (tmp_path / "image.tar").write_bytes(b"junk" * 1000)
    with pytest.raises(RuntimeFault, match="is no image archive"):
        read_archive(tmp_path / "image.tar")


def test_a_recipe_is_a_folder_or_a_name_in_the_book(tmp_path: Path) -> None:
    (tmp_path / "book" / "web").mkdir(parents=True)
    (tmp_path / "book" / "web" / "recipe.yaml").write_text("image: web")
    assert find_recipe_folder("web", tmp_path / "book") == tmp_path / "book" / "web"
    assert find_recipe_folder(str(tmp_path / "book" / "web"), tmp_path) == tmp_path / "book" / "web"
    with pytest.raises(RuntimeFault, match=r"db is no folder .* \(web\)"):
        find_recipe_folder("db", tmp_path / "book")


def test_a_dockerfile_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch")
    with pytest.raises(RuntimeFault, match="Dockerfile"):
        find_recipe_folder(str(tmp_path), tmp_path)


async def test_a_cluster_with_simulated_containers_refuses_images(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="it has no images"):
        await list_images(ClusterConfig("sim", tmp_path, runtime="simulated"))


async def test_without_a_started_cluster_the_way_to_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="minikube-py start --name web"):
        await list_images(ClusterConfig("web", tmp_path, nodes=first_nodes("web", 1)))
