"""Keys, certificates and kubeconfigs of a cluster: made once, kept in its folder.

Kubernetes: kubeadm's certs and kubeconfig phases
"""

from __future__ import annotations

import base64
import contextlib
from pathlib import Path

from minikube_py.client.kubeconfig import kubeconfig_paths
from minikube_py.client.kubeconfig_edit import editing_kubeconfig
from minikube_py.cluster.config import ClusterConfig
from minikube_py.cluster.pki import KUBELET_CLIENT, Authority, cluster_identities, new_key

_MADE = "kubeconfig-made"


def make_material(config: ClusterConfig) -> None:
    """Make what is missing of keys and files; what is there stays."""
    folder = config.folder / "pki"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (folder / "sa.key").exists():
        new_key(folder / "sa.key")
    authority = Authority(folder, "ca")
    for identity in cluster_identities(config):
        authority.issue(identity)
        if not identity.hosts:
            path = config.kubeconfig_of(identity.file)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            enter_context(config, str(path), identity.file)
    Authority(folder, "kubelet-client-ca").issue(KUBELET_CLIENT)


def enter_context(config: ClusterConfig, explicit: str = "", identity: str = "admin") -> None:
    """Write the cluster's context into a kubeconfig (the user's, unless `explicit`), and make it the current one."""
    cluster = {"server": config.server, "certificate-authority-data": _data(config, "ca.crt")}
    user = {
        "client-certificate-data": _data(config, f"{identity}.crt"),
        "client-key-data": _data(config, f"{identity}.key"),
    }
    if not explicit:
        _remember_what_is_made(config)
    with editing_kubeconfig(explicit) as editor:
        editor.set_entry("clusters", config.name, cluster)
        editor.set_entry("users", config.name, user)
        editor.set_entry("contexts", config.name, {"cluster": config.name, "user": config.name})
        editor.current_context = config.name


def _data(config: ClusterConfig, file: str) -> str:
    return base64.b64encode((config.folder / "pki" / file).read_bytes()).decode()


def leave_context(config: ClusterConfig) -> None:
    """Take the cluster's context, cluster and user out of the user's kubeconfig, and nothing else.

    A file that was made for them goes too, if nothing else has come into it.
    """
    made = _made_for(config)
    with editing_kubeconfig() as editor:
        for section in ("contexts", "clusters", "users"):
            editor.remove_entry(section, config.name)
        if editor.current_context == config.name:
            editor.current_context = ""
        for path in made[:1]:
            editor.remove_when_empty(path)
    for folder in made[1:]:
        with contextlib.suppress(OSError):
            folder.rmdir()


def _remember_what_is_made(config: ClusterConfig) -> None:
    """Note the kubeconfig file that is not there yet, and the folders above it."""
    paths = [path.absolute() for path in kubeconfig_paths()]
    if not any(path.exists() for path in paths):
        missing = [paths[-1], *(folder for folder in paths[-1].parents if not folder.exists())]
        (config.folder / _MADE).write_text("".join(f"{path}\n" for path in missing))


def _made_for(config: ClusterConfig) -> list[Path]:
    """That file, then the folders, the innermost first; empty when the file was there before."""
    note = config.folder / _MADE
    return [Path(line) for line in note.read_text().splitlines()] if note.exists() else []
