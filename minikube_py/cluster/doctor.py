"""doctor: what the machine lacks, each line with the command that mends it. It looks, and changes nothing.

Kubernetes: kubeadm's preflight checks
"""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from minikube_py.cluster.config import ALL_CIDR, ClusterConfig, clusters_folder


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    is_fine: bool
    fix: str = ""
    is_needed: bool = True
    """False: only some choices (Docker, etcd) need it."""


PACKAGES = {
    "runc": "runc",
    "conmon": "conmon",
    "skopeo": "skopeo",
    "umoci": "umoci",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "curl": "curl",
    "iptables-restore": "iptables",
    "nft": "nftables",
}
"""Program -> the Debian package that brings it: what the embedded tier needs."""

OPTIONAL_PACKAGES = {"etcd": "etcd-server", "dockerd": "docker.io", "conntrack": "conntrack"}
_INOTIFY_INSTANCES = 64
_FREE_BYTES = 2 * 1024**3


def missing_packages() -> list[str]:
    """The Debian packages without which the embedded tier cannot run pods."""
    return sorted({package for program, package in PACKAGES.items() if _find(program) is None})


def _find(program: str) -> str | None:
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def examine(port: int = 6443) -> list[Finding]:
    checks: list[Callable[[], Finding]] = [_root, _kernel, _forwarding, _inotify, _disk, _leftovers]
    checks += [_pods_network, lambda: _port(port)]
    programs = [
        Finding(f"{program} is installed", _find(program) is not None, f"apt-get install -y {package}")
        for program, package in PACKAGES.items()
    ]
    optional = [
        Finding(f"{program} is installed", _find(program) is not None, f"apt-get install -y {package}", is_needed=False)
        for program, package in OPTIONAL_PACKAGES.items()
    ]
    return [*(check() for check in checks), *programs, *optional]


def _root() -> Finding:
    fix = "run as root, or without containers: minikube-py start --container-runtime=simulated"
    return Finding("running as root", os.geteuid() == 0, fix)


def _kernel() -> Finding:
    """Overlay mounts are what containers' files are made of."""
    known = Path("/proc/filesystems")
    is_fine = known.exists() and "overlay" in known.read_text().split()
    return Finding("the kernel has overlay mounts", is_fine, "modprobe overlay")


def _pods_network() -> Finding:
    """A route of somebody else's into the pods' or nodes' range would take their packets away."""
    ours, routes = ipaddress.ip_network(ALL_CIDR), Path("/proc/net/route")
    rows = [line.split() for line in routes.read_text().splitlines()[1:]] if routes.exists() else []
    taken = sorted({row[0] for row in rows if _address(row[1]) in ours and not row[0].startswith(("mk-", "mn-"))})
    fix = f"another program's network ({', '.join(taken)}) overlaps: see `ip route`, and remove or renumber it"
    return Finding(f"addresses {ALL_CIDR} are free for pods and nodes", not taken, fix)


def _address(little_endian: str) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(bytes.fromhex(little_endian)[::-1])


def _forwarding() -> Finding:
    path = Path("/proc/sys/net/ipv4/ip_forward")
    fix = "sysctl -w net.ipv4.ip_forward=1 (start does it)"
    return Finding(
        "IPv4 packets are forwarded", path.exists() and path.read_text().strip() == "1", fix, is_needed=False
    )


def _inotify() -> Finding:
    path = Path("/proc/sys/fs/inotify/max_user_instances")
    limit = int(path.read_text()) if path.exists() else 0
    fix = f"sysctl -w fs.inotify.max_user_instances={2 * _INOTIFY_INSTANCES}"
    return Finding(f"inotify instances ({limit})", limit >= _INOTIFY_INSTANCES, fix)


def _disk() -> Finding:
    folder = clusters_folder()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    return Finding(f"disk space below {folder} ({free // 1024**3} GiB free)", free >= _FREE_BYTES, "free 2 GiB there")


def _port(port: int) -> Finding:
    with socket.socket() as probe:
        is_free = probe.connect_ex(("127.0.0.1", port)) != 0
    fix = f"a cluster may be running; else see who listens: ss -ltnp 'sport = :{port}'"
    return Finding(f"port {port} is {'free' if is_free else 'taken'}", is_free, fix, is_needed=False)


def _leftovers() -> Finding:
    folder = clusters_folder()
    names = sorted(entry.name for entry in folder.glob("[!.]*") if entry.is_dir()) if folder.exists() else []
    fix = "; ".join(f"minikube-py delete --name {name}" for name in names)
    return Finding(f"clusters on this machine: {', '.join(names) or 'none'}", True, fix)


def describe(config: ClusterConfig) -> str:
    """What was picked, in one line."""
    parts = (
        {"sqlite": "SQLite", "etcd": "etcd"}[config.store],
        f"{config.runtime} runtime",
        f"{config.proxy_mode} proxy" if config.has_proxies else "no proxy",
    )
    return f"{config.name}: {', '.join(parts)}, {len(config.nodes)} node{'s' * (len(config.nodes) > 1)}"
