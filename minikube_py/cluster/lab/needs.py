"""What a lab lacks on this computer, said before it begins. It looks, and changes nothing."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess

from minikube_py.cluster.lab.lab import Lab
from minikube_py.errors import ConfigError

_ALWAYS = {
    "bash": "bash",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "mount": "mount",
    "ip": "iproute2",
    "curl": "curl",
    "pkill": "procps",
}
_FOR_IMAGES = {"skopeo": "skopeo", "umoci": "umoci", "dpkg-deb": "dpkg", "apt-get": "apt"}


def lacking(lab: Lab) -> list[str]:
    """One line for each thing that is missing, with what to do about it; empty: the lab can begin."""
    if platform.system() != "Linux":
        return [f"Linux: a lab's machines are Linux namespaces, and this is {platform.system()}"]
    found = []
    if os.geteuid() != 0:
        found.append("root: a lab's machines are namespaces, which only root can make; run this with sudo")
    elif not _can_unshare():
        found.append("namespaces: this system does not let root make any (a container without --privileged?)")
    programs = {**_ALWAYS, **lab.needs.programs, **(_FOR_IMAGES if lab.needs.images else {})}
    missing = {program: package for program, package in programs.items() if not _find(program)}
    if missing:
        packages = " ".join(sorted(set(missing.values())))
        found.append(f"{', '.join(missing)}: apt-get install -y {packages}")
    return found


def check_needs(lab: Lab) -> None:
    """Raises: ConfigError."""
    found = lacking(lab)
    if found:
        lines = "".join(f"\n  {line}" for line in found)
        raise ConfigError(f"lab {lab.number} cannot run here; it lacks:{lines}")


def _find(program: str) -> bool:
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is not None


def _can_unshare() -> bool:
    """Says yes where there is no `unshare`: that is another line."""
    argv = ["unshare", "--fork", "--pid", "--net", "--mount", "--uts", "--ipc", "--cgroup", "--mount-proc", "true"]
    return not _find("unshare") or subprocess.run(argv, capture_output=True, check=False).returncode == 0
