"""One world a test; the real ones need root and skip by name where that was asked for."""

import os
from collections.abc import AsyncIterator

import pytest

from minikube_py.proxy.dataplanes.iptables import IptablesDataplane
from minikube_py.proxy.dataplanes.userspace import UserspaceDataplane
from tests.contract.dataplane.worlds import CONFIG, NamespaceWorld, SimulatedWorld, World
from tests.support.processes import require_binary


async def _real_world() -> NamespaceWorld:
    require_binary("ip", "iproute2")
    if os.geteuid() != 0:
        pytest.fail("network namespaces need root")
    world = NamespaceWorld()
    await world.serve()
    return world


@pytest.fixture
async def iptables_world() -> AsyncIterator[NamespaceWorld]:
    require_binary("iptables-restore", "iptables")
    world = await _real_world()
    world.dataplane = IptablesDataplane(CONFIG)
    yield world
    await world.close()


@pytest.fixture
async def userspace_world() -> AsyncIterator[NamespaceWorld]:
    world = await _real_world()
    world.dataplane = UserspaceDataplane()
    yield world
    await world.call(world.dataplane.cleanup())
    await world.close()


@pytest.fixture
def simulated_world() -> World:
    return SimulatedWorld()


@pytest.fixture(
    params=[
        "simulated",
        pytest.param("iptables", marks=pytest.mark.netns),
        pytest.param("userspace", marks=pytest.mark.netns),
    ]
)
def dataplane(request: pytest.FixtureRequest) -> str:
    """The name of the dataplane under test."""
    return str(request.param)


@pytest.fixture
def world(dataplane: str, request: pytest.FixtureRequest) -> World:
    found: World = request.getfixturevalue(f"{dataplane}_world")
    return found
