"""Images: the local store, and a registry on this machine that is up, down, asked wrongly, and back."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from minikube_py.runtime.interface import Credentials, ImagePullFailed, PullFailure, RuntimeFault
from minikube_py.runtime.oci.recipes import build
from tests.contract.runtime.bench import BUSYBOX, RECIPES, Bench, Program
from tests.contract.runtime.test_lifecycle import ended
from tests.support.image_registry import PASSWORD, USERNAME, ImageRegistry

ALLOWED = Credentials(USERNAME, PASSWORD)


@pytest.fixture
def registry(real_bench: Bench, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[ImageRegistry]:
    if shutil.which("docker-registry") is None:
        pytest.skip("not installed: docker-registry")
    folder = tmp_path / "registry"
    folder.mkdir()
    # The engine sees its own loopback address, in the namespace it lives in.
    netns = request.getfixturevalue("engine").netns if real_bench.kind == "docker" else None
    made = ImageRegistry(folder, netns)
    made.start()
    yield made
    made.stop()


@pytest.fixture
async def pushed(registry: ImageRegistry, image_cache: Path) -> str:
    """The full name of an image that is in the registry."""
    image = await build(RECIPES / BUSYBOX, image_cache)
    registry.push(image.layout, image.tag, "team/tool:1")
    return f"{registry.address}/team/tool:1"


async def test_an_image_is_found_by_short_name_full_name_and_id(bench: Bench) -> None:
    image = await bench.runtime.image_status("busybox")
    assert image is not None
    assert "docker.io/library/busybox:latest" in image.references
    assert await bench.runtime.image_status("docker.io/library/busybox:latest") == image
    assert await bench.runtime.image_status(image.id) == image
    assert image in await bench.runtime.list_images()
    assert await bench.runtime.image_status("busybox:other") is None


async def test_a_name_that_cannot_be_one_is_refused(bench: Bench) -> None:
    for name in ("UPPER/case", "a b", "x:y:z", "name@sha256:short", ""):
        with pytest.raises(ImagePullFailed, match="invalid reference format") as caught:
            await bench.runtime.pull_image(name)
        assert caught.value.kind is PullFailure.INVALID_NAME


async def test_a_removed_image_is_gone_and_removing_it_again_is_fine(bench: Bench) -> None:
    await bench.runtime.remove_image("busybox")
    await bench.runtime.remove_image("busybox")
    assert await bench.runtime.image_status("busybox") is None


async def test_an_image_in_use_is_not_removed(real_bench: Bench) -> None:
    container_id = await real_bench.start(Program())
    with pytest.raises(RuntimeFault, match="in use by container"):
        await real_bench.runtime.remove_image("busybox")
    await real_bench.runtime.remove_container(container_id)
    await real_bench.runtime.remove_image("busybox")


async def test_pull_by_tag_gives_an_image_that_runs(real_bench: Bench, pushed: str) -> None:
    image = await real_bench.runtime.pull_image(pushed, ALLOWED)
    assert pushed in image.references
    repository = pushed.rpartition(":")[0]
    assert [name.partition("@")[0] for name in image.digests if name.startswith(repository)] == [repository]
    container_id = await real_bench.start(Program(exit_after_s=0, exit_code=5), image=pushed)
    status = await ended(real_bench, container_id)
    assert (status.exit_code, status.image, status.image_id) == (5, pushed, image.id)


async def test_pull_by_digest_gives_the_same_image(real_bench: Bench, pushed: str) -> None:
    by_tag = await real_bench.runtime.pull_image(pushed, ALLOWED)
    name = next(name for name in by_tag.digests if name.startswith(pushed.rpartition(":")[0]))
    await real_bench.runtime.remove_image(by_tag.id)
    by_digest = await real_bench.runtime.pull_image(name, ALLOWED)
    assert by_digest.id == by_tag.id
    assert await real_bench.runtime.image_status(name) is not None
    assert await real_bench.runtime.image_status(pushed) is None


async def test_a_missing_tag_is_not_found(real_bench: Bench, pushed: str) -> None:
    with pytest.raises(ImagePullFailed, match="manifest unknown") as caught:
        await real_bench.runtime.pull_image(pushed.replace(":1", ":nope"), ALLOWED)
    assert caught.value.kind is PullFailure.NOT_FOUND


async def test_wrong_or_missing_credentials_are_unauthorized(real_bench: Bench, pushed: str) -> None:
    for credentials in (None, Credentials(USERNAME, "wrong")):
        with pytest.raises(ImagePullFailed) as caught:
            await real_bench.runtime.pull_image(pushed, credentials)
        assert caught.value.kind is PullFailure.UNAUTHORIZED
        assert "wrong" not in str(caught.value)


async def test_a_registry_that_is_down_is_unavailable_until_it_is_back(
    real_bench: Bench, pushed: str, registry: ImageRegistry
) -> None:
    registry.stop()
    with pytest.raises(ImagePullFailed, match="connection refused") as caught:
        await real_bench.runtime.pull_image(pushed, ALLOWED)
    assert caught.value.kind is PullFailure.UNAVAILABLE
    registry.start()
    assert (await real_bench.runtime.pull_image(pushed, ALLOWED)).references
