"""The pod network contract, on the simulated one and on a real bridge; then what only a real one can show."""

import errno
import re
import socket
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from minikube_py.network.bridge import BridgeConfig, BridgeNetwork
from minikube_py.network.interface import AddressPoolExhausted, NetworkFault, PodNetwork
from minikube_py.network.simulated import SimulatedNetwork
from tests.contract.runtime.bench import missing_for
from tests.support.eventually import eventually

REAL = pytest.param("bridge", marks=pytest.mark.netns)


_OF_A_TEST = re.compile(r"mkt|veth")


def snapshot(*names: str) -> str:
    """Links, routes and rules; of links made by tests, which may run side by side, only those named."""
    argv = "ip -oneline link; ip route; iptables-save"
    printed = subprocess.run(argv, shell=True, capture_output=True, text=True, check=True).stdout
    lines = [line for line in printed.splitlines() if not line.startswith((":", "#", "*", "COMMIT"))]
    # A line begins with the link's number or the chain; another test's has its own bridge or port in it.
    return "\n".join(line for line in lines if any(name in line for name in names) or not _OF_A_TEST.search(line))


def _link(name: str) -> str:
    return subprocess.run(["ip", "link", "show", name], capture_output=True, text=True, check=True).stdout


def inside(netns: Path, *command: str) -> str:
    argv = ["nsenter", f"--net={netns}", *command]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def namespaces() -> Iterator[list[Path]]:
    """Six empty network namespaces (plain names where there is no root)."""
    names = [f"mkt-{uuid.uuid4().hex[:6]}" for _ in range(6)]
    made = not missing_for("oci")
    for name in names if made else ():
        subprocess.run(["ip", "netns", "add", name], check=True)
    yield [Path("/var/run/netns", name) for name in names]
    for name in names if made else ():
        subprocess.run(["ip", "netns", "delete", name], check=True)


@pytest.fixture(params=["simulated", REAL])
async def network(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[PodNetwork]:
    made: PodNetwork
    if request.param == "simulated":
        made = SimulatedNetwork("10.214.0.0/29")
    else:
        if absent := missing_for("oci"):
            pytest.skip(absent)
        name = f"mkt{uuid.uuid4().hex[:6]}"
        made = BridgeNetwork(BridgeConfig(name, "10.214.0.0/29", "10.214.0.0/16", tmp_path / "state"))
    await made.set_up()
    yield made
    await made.tear_down()


@pytest.fixture
def bridge(network: PodNetwork) -> BridgeNetwork:
    assert isinstance(network, BridgeNetwork)
    return network


real_only = pytest.mark.parametrize("network", [REAL], indirect=True)


@pytest.mark.netns
async def test_the_forward_chain_is_touched_only_where_that_is_asked_for(tmp_path: Path) -> None:
    if absent := missing_for("oci"):
        pytest.skip(absent)
    config = BridgeConfig(f"mkt{uuid.uuid4().hex[:6]}", "10.214.0.0/29", "10.214.0.0/16", tmp_path / "state")
    for accepts in (False, True):
        network = BridgeNetwork(replace(config, accepts_forwarded=accepts))
        await network.set_up()
        saved = snapshot(config.bridge)
        assert (f"-A FORWARD -j PODS-{config.bridge}-FWD" in saved) is accepts
        assert f"-j PODS-{config.bridge}-NAT" in saved
        await network.tear_down()
    assert config.bridge not in snapshot(config.bridge)


async def test_the_same_pod_gets_the_same_address(network: PodNetwork, namespaces: list[Path]) -> None:
    first = await network.attach("p1", namespaces[0])
    assert await network.attach("p1", namespaces[0]) == first
    assert await network.attach("p2", namespaces[1]) != first


async def test_detaching_gives_the_address_back(network: PodNetwork, namespaces: list[Path]) -> None:
    for number in range(5):
        await network.attach(f"p{number}", namespaces[0])
        await network.detach(f"p{number}", namespaces[0])
        await network.detach(f"p{number}", None)
    await network.detach("never attached", None)
    assert len(await network.attach("p9", namespaces[0])) == 1


async def test_a_full_range_says_so(network: PodNetwork, namespaces: list[Path]) -> None:
    for number in range(5):
        await network.attach(f"p{number}", namespaces[number])
    with pytest.raises(AddressPoolExhausted, match="no free address in pod range"):
        await network.attach("one too many", namespaces[5])


def is_reached(source: Path, address: str, port: int = 9) -> bool:
    """Whether a packet gets there and back: a refused connection is an answer too."""
    connect = f"import socket; socket.create_connection(({address!r}, {port}), 5)"
    argv = ["nsenter", f"--net={source}", sys.executable, "-c", connect]
    return "ConnectionRefusedError" in subprocess.run(argv, capture_output=True, text=True, check=False).stderr


@real_only
async def test_pods_reach_each_other_and_the_node(bridge: BridgeNetwork, namespaces: list[Path]) -> None:
    (first,) = await bridge.attach("p1", namespaces[0])
    (second,) = await bridge.attach("p2", namespaces[1])
    assert is_reached(namespaces[0], second)
    assert is_reached(namespaces[1], first)
    assert is_reached(namespaces[0], "10.214.0.1")
    assert "default via 10.214.0.1 dev eth0" in inside(namespaces[0], "ip", "route")


@dataclass(frozen=True)
class Port:
    host_port: int
    container_port: int = 9
    protocol: str = "tcp"
    host_ip: str = ""


def reached_from_the_node(address: str, port: int) -> bool:
    """Whether a port of the node is refused by a pod rather than taken by the node, on which somebody listens."""
    with socket.socket() as probe:
        probe.settimeout(5)
        return probe.connect_ex((address, port)) == errno.ECONNREFUSED


@real_only
async def test_ports_of_the_node_lead_to_the_pod_until_it_goes(bridge: BridgeNetwork, namespaces: list[Path]) -> None:
    before = snapshot(bridge.bridge)
    with socket.create_server(("0.0.0.0", 0)) as listener:
        port, node = listener.getsockname()[1], "10.214.0.1"
        assert not reached_from_the_node("127.0.0.1", port)
        await bridge.attach("p1", namespaces[0], (Port(port),))
        await bridge.attach("p1", namespaces[0], (Port(port),))
        await bridge.attach("p2", namespaces[1], (Port(port + 1, host_ip="127.0.0.1"), Port(port, protocol="udp")))
        assert reached_from_the_node("127.0.0.1", port)
        assert reached_from_the_node(node, port)
        assert is_reached(namespaces[1], node, port)
        assert is_reached(namespaces[0], node, port)
        await BridgeNetwork(bridge.config).detach("p1", namespaces[0])
        assert not reached_from_the_node("127.0.0.1", port)
    await bridge.detach("p2", namespaces[1])
    assert "HPORT-" not in snapshot(bridge.bridge)
    await bridge.tear_down()
    assert bridge.bridge in before
    assert bridge.bridge not in snapshot(bridge.bridge)


@real_only
async def test_a_second_object_finds_everything_and_changes_nothing(
    bridge: BridgeNetwork, namespaces: list[Path]
) -> None:
    address = await bridge.attach("p1", namespaces[0])
    await eventually(lambda: "state UP" in _link(bridge.bridge))  # which it says a moment after its first member came
    before = snapshot(bridge.bridge)
    again = BridgeNetwork(bridge.config)
    await again.set_up()
    assert await again.attach("p1", namespaces[0]) == address
    assert snapshot(bridge.bridge) == before


@real_only
async def test_a_namespace_that_is_not_there_leaves_nothing(bridge: BridgeNetwork) -> None:
    before = snapshot(bridge.bridge)
    with pytest.raises(NetworkFault, match="netns"):
        await bridge.attach("p1", Path("/var/run/netns/mkt-none"))
    assert snapshot(bridge.bridge) == before
    assert bridge.addresses() == {}


@pytest.fixture
def foreign_bridge() -> Iterator[str]:
    """A link that somebody else made before us."""
    if absent := missing_for("oci"):
        pytest.skip(absent)
    name = f"mktf{uuid.uuid4().hex[:6]}"
    subprocess.run(["ip", "link", "add", name, "type", "bridge"], check=True)
    yield name
    subprocess.run(["ip", "link", "delete", name], check=True)


@pytest.mark.netns
async def test_tear_down_leaves_exactly_what_was_there_before(
    tmp_path: Path, namespaces: list[Path], foreign_bridge: str
) -> None:
    name = f"mkt{uuid.uuid4().hex[:6]}"
    before = snapshot(name, foreign_bridge)
    config = BridgeConfig(name, "10.215.0.0/24", "10.215.0.0/16", tmp_path / "state")
    network = BridgeNetwork(config)
    await network.set_up()
    await network.attach("p1", namespaces[0])
    assert snapshot(name, foreign_bridge) != before
    await network.tear_down()
    await network.tear_down()
    assert foreign_bridge in before
    assert snapshot(name, foreign_bridge) == before
    assert not (tmp_path / "state").exists()


@pytest.mark.netns
async def test_a_foreign_link_of_the_same_name_is_left_alone(tmp_path: Path, foreign_bridge: str) -> None:
    config = BridgeConfig(foreign_bridge, "10.216.0.0/24", "10.216.0.0/16", tmp_path / "state")
    network = BridgeNetwork(config)
    before = snapshot(foreign_bridge)
    with pytest.raises(NetworkFault, match="not ours"):
        await network.set_up()
    await network.tear_down()
    assert snapshot(foreign_bridge) == before
