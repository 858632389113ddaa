"""The pod network's few iptables rules, in chains of its own that carry the bridge's name.

nat: what a pod sends out of the cluster takes the node's address (nobody outside knows a route back to a pod).
filter: what crosses the bridge is forwarded even where another program (dockerd) set the FORWARD policy to DROP.

Kubernetes: kubenet's ensureMasqRule; the ip-masq-agent's non-masquerade range.
"""

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path

from minikube_py.network.commands import find_program, run
from minikube_py.network.interface import CommandFailed

_TABLES = ("nat", "filter")


@dataclass(frozen=True, slots=True)
class FirewallConfig:
    bridge: str
    pod_cidr: str
    cluster_cidr: str
    state_folder: Path


@dataclass(frozen=True, slots=True)
class _Hook:
    """A jump from a built-in chain to one of ours."""

    table: str
    chain: str
    match: tuple[str, ...]
    target: str


class Firewall:
    """Adds and removes the rules of one bridge; touches no others."""

    def __init__(self, config: FirewallConfig) -> None:
        self._config = config
        self._masquerade = f"PODS-{config.bridge}-NAT"
        self._forward = f"PODS-{config.bridge}-FWD"
        self._tables_file = config.state_folder / "iptables-before"
        self._hooks = (
            _Hook("nat", "POSTROUTING", ("-s", config.pod_cidr), self._masquerade),
            _Hook("filter", "FORWARD", (), self._forward),
        )

    async def set_up(self) -> None:
        """Put the rules in place; rules that are there already stay as they are."""
        await self._remember_tables()
        absent = [hook for hook in self._hooks if not await self._is_hooked(hook)]
        await run((find_program("iptables-restore", "iptables"), "--wait", "--noflush"), self._rules(absent))

    async def tear_down(self) -> None:
        """Remove the rules, and a whole table if it was not there before and nobody has put anything into it since."""
        for hook in self._hooks:
            while await self._is_hooked(hook):
                await self._iptables(hook.table, "-D", hook.chain, *hook.match, "-j", hook.target)
            if await self._succeeds(hook.table, "-S", hook.target):
                await self._iptables(hook.table, "-F", hook.target)
                await self._iptables(hook.table, "-X", hook.target)
        await self._drop_new_empty_tables()

    def _rules(self, hooks: list[_Hook]) -> str:
        """Our chains anew and the jumps that are not there yet, all in one transaction a table."""
        config = self._config
        jumps = {
            table: "".join(
                f"-I {hook.chain} {' '.join(hook.match)} -j {hook.target}\n" for hook in hooks if hook.table == table
            )
            for table in _TABLES
        }
        return (
            f"*nat\n:{self._masquerade} - [0:0]\n"
            f"-A {self._masquerade} -d {config.cluster_cidr} -j RETURN\n"
            f"-A {self._masquerade} -d 224.0.0.0/4 -j RETURN\n"
            f"-A {self._masquerade} -j MASQUERADE\n{jumps['nat']}COMMIT\n"
            f"*filter\n:{self._forward} - [0:0]\n"
            f"-A {self._forward} -i {config.bridge} -j ACCEPT\n"
            f"-A {self._forward} -o {config.bridge} -j ACCEPT\n{jumps['filter']}COMMIT\n"
        )

    async def _remember_tables(self) -> None:
        if await asyncio.to_thread(self._tables_file.exists):
            return
        saved = await run((find_program("iptables-save", "iptables"),))
        present = [table for table in _TABLES if f"*{table}\n" in saved]
        await asyncio.to_thread(self._tables_file.write_text, " ".join(present))

    async def _drop_new_empty_tables(self) -> None:
        try:
            before = (await asyncio.to_thread(self._tables_file.read_text)).split()
        except FileNotFoundError:
            return
        if shutil.which("nft") is None or not await self._uses_nftables():
            return
        for table in (name for name in _TABLES if name not in before):
            # nft has no "delete if empty": what somebody adds in the milliseconds between these two would be lost.
            if await self._is_empty(table):
                await run((find_program("nft", "nftables"), "delete", "table", "ip", table))

    async def _is_empty(self, table: str) -> bool:
        """Whether a table exists with nothing in it but built-in chains that accept."""
        rows = (await run((find_program("iptables-save", "iptables"), "-t", table))).splitlines()
        chains = [row.split()[1] for row in rows if row.startswith(":")]
        return bool(chains) and set(chains) == {"ACCEPT"} and not any(row.startswith("-A") for row in rows)

    async def _uses_nftables(self) -> bool:
        return "nf_tables" in await run((find_program("iptables", "iptables"), "--version"))

    async def _is_hooked(self, hook: _Hook) -> bool:
        return await self._succeeds(hook.table, "-C", hook.chain, *hook.match, "-j", hook.target)

    async def _succeeds(self, table: str, *arguments: str) -> bool:
        try:
            await self._iptables(table, *arguments)
        except CommandFailed:
            return False
        return True

    async def _iptables(self, table: str, *arguments: str) -> None:
        await run((find_program("iptables", "iptables"), "--wait", "-t", table, *arguments))
