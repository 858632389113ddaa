"""The files of a pod that are no volumes: /etc/hosts, resolv.conf, termination messages, and where its logs lie.

    <root>/pods/<uid>/etc/{hosts,resolv.conf}   <root>/pods/<uid>/messages/<container>-<attempt>
    <root>/logs/<namespace>_<name>_<uid>/<container>/<attempt>.log

Kubernetes: pkg/kubelet/kubelet_pods.go (makeMounts, ensureHostsFile), pkg/kubelet/network/dns
"""

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path

from minikube_py.api.kinds.core.container import Container
from minikube_py.api.kinds.core.pod import Pod
from minikube_py.kubelet.container_config import hostname
from minikube_py.runtime.interface import Mount

MESSAGE_LIMIT = 4096
DEFAULT_MESSAGE_PATH = "/dev/termination-log"
_HOST_RESOLV_CONF = Path("/etc/resolv.conf")


@dataclass(frozen=True, slots=True)
class DnsSettings:
    """The cluster's name server, if it has one."""

    servers: tuple[str, ...] = ()
    domain: str = "cluster.local"


class PodFiles:
    """Paths and small files below the kubelet's root."""

    def __init__(self, root: Path, dns: DnsSettings, *, is_written: bool = True) -> None:
        self._root = root
        self._dns = dns
        self._is_written = is_written

    def log_directory(self, pod: Pod) -> Path:
        metadata = pod.metadata
        return self._root / "logs" / f"{metadata.namespace}_{metadata.name}_{metadata.uid}"

    def log_path(self, pod: Pod, container: Container, attempt: int) -> Path:
        return self.log_directory(pod) / container.name / f"{attempt}.log"

    def message_path(self, pod_uid: str, container_name: str, attempt: int) -> Path:
        return self._root / "pods" / pod_uid / "messages" / f"{container_name}-{attempt}"

    async def mounts(self, pod: Pod, container: Container, attempt: int, addresses: tuple[str, ...]) -> list[Mount]:
        """Write what every container gets; return the mounts, except where the container has one of its own."""
        if not self._is_written:
            return []
        return await asyncio.to_thread(self._make, pod, container, attempt, addresses)

    async def message(self, pod_uid: str, container_name: str, attempt: int) -> str:
        """What the container left at its termination message path."""
        path = self.message_path(pod_uid, container_name, attempt)
        return await asyncio.to_thread(_read_start, path) if self._is_written else ""

    async def remove(self, pod: Pod) -> None:
        await asyncio.to_thread(shutil.rmtree, self.log_directory(pod), ignore_errors=True)
        await asyncio.to_thread(shutil.rmtree, self._root / "pods" / pod.metadata.uid, ignore_errors=True)

    def _make(self, pod: Pod, container: Container, attempt: int, addresses: tuple[str, ...]) -> list[Mount]:
        taken = {mount.mount_path for mount in container.volume_mounts}
        message = self.message_path(pod.metadata.uid, container.name, attempt)
        etc = self._root / "pods" / pod.metadata.uid / "etc"
        etc.mkdir(parents=True, exist_ok=True)
        message.parent.mkdir(parents=True, exist_ok=True)
        self.log_path(pod, container, attempt).parent.mkdir(parents=True, exist_ok=True)
        message.touch()
        message.chmod(0o666)
        (etc / "hosts").write_text(hosts_file(pod, addresses, Path("/etc/hosts").read_text()))
        (etc / "resolv.conf").write_text(resolv_conf(pod, self._dns, _host_resolv_conf()))
        found = [
            Mount(etc / "hosts", "/etc/hosts"),
            Mount(etc / "resolv.conf", "/etc/resolv.conf"),
            Mount(message, container.termination_message_path or DEFAULT_MESSAGE_PATH),
        ]
        return [mount for mount in found if mount.container_path not in taken]


def hosts_file(pod: Pod, addresses: tuple[str, ...], node_hosts: str) -> str:
    """The node's own with the host's network, else loopback and the pod; then its aliases."""
    if pod.spec.host_network:
        lines = [node_hosts.rstrip("\n")]
    else:
        lines = [
            "# Kubernetes-managed hosts file.",
            "127.0.0.1\tlocalhost",
            "::1\tlocalhost ip6-localhost ip6-loopback",
            "fe00::0\tip6-localnet",
            "fe00::0\tip6-mcastprefix",
            "fe00::1\tip6-allnodes",
            "fe00::2\tip6-allrouters",
        ]
        name, subdomain = hostname(pod), pod.spec.subdomain
        full = f"{name}.{subdomain}.{pod.metadata.namespace}.svc.cluster.local\t{name}" if subdomain else name
        lines += [f"{address}\t{full}" for address in addresses]
    if pod.spec.host_aliases:
        lines += ["", "# Entries added by HostAliases."]
        lines += ["\t".join((alias.ip, *alias.hostnames)) for alias in pod.spec.host_aliases]
    return "\n".join(lines) + "\n"


def resolv_conf(pod: Pod, dns: DnsSettings, node: str) -> str:
    """By dnsPolicy: the cluster's name servers, or the node's; then what dnsConfig adds."""
    policy = pod.spec.dns_policy or "ClusterFirst"
    uses_cluster = policy == "ClusterFirstWithHostNet" or (policy == "ClusterFirst" and not pod.spec.host_network)
    settings = _Resolver.of(node) if policy != "None" else _Resolver()
    if uses_cluster and dns.servers:
        domain = dns.domain
        searches = (f"{pod.metadata.namespace}.svc.{domain}", f"svc.{domain}", domain)
        settings = _Resolver(dns.servers, searches + settings.searches, ("ndots:5",))
    config = pod.spec.dns_config
    if config is not None:
        added = tuple(f"{each.name}:{each.value}" if each.value else each.name for each in config.options)
        names = {option.partition(":")[0] for option in added}
        kept = tuple(option for option in settings.options if option.partition(":")[0] not in names)
        settings = _Resolver(
            tuple(dict.fromkeys(settings.servers + config.nameservers)),
            tuple(dict.fromkeys(settings.searches + config.searches)),
            kept + added,
        )
    return settings.text()


@dataclass(frozen=True, slots=True)
class _Resolver:
    servers: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str) -> "_Resolver":
        lines = [line.split() for line in text.splitlines() if line and line[0] not in "#;"]
        return cls(
            tuple(words[1] for words in lines if len(words) > 1 and words[0] == "nameserver"),
            tuple(word for words in lines if words and words[0] == "search" for word in words[1:]),
            tuple(word for words in lines if words and words[0] == "options" for word in words[1:]),
        )

    def text(self) -> str:
        lines = [f"search {' '.join(self.searches)}"] if self.searches else []
        lines += [f"nameserver {server}" for server in self.servers]
        lines += [f"options {' '.join(self.options)}"] if self.options else []
        return "".join(f"{line}\n" for line in lines)


def _host_resolv_conf() -> str:
    return _HOST_RESOLV_CONF.read_text() if _HOST_RESOLV_CONF.exists() else ""


def _read_start(path: Path) -> str:
    if not path.exists():
        return ""
    with path.open("rb") as file:
        return file.read(MESSAGE_LIMIT).decode(errors="replace")
