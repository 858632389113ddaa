"""The pod network's few iptables rules, in chains of its own that carry the bridge's name.

nat: what a pod sends out of the cluster takes the node's address (nobody outside knows a route back to a pod).
filter, where asked for: what crosses the bridge is forwarded even if another program (dockerd) made DROP the policy.

Kubernetes: kubenet's ensureMasqRule; the ip-masq-agent's non-masquerade range. It leaves the filter table to others.
"""

import asyncio
import contextlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from minikube_py.network.commands import find_program, run
from minikube_py.network.interface import CommandFailed

_TABLES = ("nat", "filter")
_BEFORE = "iptables-before"


@dataclass(frozen=True, slots=True)
class FirewallConfig:
    bridge: str
    pod_cidr: str
    cluster_cidr: str
    state_folder: Path
    accepts_forwarded: bool = True
    earlier: Path | None = None
    """The state folder of another network of ours that may be here: it knows better what was there before."""


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
        self._tables_file = config.state_folder / _BEFORE
        self._hooks = (
            _Hook("nat", "POSTROUTING", ("-s", config.pod_cidr), self._masquerade),
            _Hook("filter", "FORWARD", (), self._forward),
        )

    async def set_up(self) -> None:
        """Put the rules in place; rules that are there already stay as they are."""
        await self._remember_tables()
        wanted = [hook for hook in self._hooks if hook.table == "nat" or self._config.accepts_forwarded]
        absent = [hook for hook in wanted if not await self._is_hooked(hook)]
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
        nat = (
            f"*nat\n:{self._masquerade} - [0:0]\n"
            f"-A {self._masquerade} -d {config.cluster_cidr} -j RETURN\n"
            f"-A {self._masquerade} -d 224.0.0.0/4 -j RETURN\n"
            f"-A {self._masquerade} -j MASQUERADE\n{jumps['nat']}COMMIT\n"
        )
        if not config.accepts_forwarded:
            return nat
        return (
            f"{nat}*filter\n:{self._forward} - [0:0]\n"
            f"-A {self._forward} -i {config.bridge} -j ACCEPT\n"
            f"-A {self._forward} -o {config.bridge} -j ACCEPT\n{jumps['filter']}COMMIT\n"
        )

    async def _remember_tables(self) -> None:
        if await asyncio.to_thread(self._tables_file.exists):
            return
        if self._config.earlier is not None:
            with contextlib.suppress(FileNotFoundError):
                await asyncio.to_thread(shutil.copyfile, self._config.earlier / _BEFORE, self._tables_file)
                return
        await asyncio.to_thread(self._tables_file.write_text, " ".join(await _present_tables()))

    async def _drop_new_empty_tables(self) -> None:
        try:
            before = (await asyncio.to_thread(self._tables_file.read_text)).split()
        except FileNotFoundError:
            return
        if shutil.which("nft") is None or not await self._uses_nftables():
            return
        for table in (name for name in await _present_tables() if name not in before):
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


async def _present_tables() -> list[str]:
    saved = await run((find_program("iptables-save", "iptables"),))
    return [table for table in _TABLES if f"*{table}\n" in saved]
