"""image build, ls, load and rm on the store of a cluster's nodes, by the command line."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from minikube_py.cluster.__main__ import main
from minikube_py.cluster.config import ClusterConfig, first_nodes
from minikube_py.runtime.oci.images import ImageStore
from tests.support.processes import require_binary

RECIPE = "image: tiny\nfiles: {/hello: hello}\ncommand: [/hello]\n"


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClusterConfig:
    """A cluster with two nodes of which only the image stores exist."""
    for program in ("skopeo", "umoci"):
        require_binary(program, program)
    monkeypatch.setenv("MINIKUBE_PY_HOME", str(tmp_path / "clusters"))
    config = ClusterConfig("c", tmp_path / "clusters" / "c", nodes=first_nodes("c", 2))
    config.save()
    for node in config.nodes:
        ImageStore(config.folder / "nodes" / node.name / "oci" / "images").open()
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "recipe.yaml").write_text(RECIPE)
    (tmp_path / "tiny" / "hello").write_text("hello")
    return config


def image(*words: str) -> Result:
    return CliRunner().invoke(main, ["image", *words, "--name", "c"])


def names() -> list[str]:
    return [tag for row in json.loads(image("ls", "-o", "json").stdout) for tag in row["repoTags"]]


@pytest.mark.oci
def test_an_image_is_built_listed_and_removed_on_every_node(cluster: ClusterConfig, tmp_path: Path) -> None:
    built = image("build", "-t", "tiny:1", str(tmp_path / "tiny"))
    assert built.output.strip() == "docker.io/library/tiny:1"
    assert names() == ["docker.io/library/tiny:1"]
    for node in cluster.nodes:
        assert ImageStore(cluster.folder / "nodes" / node.name / "oci" / "images").find("tiny:1") is not None
    assert "docker.io/library/tiny" in image("ls").stdout
    assert image("rm", "tiny:1").exit_code == 0
    assert names() == []
    gone = image("rm", "tiny:1")
    assert (gone.exit_code, gone.stderr) == (1, 'error: there is no image "tiny:1"; see: minikube-py image ls\n')


@pytest.mark.oci
@pytest.mark.parametrize("transport", ["docker-archive", "oci-archive"])
def test_an_image_is_loaded_from_an_archive(cluster: ClusterConfig, tmp_path: Path, transport: str) -> None:
    image("build", str(tmp_path / "tiny"))
    store = ImageStore(cluster.folder / "nodes" / "c" / "oci" / "images")
    found = store.find("tiny")
    assert found is not None
    layout, tag = store.layout_of(found.id)
    file = tmp_path / "image.tar"
    target = f"{transport}:{file}:registry.example/other:2"
    subprocess.run(["skopeo", "--insecure-policy", "copy", "-q", f"oci:{layout}:{tag}", target], check=True)
    loaded = image("load", str(file))
    assert loaded.output.strip() == "registry.example/other:2"
    assert "registry.example/other:2" in names()


@pytest.mark.oci
def test_a_file_that_is_missing_is_told_without_asking_a_registry(cluster: ClusterConfig) -> None:
    done = image("load", "/nowhere/image.tar")
    assert (done.exit_code, done.stderr) == (1, "error: there is no file /nowhere/image.tar\n")
