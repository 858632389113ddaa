"""The one command that makes another host a node: it unpacks what the kubelet needs, and starts it.

What it carries are the node's own keys, so it is a secret. The API server's certificate does not have the address under
which other hosts find it, so the kubeconfig says which name to expect instead.

Kubernetes: kubeadm token create --print-join-command
"""

from __future__ import annotations

import base64
import io
import shlex
import tarfile
import tempfile
from pathlib import Path

from minikube_py.client.kubeconfig_edit import editing_kubeconfig
from minikube_py.cluster.config import POD_CIDR, ClusterConfig, ClusterNode
from minikube_py.cluster.material import enter_context

_SERVER_NAME = "kubernetes"


def join_command(config: ClusterConfig, node: ClusterNode, server: str) -> str:
    """For a POSIX shell, in whatever folder the other host keeps such things."""
    pki = config.folder / "pki"
    files = {
        "kubeconfig": _kubeconfig(config, node, server),
        "kubelet.crt": (pki / f"{node.kubelet}-server.crt").read_bytes(),
        "kubelet.key": (pki / f"{node.kubelet}-server.key").read_bytes(),
        "client-ca.crt": (pki / "kubelet-client-ca.crt").read_bytes(),
    }
    packed = base64.b64encode(_packed(files)).decode()
    folder = node.name
    flags = (
        f"--kubeconfig={folder}/kubeconfig",
        f"--tls-cert-file={folder}/kubelet.crt",
        f"--tls-private-key-file={folder}/kubelet.key",
        f"--client-ca-file={folder}/client-ca.crt",
        f"--hostname-override={node.name}",
        f"--container-runtime={config.runtime}",
        "--network-plugin=kubenet",
        f"--pod-cidr={node.pod_cidr}",
        f"--cluster-cidr={POD_CIDR}",
        f"--cluster-name={config.name}",
    )
    return f"mkdir -p {folder} && echo {packed} | base64 -d | tar -xzC {folder} && {shlex.join(('pykubelet', *flags))}"


def _kubeconfig(config: ClusterConfig, node: ClusterNode, server: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kubeconfig"
        enter_context(config, str(path), node.kubelet)
        with editing_kubeconfig(str(path)) as editor:
            cluster = editor.config.entry("clusters", config.name) or {}
            editor.set_entry("clusters", config.name, {**cluster, "server": server, "tls-server-name": _SERVER_NAME})
        return path.read_bytes()


def _packed(files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o600
            archive.addfile(entry, io.BytesIO(content))
    return target.getvalue()
