"""What this machine is and has: asked once at start. Blocking, small files.

Kubernetes: pkg/kubelet/cadvisor, github.com/google/cadvisor/utils/sysfs
"""

import os
import platform
import shutil
import socket
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

KUBERNETES_VERSION = "v1.36.0"


@dataclass(frozen=True, slots=True)
class Machine:
    """Capacity and names of one machine, real or simulated."""

    hostname: str
    cpu_count: int
    memory_bytes: int
    disk_bytes: int
    pods: int = 110
    machine_id: str = ""
    system_uuid: str = ""
    boot_id: str = ""
    kernel_version: str = ""
    os_image: str = ""
    architecture: str = "amd64"
    labels: dict[str, str] = field(default_factory=dict)


SIMULATED_MACHINE = Machine("simulated", 32, 256 << 30, 1 << 40, kernel_version="simulated", os_image="simulated")


def this_machine(root: Path) -> Machine:
    """Look at the machine that this process runs on; disk is that of the kubelet's root."""
    existing = next(path for path in (root, *root.parents) if path.exists())
    return Machine(
        hostname=socket.gethostname().lower(),
        cpu_count=os.cpu_count() or 1,
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        disk_bytes=shutil.disk_usage(existing).total,
        machine_id=_read("/etc/machine-id"),
        system_uuid=_read("/sys/class/dmi/id/product_uuid"),
        boot_id=_read("/proc/sys/kernel/random/boot_id"),
        kernel_version=platform.release(),
        os_image=_os_image(),
        architecture={"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine()),
    )


def kubelet_version() -> str:
    """The Kubernetes version whose kubelet this stands for, with our own behind it."""
    try:
        return f"{KUBERNETES_VERSION}+minikube-py.{version('minikube-py')}"
    except PackageNotFoundError:
        return f"{KUBERNETES_VERSION}+minikube-py"


def node_ip() -> str:
    """The address that this machine talks to others with; loopback where there is no way out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Nothing is sent: connecting a datagram socket only asks the kernel for the route.
            probe.connect(("192.0.2.1", 9))
            address: str = probe.getsockname()[0]
            return address
        except OSError:
            return "127.0.0.1"


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def _os_image() -> str:
    for line in _read("/etc/os-release").splitlines():
        key, _, value = line.partition("=")
        if key == "PRETTY_NAME":
            return value.strip('"')
    return platform.system()
