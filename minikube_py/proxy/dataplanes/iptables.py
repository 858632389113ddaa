"""Service traffic by the kernel's tables: text from iptables_rules, one atomic `iptables-restore` a sync.

The first sync reads the tables and takes over what an earlier process left; later ones write only chains whose text
changed. `audit` notices damage: with the nf_tables backend the kernel counts every change of its rules, so as long as
that count stands still nothing has to be read; else the tables are read and compared with what was written.

Invariants: killed at any moment, the old rules serve on; a failed sync makes the next one a full one; the process
holds no state that the tables do not hold as well.

Kubernetes: pkg/proxy/iptables/proxier.go. Upstream's canary chains (pkg/util/iptables/monitor.go) notice
only that a table was emptied; the comparison here notices anything.
"""

import asyncio
import logging
import shutil
from pathlib import Path
from typing import Final

from minikube_py.network.commands import find_program, run
from minikube_py.network.interface import CommandFailed, NetworkFault
from minikube_py.proxy.dataplanes.conntrack import forget_stale_flows, has_udp_changes
from minikube_py.proxy.dataplanes.interface import DataplaneConfig, DataplaneFault, DataplaneUnavailable
from minikube_py.proxy.dataplanes.iptables_rules import IptablesRenderer, Tables
from minikube_py.proxy.dataplanes.iptables_tables import (
    SavedTable,
    is_damaged,
    missing_jumps,
    parse_save,
    removal_input,
    restore_input,
    tables_to_delete,
    with_table_marks,
)
from minikube_py.proxy.dataplanes.nftables_generation import nftables_generation
from minikube_py.proxy.ruleset import RuleSet

_LOG = logging.getLogger(__name__)
_FORWARDING: Final = Path("/proc/sys/net/ipv4/ip_forward")


class IptablesDataplane:
    """Implements Dataplane in the network namespace it runs in; needs root and iptables."""

    def __init__(self, config: DataplaneConfig) -> None:
        self._renderer = IptablesRenderer(config)
        self._written: Tables | None = None
        self._rules = RuleSet()
        self._generation: int | None = None
        """The kernel's count of rule changes when the tables were last known to be good; None: unknown."""
        self._lock = asyncio.Lock()

    async def sync(self, rules: RuleSet) -> None:
        async with self._lock:
            await self._sync(rules)

    async def audit(self) -> bool:
        async with self._lock:
            return await self._audit()

    async def cleanup(self) -> None:
        async with self._lock:
            await self._cleanup()

    async def _sync(self, rules: RuleSet) -> None:
        desired = self._renderer.render(rules)
        try:
            if self._written is None:
                desired = await self._sync_everything(desired)
            else:
                desired = _keep_marks(desired, self._written)
                await _restore(restore_input(self._written, desired))
        except BaseException:
            # Also when cancelled: whether the kernel took it is unknown.
            self._written = None
            raise
        self._written, self._generation = desired, None
        before, self._rules = self._rules, rules
        if has_udp_changes(before, rules):
            await forget_stale_flows(rules)

    async def _audit(self) -> bool:
        if self._written is None:
            return True
        generation = nftables_generation()
        if generation is not None and generation == self._generation:
            return False
        if is_damaged(await _read_tables(), self._written):
            _LOG.warning("iptables rules were changed by somebody else; writing all of them again")
            self._written = None
            return True
        self._generation = generation
        return False

    async def _cleanup(self) -> None:
        saved = await _read_tables()
        await _restore(removal_input(saved))
        made = tables_to_delete(saved)
        self._written, self._rules = None, RuleSet()
        if not made or shutil.which("nft") is None:
            return
        left = await _read_tables()
        for table in made:
            if table in left and left[table].is_untouched:
                await _run("nft", "nftables", "delete", "table", "ip", table)

    async def _sync_everything(self, desired: Tables) -> Tables:
        await _warn_about_forwarding()
        saved = await _read_tables()
        desired = with_table_marks(desired, saved)
        current = {table: saved[table].ours(table) if table in saved else {} for table in desired}
        await _restore(restore_input(current, desired, missing_jumps(saved)))
        return desired


def check_iptables() -> None:
    """Raises: DataplaneUnavailable with the fix, if iptables cannot be used here."""
    try:
        find_program("iptables-restore", "iptables")
        find_program("iptables-save", "iptables")
    except NetworkFault as missing:
        raise DataplaneUnavailable(f"{missing}, or start pykube-proxy with --proxy-mode=userspace") from missing


async def _warn_about_forwarding() -> None:
    """Say in the log what would keep most packets from their endpoints, whatever the rules say."""
    if (await asyncio.to_thread(_FORWARDING.read_text)).strip() != "1":
        _LOG.warning("packets are not forwarded between pods and the world; try `sysctl -w net.ipv4.ip_forward=1`")


def _keep_marks(desired: Tables, written: Tables) -> Tables:
    return with_table_marks(desired, {table: SavedTable(chains=chains) for table, chains in written.items()})


async def _read_tables() -> dict[str, SavedTable]:
    return parse_save(await _run("iptables-save", "iptables"))


async def _restore(text: str) -> None:
    if text:
        await _run("iptables-restore", "iptables", "--noflush", "--wait", text=text)


async def _run(program: str, package: str, *arguments: str, text: str = "") -> str:
    try:
        return await run((find_program(program, package), *arguments), text)
    except CommandFailed as failed:
        if "Permission denied" in failed.stderr or "must be root" in failed.stderr:
            raise DataplaneUnavailable(f"{program} needs root: {failed.stderr.strip()}") from failed
        # The input can be thousands of lines; what iptables said names the one that is wrong.
        raise DataplaneFault(f"{program}: {failed.stderr.partition('(input:')[0].strip()}") from failed
    except NetworkFault as missing:
        raise DataplaneUnavailable(str(missing)) from missing
