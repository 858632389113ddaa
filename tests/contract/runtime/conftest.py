"""The `bench` fixture: every contract test runs once on each runtime that this machine can run."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.contract.runtime.bench import (
    BUSYBOX,
    Bench,
    bridge_network,
    docker_bench,
    load,
    missing_for,
    oci_bench,
    simulated_bench,
)
from tests.support.docker_engine import Engine, running_engine

SIMULATED = pytest.param("simulated")
OCI = pytest.param("oci", marks=pytest.mark.oci)
DOCKER = pytest.param("docker", marks=pytest.mark.docker)


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A Docker engine that all tests of the session share."""
    with running_engine(tmp_path_factory.mktemp("engine")) as running:
        yield running


@pytest.fixture(scope="session")
def image_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images built once a session."""
    return tmp_path_factory.mktemp("recipes")


@pytest.fixture(params=[SIMULATED, OCI, DOCKER])
async def bench(request: pytest.FixtureRequest, tmp_path: Path, image_cache: Path) -> AsyncIterator[Bench]:
    async for made in _bench(request, tmp_path, image_cache):
        yield made


@pytest.fixture(params=[OCI, DOCKER])
async def real_bench(request: pytest.FixtureRequest, tmp_path: Path, image_cache: Path) -> AsyncIterator[Bench]:
    """Only the runtimes with real processes."""
    async for made in _bench(request, tmp_path, image_cache):
        yield made


async def _bench(request: pytest.FixtureRequest, folder: Path, cache: Path) -> AsyncIterator[Bench]:
    kind = str(request.param)
    absent = missing_for(kind)
    if absent:
        pytest.skip(absent)
    if kind == "simulated":
        made = simulated_bench()
        await made.open()
        await made.runtime.pull_image(BUSYBOX)
        yield made
        await made.close()
        return
    network = bridge_network(folder)
    await network.set_up()
    if kind == "oci":
        made = oci_bench(folder, network)
    else:
        made = docker_bench(request.getfixturevalue("engine").address, network)
    try:
        await made.open()
        await load(made.runtime, BUSYBOX, cache)
        yield made
        await made.close()
    finally:
        await network.tear_down()
        shutil.rmtree(folder, ignore_errors=True)
