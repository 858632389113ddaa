"""Rules of the packet filter that cut etcd members off from one another; they are gone when the block ends."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from tests.torture.etcd_cluster import EtcdCluster, Member


def isolated(member: Member, cluster: EtcdCluster) -> list[str]:
    """Nothing that it sends reaches another member."""
    return [*_sent_by(member), "-m", "multiport", "--ports", cluster.peer_ports]


def parted(one: Member, other: Member) -> Sequence[list[str]]:
    """These two do not reach each other; the third reaches both."""
    return (
        [*_sent_by(one), "-m", "multiport", "--ports", str(other.peer_port)],
        [*_sent_by(other), "-m", "multiport", "--ports", str(one.peer_port)],
    )


def lossy(cluster: EtcdCluster, share: float) -> list[str]:
    """That share of what members send one another is lost."""
    ports = ["-p", "tcp", "-m", "multiport", "--ports", cluster.peer_ports]
    return [*ports, "-m", "statistic", "--mode", "random", "--probability", str(share)]


def _sent_by(member: Member) -> list[str]:
    return ["-p", "tcp", "-m", "owner", "--uid-owner", str(member.user)]


@contextmanager
def dropping(*rules: list[str]) -> Iterator[None]:
    with ExitStack() as undone:
        for rule in rules:
            _iptables("-I", rule)
            undone.callback(_iptables, "-D", rule)
        yield


def _iptables(action: str, rule: list[str]) -> None:
    subprocess.run(["iptables", "-w", action, "OUTPUT", *rule, "-j", "DROP"], check=True)
