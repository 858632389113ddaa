"""The pure path from a container's configuration to what the kernel is told."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from minikube_py.runtime.interface import ContainerConfig, ImageStatus, Mount, Resources, RuntimeFault, Security
from minikube_py.runtime.oci.bundle import (
    DEFAULT_CAPABILITIES,
    BundleParts,
    SandboxPlace,
    capabilities,
    command_line,
    environment,
    resource_limits,
    runtime_spec,
)
from minikube_py.runtime.oci.users import User, resolve_user
from minikube_py.runtime.rights import ALL_CAPABILITIES

IMAGE = ImageStatus("sha256:1", (), entrypoint=("nginx",), command=("-g", "daemon off;"), env=("PATH=/bin", "A=image"))
CONTAINER = ContainerConfig("main", "nginx")
FOLDER = Path("/pod")
PLACE = SandboxPlace("web-0", FOLDER / "net", FOLDER / "ipc", FOLDER / "uts", None, FOLDER / "shm", has_own_pid=True)
PASSWD = "root:x:0:0:root:/root:/bin/sh\nwww:x:33:33::/var/www:/bin/false\n"
GROUP = "root:x:0:\nwww:x:33:\nlogs:x:4:www,other\n"


def spec_of(container: ContainerConfig, place: SandboxPlace = PLACE, user: User | None = None) -> dict[str, Any]:
    parts = BundleParts(container, IMAGE, user or User(), place, "/root/pod1/c1", Path("/rootfs"))
    return runtime_spec(parts)


@pytest.mark.parametrize(
    ("command", "args", "expected"),
    [
        ((), (), ("nginx", "-g", "daemon off;")),
        (("sh",), (), ("sh",)),
        ((), ("-v",), ("nginx", "-v")),
        (("sh",), ("-c", "x"), ("sh", "-c", "x")),
    ],
)
def test_command_replaces_the_entrypoint_and_args_the_command(
    command: tuple[str, ...], args: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert command_line(replace(CONTAINER, command=command, args=args), IMAGE) == expected


def test_no_command_anywhere_is_refused() -> None:
    with pytest.raises(RuntimeFault, match="no command specified"):
        command_line(CONTAINER, ImageStatus("sha256:1", ()))


def test_the_containers_variables_win_over_the_images() -> None:
    found = environment(replace(CONTAINER, env={"A": "own", "B": "x=y"}), IMAGE, "/root", "web-0")
    assert found == ["PATH=/bin", "HOME=/root", "HOSTNAME=web-0", "A=own", "B=x=y"]


def test_capabilities_add_drop_and_all() -> None:
    assert len(capabilities(Security())) == len(DEFAULT_CAPABILITIES)
    assert "CAP_CHOWN" not in capabilities(Security(drop_capabilities=("CHOWN",)))
    assert capabilities(Security(drop_capabilities=("ALL",), add_capabilities=("cap_net_admin",))) == ["CAP_NET_ADMIN"]
    assert len(capabilities(Security(add_capabilities=("ALL",)))) == len(ALL_CAPABILITIES)
    assert len(capabilities(Security(privileged=True, drop_capabilities=("ALL",)))) == len(ALL_CAPABILITIES)
    few = ("CHOWN", "SYS_ADMIN")
    assert capabilities(Security(privileged=True), few) == ["CAP_CHOWN", "CAP_SYS_ADMIN"]
    assert capabilities(Security(add_capabilities=("ALL",)), few) == ["CAP_CHOWN", "CAP_SYS_ADMIN"]
    with pytest.raises(RuntimeFault, match="'NO_SUCH'"):
        capabilities(Security(add_capabilities=("NO_SUCH",)))


def test_another_user_than_root_holds_no_capabilities() -> None:
    assert spec_of(CONTAINER, user=User(uid=33))["process"]["capabilities"]["effective"] == []


def test_limits_of_zero_are_no_limits() -> None:
    assert resource_limits(Resources()) == {}
    assert resource_limits(Resources(cpu_shares=512, memory_limit_bytes=1000)) == {
        "cpu": {"shares": 512},
        "memory": {"limit": 1000, "swap": 1000},
    }


def test_the_sandboxs_namespaces_are_joined_and_the_hosts_are_left_out() -> None:
    joined = {entry["type"]: entry.get("path") for entry in spec_of(CONTAINER)["linux"]["namespaces"]}
    assert joined == {"mount": None, "network": "/pod/net", "ipc": "/pod/ipc", "uts": "/pod/uts", "pid": None}
    on_host = replace(PLACE, network=None, uts=None, has_own_pid=False)
    assert {entry["type"] for entry in spec_of(CONTAINER, on_host)["linux"]["namespaces"]} == {"mount", "ipc"}


def test_a_mount_of_the_containers_own_replaces_the_customary_one_and_parents_come_first() -> None:
    mounts = (Mount(Path("/b"), "/data/deep"), Mount(Path("/a"), "/data"), Mount(Path("/s"), "/dev/shm"))
    found = [(mount["destination"], mount["source"]) for mount in spec_of(replace(CONTAINER, mounts=mounts))["mounts"]]
    assert [entry for entry in found if entry[0] == "/dev/shm"] == [("/dev/shm", "/s")]
    assert found.index(("/data", "/a")) < found.index(("/data/deep", "/b"))


def test_a_privileged_container_sees_everything() -> None:
    linux = spec_of(replace(CONTAINER, security=Security(privileged=True)))["linux"]
    assert "maskedPaths" not in linux
    assert linux["resources"]["devices"] == [{"allow": True, "access": "rwm"}]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", User(0, 0, (), "/root")),
        ("www", User(33, 33, (4,), "/var/www")),
        ("33", User(33, 33, (4,), "/var/www")),
        ("1000", User(1000, 0, (), "/")),
        ("www:logs", User(33, 4, (), "/var/www")),
        ("1000:2000", User(1000, 2000, (), "/")),
    ],
)
def test_users_are_resolved_by_the_images_own_files(text: str, expected: User) -> None:
    assert resolve_user(text, PASSWD, GROUP) == expected


def test_unknown_names_are_refused_by_name() -> None:
    with pytest.raises(RuntimeFault, match="unable to find user ghost"):
        resolve_user("ghost", PASSWD, GROUP)
    with pytest.raises(RuntimeFault, match="unable to find group ghosts"):
        resolve_user("www:ghosts", PASSWD, GROUP)
