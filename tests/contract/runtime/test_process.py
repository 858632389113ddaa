"""What a container's process finds around itself: identity, files, limits, its neighbours in the pod."""

from pathlib import Path

import pytest

from minikube_py.runtime.abilities import LogOptions
from minikube_py.runtime.interface import ContainerNotFound, ContainerState, Mount, Resources, RuntimeFault, Security
from tests.contract.runtime.bench import Bench, Program
from tests.contract.runtime.test_lifecycle import ended

MEBIBYTE = 1024 * 1024


def own_namespace(kind: str) -> str:
    """The namespace this test itself is in."""
    return Path("/proc/self/ns", kind).readlink().name


async def test_environment_working_directory_and_hostname_are_as_given(real_bench: Bench) -> None:
    sandbox = await real_bench.sandbox(hostname="web-0")
    script = "echo $GREETING; pwd; hostname; cat /etc/hostname; echo $HOSTNAME"
    said = await real_bench.output_of(script, sandbox, env={"GREETING": "hello  $x"}, working_dir="/tmp")
    assert said.splitlines() == ["hello $x", "/tmp", "web-0", "web-0", "web-0"]


async def test_a_working_directory_that_is_not_there_is_made(real_bench: Bench) -> None:
    assert await real_bench.output_of("pwd", working_dir="/made/for/this") == "/made/for/this\n"


async def test_args_without_command_go_to_the_images_own_command(real_bench: Bench) -> None:
    sandbox = await real_bench.sandbox()
    config = real_bench.config(Program(), command=(), args=("sh", "-c", "exit 9"))
    container_id = await real_bench.runtime.create_container(sandbox.id, config)
    await real_bench.runtime.start_container(container_id)
    assert (await ended(real_bench, container_id)).exit_code == 9


async def test_mounts_show_host_files_and_read_only_ones_refuse_writes(real_bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "config").write_text("from the host\n")
    mounts = (
        Mount(tmp_path / "shared", "/data"),
        Mount(tmp_path / "config", "/etc/app/config", read_only=True),
    )
    script = "cat /etc/app/config; echo written > /data/file; echo no > /etc/app/config || echo refused"
    said = await real_bench.output_of(script, mounts=mounts)
    assert "from the host\n" in said
    assert "refused\n" in said
    assert (tmp_path / "shared" / "file").read_text() == "written\n"
    assert (tmp_path / "config").read_text() == "from the host\n"


async def test_user_and_groups_are_numbers_or_names_of_the_image(real_bench: Bench) -> None:
    numeric = Security(user="1234", group=2345, supplemental_groups=(3456,))
    assert await real_bench.output_of("id -u; id -g; id -G", security=numeric) == "1234\n2345\n2345 3456\n"
    named = await real_bench.output_of("id -un; id -gn", security=Security(user="www-data"))
    assert named == "www-data\nwww-data\n"


async def test_an_unknown_user_name_is_refused_by_name(real_bench: Bench) -> None:
    sandbox = await real_bench.sandbox()
    config = real_bench.config(Program(), security=Security(user="nobody-we-know"))
    with pytest.raises(RuntimeFault, match="nobody-we-know"):
        await real_bench.runtime.start_container(await real_bench.runtime.create_container(sandbox.id, config))


async def test_capabilities_are_added_and_dropped(real_bench: Bench) -> None:
    script = "grep CapBnd /proc/self/status"

    async def bounding(security: Security) -> int:
        return int((await real_bench.output_of(script, security=security)).split()[1], 16)

    chown, net_admin = 1 << 0, 1 << 12
    assert await bounding(Security()) & (chown | net_admin) == chown
    changed = await bounding(Security(add_capabilities=("NET_ADMIN",), drop_capabilities=("CHOWN",)))
    assert changed & (chown | net_admin) == net_admin
    assert await bounding(Security(drop_capabilities=("ALL",))) == 0
    assert await bounding(Security(drop_capabilities=("ALL",), add_capabilities=("CHOWN",))) == chown


async def test_a_read_only_root_and_no_new_privileges_reach_the_kernel(real_bench: Bench) -> None:
    security = Security(read_only_rootfs=True, no_new_privileges=True)
    said = await real_bench.output_of(
        "touch /file 2>/dev/null || echo refused; grep NoNewPrivs /proc/self/status", security=security
    )
    assert "refused" in said
    assert said.split()[-2:] == ["NoNewPrivs:", "1"]


async def test_a_program_that_takes_more_memory_than_its_limit_is_oom_killed(real_bench: Bench) -> None:
    resources = Resources(memory_limit_bytes=20 * MEBIBYTE)
    greedy = ("sh", "-c", "tail -c 200m /dev/zero")
    sandbox = await real_bench.sandbox()
    config = real_bench.config(Program(), command=greedy, resources=resources)
    container_id = await real_bench.runtime.create_container(sandbox.id, config)
    await real_bench.runtime.start_container(container_id)
    status = await ended(real_bench, container_id)
    assert (status.exit_code, status.oom_killed, status.reason) == (137, True, "OOMKilled")


async def test_limits_are_changed_under_a_running_container(real_bench: Bench) -> None:
    at_first = Resources(cpu_shares=102, cpu_quota_us=10_000, cpu_period_us=100_000, memory_limit_bytes=64 * MEBIBYTE)
    container_id = await real_bench.start(Program(), resources=at_first)
    runtime = real_bench.runtime
    assert (await runtime.container_status(container_id)).resources.memory_limit_bytes == 64 * MEBIBYTE
    more = Resources(cpu_shares=204, cpu_quota_us=20_000, cpu_period_us=100_000, memory_limit_bytes=128 * MEBIBYTE)
    await runtime.update_resources(container_id, more)
    script = "cd /sys/fs/cgroup; cat memory.max 2>/dev/null || cat memory/memory.limit_in_bytes"
    seen = await runtime.exec_sync(container_id, ["sh", "-c", script], 10)
    assert int(seen.stdout) == 128 * MEBIBYTE
    await real_bench.reopen()
    known = (await real_bench.runtime.container_status(container_id)).resources
    assert (known.cpu_shares, known.cpu_quota_us, known.memory_limit_bytes) == (204, 20_000, 128 * MEBIBYTE)
    with pytest.raises(ContainerNotFound):
        await real_bench.runtime.update_resources("nobody", more)


async def test_containers_of_a_pod_share_network_and_ipc_but_not_processes(real_bench: Bench) -> None:
    sandbox = await real_bench.sandbox()
    script = "for kind in net ipc uts pid; do readlink /proc/self/ns/$kind; done"
    seen = []
    for name in ("one", "two"):
        container_id = await real_bench.start(Program(), sandbox, name=name)
        seen.append((await real_bench.runtime.exec_sync(container_id, ["sh", "-c", script], 10)).stdout.split())
    shared = 3 if real_bench.kind == "oci" else 2  # the engine cannot let containers share a uts namespace
    assert seen[0][:shared] == seen[1][:shared]
    assert seen[0][3] != seen[1][3]
    assert seen[0][0].decode() != own_namespace("net")


async def test_a_shared_process_namespace_shows_the_neighbours(real_bench: Bench) -> None:
    sandbox = await real_bench.sandbox(share_process_namespace=True)
    await real_bench.start(Program(), sandbox)
    said = await real_bench.output_of("ps", sandbox)
    assert "sleep 1000" in said
    await real_bench.reopen()
    (listed,) = await real_bench.runtime.list_sandboxes()
    assert listed.state is sandbox.state


async def test_the_hosts_network_and_processes_are_seen_where_asked_for(real_bench: Bench) -> None:
    sandbox = await real_bench.sandbox(host_network=real_bench.kind == "oci", host_pid=True)
    said = await real_bench.output_of("readlink /proc/self/ns/pid; readlink /proc/self/ns/net", sandbox)
    assert own_namespace("pid") in said
    # The engine of this test lives in a network of its own, so its "host" is not ours.
    assert (own_namespace("net") in said) == (real_bench.kind == "oci")


async def test_pods_reach_each_other_by_address(real_bench: Bench) -> None:
    server = await real_bench.sandbox()
    serve = "echo hello > /tmp/index.html; exec httpd -f -p 8080 -h /tmp"
    config = real_bench.config(Program(), command=("sh", "-c", serve))
    await real_bench.runtime.start_container(await real_bench.runtime.create_container(server.id, config))
    ask = f"for i in 1 2 3 4 5; do wget -q -O - http://{server.addresses[0]}:8080/ && exit; sleep 0.2; done"
    assert await real_bench.output_of(ask) == "hello\n"
    assert await real_bench.output_of(ask, server) == "hello\n"


async def test_a_terminal_makes_everything_stdout(real_bench: Bench) -> None:
    sandbox = await real_bench.sandbox()
    config = real_bench.config(Program(), command=("sh", "-c", "test -t 0 && echo tty; echo err >&2"), tty=True)
    container_id = await real_bench.runtime.create_container(sandbox.id, config)
    await real_bench.runtime.start_container(container_id)
    await ended(real_bench, container_id)
    lines = [(line.stream, line.data) async for line in real_bench.runtime.logs(container_id, LogOptions())]
    assert lines == [("stdout", b"tty\r\n"), ("stdout", b"err\r\n")]


async def test_a_killed_main_process_reports_the_signal(real_bench: Bench) -> None:
    container_id = await real_bench.start(Program(prints=("up",), ignores_stop=True))
    await real_bench.runtime.stop_container(container_id, 0)
    status = await real_bench.runtime.container_status(container_id)
    assert (status.state, status.exit_code) == (ContainerState.EXITED, 137)


async def test_a_wish_to_be_spared_by_the_oom_killer_never_prevents_the_start(real_bench: Bench) -> None:
    said = await real_bench.output_of("cat /proc/self/oom_score_adj", resources=Resources(oom_score_adj=-997))
    assert -997 <= int(said) <= 0
    assert await real_bench.output_of("cat /proc/self/oom_score_adj", resources=Resources(oom_score_adj=500)) == "500\n"


async def test_a_privileged_container_has_every_right_that_this_machine_has(real_bench: Bench) -> None:
    script = "grep CapBnd /proc/self/status; mknod /tmp/n c 1 3 && echo >/tmp/n && ip link set lo mtu 1400 && echo yes"
    rights, done = (await real_bench.output_of(script, security=Security(privileged=True))).splitlines()
    known_to_every_engine = 2**38 - 1
    assert rights_in(rights) & known_to_every_engine == own_rights() & known_to_every_engine
    assert done == "yes"


def own_rights() -> int:
    return next(rights_in(line) for line in Path("/proc/self/status").read_text().splitlines() if "CapBnd" in line)


def rights_in(line: str) -> int:
    return int(line.removeprefix("CapBnd:"), 16)
