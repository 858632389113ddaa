"""Nothing stays: after removal the machine has what it had before, after a crash what is left is found again."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from minikube_py.network.bridge import BridgeNetwork
from minikube_py.runtime.docker.runtime import DockerConfig, DockerRuntime
from minikube_py.runtime.interface import ContainerState, SandboxFailed
from minikube_py.runtime.oci.processes import is_alive
from minikube_py.runtime.oci.runtime import OciRuntime
from tests.contract.runtime.bench import BUSYBOX, Bench, Program, bridge_network, docker_bench, load, oci_bench
from tests.contract.runtime.test_lifecycle import ended
from tests.support.docker_engine import Engine
from tests.support.eventually import eventually

OCI_ONLY = pytest.mark.parametrize("real_bench", [pytest.param("oci", marks=pytest.mark.oci)], indirect=True)


def traces_of(mark: str) -> list[str]:
    """Mounts, cgroups, links, processes and iptables rules that mention `mark`."""
    found = [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if mark in line]
    # A walk that bears a cgroup which goes while it is read; Path.rglob does not.
    for folder, subfolders, _ in os.walk("/sys/fs/cgroup"):
        found += [f"{folder}/{name}" for name in subfolders if mark in name]
    for argv in (["ip", "-oneline", "link"], ["iptables-save"], ["ps", "-eo", "pid,args"]):
        printed = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
        found += [line for line in printed.splitlines() if mark in line]
    return found


def veths_of(network: BridgeNetwork | None) -> list[str]:
    assert network is not None
    argv = ["ip", "-oneline", "link", "show", "master", network.bridge]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()


def docker(address: str, *arguments: str) -> str:
    return subprocess.run(["docker", "-H", address, *arguments], capture_output=True, text=True, check=True).stdout


async def test_a_removed_sandbox_leaves_no_link_address_process_or_cgroup(real_bench: Bench) -> None:
    sandbox = await real_bench.sandbox(cgroup_parent="burstable/podleftovers")
    await real_bench.start(Program(), sandbox)
    await real_bench.start(Program(exit_after_s=0), sandbox, name="second")
    assert len(veths_of(real_bench.network)) == 1
    assert traces_of("podleftovers") != []
    await real_bench.runtime.remove_sandbox(sandbox.id)
    assert veths_of(real_bench.network) == []
    await eventually(lambda: traces_of("podleftovers") == [] and traces_of(sandbox.id[:32]) == [])
    assert real_bench.network is not None
    assert real_bench.network.addresses() == {}


async def test_a_sandbox_that_cannot_be_made_leaves_nothing(real_bench: Bench) -> None:
    with pytest.raises(SandboxFailed, match=r"no.such.setting"):
        await real_bench.sandbox(sysctls={"net.no.such.setting": "1"})
    assert await real_bench.runtime.list_sandboxes() == ()
    assert veths_of(real_bench.network) == []


@OCI_ONLY
async def test_destroy_and_tear_down_leave_the_machine_as_it_was(real_bench: Bench, tmp_path: Path) -> None:
    assert isinstance(real_bench.runtime, OciRuntime)
    assert real_bench.network is not None
    await real_bench.start(Program())
    await real_bench.runtime.destroy()
    await real_bench.network.tear_down()
    assert not (tmp_path / "oci").exists()
    assert not (tmp_path / "network").exists()
    bridge = real_bench.network.bridge
    await eventually(lambda: traces_of(tmp_path.name) == [] and traces_of(bridge) == [])


@OCI_ONLY
async def test_a_killed_monitor_does_not_end_the_container(real_bench: Bench) -> None:
    assert isinstance(real_bench.runtime, OciRuntime)
    container_id = await real_bench.start(Program())
    started = real_bench.runtime.container(container_id).started
    assert started is not None
    os.kill(started.monitor.pid, signal.SIGKILL)
    await eventually(lambda: not is_alive(started.monitor))
    await real_bench.reopen()
    assert (await real_bench.runtime.container_status(container_id)).state is ContainerState.RUNNING
    os.kill(started.container.pid, signal.SIGKILL)
    status = await ended(real_bench, container_id)
    assert (status.exit_code, status.reason) == (137, "ContainerStatusUnknown")


@OCI_ONLY
async def test_an_interrupted_start_is_adopted_where_the_program_runs(real_bench: Bench) -> None:
    assert isinstance(real_bench.runtime, OciRuntime)
    container_id = await real_bench.start(Program())
    (real_bench.runtime.container(container_id).folder.path / "started.json").unlink()
    await real_bench.reopen()
    assert (await real_bench.runtime.container_status(container_id)).state is ContainerState.RUNNING
    await real_bench.runtime.stop_container(container_id, 0)
    assert (await ended(real_bench, container_id)).exit_code == 137


@OCI_ONLY
async def test_half_made_sandboxes_and_containers_are_cleared_at_the_next_start(
    real_bench: Bench, tmp_path: Path
) -> None:
    sandbox = await real_bench.sandbox()
    container_id = await real_bench.runtime.create_container(sandbox.id, real_bench.config(Program()))
    record = tmp_path / "oci" / "sandboxes" / sandbox.id / "sandbox.json"
    record.write_text(record.read_text().replace('"was_ready":true', '"was_ready":false'))
    await real_bench.reopen()
    assert await real_bench.runtime.list_sandboxes() == ()
    assert await real_bench.runtime.list_containers() == ()
    assert traces_of(sandbox.id) == []
    assert traces_of(container_id) == []
    assert veths_of(real_bench.network) == []


@pytest.mark.oci
async def test_two_clusters_on_one_machine_do_not_see_each_other(tmp_path: Path, image_cache: Path) -> None:
    benches = []
    for name in ("one", "two"):
        folder = tmp_path / name
        network = bridge_network(folder)
        await network.set_up()
        made = oci_bench(folder, network)
        await made.open()
        await load(made.runtime, BUSYBOX, image_cache)
        benches.append(made)
    first, second = benches
    kept = await first.start(Program())
    await second.start(Program())
    for bench in (second, first):
        assert isinstance(bench.runtime, OciRuntime)
        assert bench.network is not None
        if bench is first:
            assert (await first.runtime.container_status(kept)).state is ContainerState.RUNNING
        await bench.runtime.destroy()
        await bench.runtime.close()
        await bench.network.tear_down()


@pytest.mark.docker
@pytest.mark.parametrize("real_bench", [pytest.param("docker")], indirect=True)
async def test_destroy_removes_only_what_carries_our_label(real_bench: Bench, request: pytest.FixtureRequest) -> None:
    assert isinstance(real_bench.runtime, DockerRuntime)
    address = request.getfixturevalue("engine").address
    docker(address, "run", "--detach", "--network=none", "--name=canary", "busybox:latest", "sleep", "1000")
    await real_bench.start(Program())
    await real_bench.runtime.destroy()
    assert docker(address, "ps", "--all", "--format={{.Names}}").split() == ["canary"]
    docker(address, "rm", "--force", "canary")


@pytest.mark.docker
async def test_a_pod_of_the_engines_own_network_stays_there_when_there_is_ours(
    engine: Engine, tmp_path: Path, image_cache: Path
) -> None:
    bench = docker_bench(engine.address, None)
    await bench.open()
    await load(bench.runtime, BUSYBOX, image_cache)
    old = await bench.sandbox()
    await bench.runtime.close()
    network = bridge_network(tmp_path)
    await network.set_up()
    bench.runtime = DockerRuntime(DockerConfig(bench.cgroup_root, bench.cgroup_root, engine.address), network)
    await bench.runtime.open()
    (found,) = await bench.runtime.list_sandboxes()
    assert (found.id, found.addresses, network.addresses()) == (old.id, old.addresses, {})
    new = await bench.sandbox()
    assert tuple(network.addresses()) == new.addresses
    await bench.close()
    await network.tear_down()
