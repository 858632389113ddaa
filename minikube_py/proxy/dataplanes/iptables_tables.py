"""Reading what `iptables-save` prints, and the shortest `iptables-restore` input from what is to what should be.

Pure. Invariants: only chains that `is_ours` are declared, emptied or deleted; in a built-in chain only our jumps are
added or removed; a chain whose text did not change is not mentioned.

Kubernetes: pkg/proxy/iptables/proxier.go (partial syncs, KEP-3453), pkg/util/iptables/save_restore.go
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from minikube_py.proxy.dataplanes.interface import DataplaneFault
from minikube_py.proxy.dataplanes.iptables_rules import JUMPS, TABLE_IS_OURS, Chains, Tables, is_ours

_LINE: Final = re.compile(
    r"\*(?P<table>\S+)\s*"
    r"|:(?P<chain>\S+) (?P<policy>\S+).*"
    r"|(?:\[(?P<packets>\d+):\d+\] )?-A (?P<at>\S+)(?: (?P<rule>.*))?"
    r"|(?P<commit>COMMIT\s*)"
    r"|(?P<note>#.*|\s*)"
)


@dataclass(frozen=True, slots=True)
class SavedTable:
    """One table as the kernel has it."""

    policies: Mapping[str, str] = field(default_factory=dict)
    """Built-in chains and what happens to packets that reach their end."""
    chains: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """All chains, each rule without its `-A CHAIN ` in front."""

    def ours(self, table: str) -> Chains:
        return {chain: rules for chain, rules in self.chains.items() if is_ours(table, chain)}

    @property
    def is_untouched(self) -> bool:
        """Whether the table does nothing: no rule, no chain, every packet passes."""
        is_open = all(policy == "ACCEPT" for policy in self.policies.values())
        return is_open and set(self.chains) == set(self.policies) and not any(self.chains.values())


def parse_save(text: str) -> dict[str, SavedTable]:
    """The tables in the output of `iptables-save` (counters are allowed and dropped).

    Raises: DataplaneFault with the line that iptables-save does not print.
    """
    tables: dict[str, SavedTable] = {}
    policies: dict[str, str] = {}
    chains: dict[str, list[str]] = {}
    name = ""
    for line in text.splitlines():
        read = _LINE.fullmatch(line)
        if read is None:
            raise DataplaneFault(f"not a line of iptables-save: {line!r}")
        if read["table"]:
            name, policies, chains = read["table"], {}, {}
        elif read["chain"]:
            chains[read["chain"]] = []
            if read["policy"] != "-":
                policies[read["chain"]] = read["policy"]
        elif read["at"]:
            chains.setdefault(read["at"], []).append(read["rule"] or "")
        elif read["commit"]:
            tables[name] = SavedTable(policies, {chain: tuple(rules) for chain, rules in chains.items()})
    return tables


def packet_counts(text: str) -> dict[str, int]:
    """How many packets each rule has taken, by `TABLE CHAIN: RULE`; rules that are alike are counted together."""
    counts: dict[str, int] = {}
    table = ""
    for line in text.splitlines():
        read = _LINE.fullmatch(line)
        if read is not None and read["table"]:
            table = read["table"]
        elif read is not None and read["at"] and read["packets"]:
            rule = f"{table} {read['at']}: {read['rule'] or ''}"
            counts[rule] = counts.get(rule, 0) + int(read["packets"])
    return counts


def with_table_marks(desired: Tables, saved: Mapping[str, SavedTable]) -> Tables:
    """`desired`, with the mark of ownership in each table that is not there yet or carries it already."""
    marked = dict(desired)
    for table, chains in desired.items():
        known = saved.get(table)
        if known is None or TABLE_IS_OURS in known.chains:
            marked[table] = {**chains, TABLE_IS_OURS: ()}
    return marked


def restore_input(current: Tables, desired: Tables, jumps: Mapping[str, Iterable[str]] | None = None) -> str:
    """Input for `iptables-restore --noflush` that leads from `current` to `desired`; empty if there is nothing to do.

    `jumps` has lines to add to each table as they are (`-I INPUT 1 ...`).
    """
    parts = []
    for table, wanted in desired.items():
        present = current.get(table, {})
        changed = [chain for chain, rules in wanted.items() if present.get(chain) != rules]
        gone = [chain for chain in present if chain not in wanted]
        lines = [f":{chain} - [0:0]" for chain in (*changed, *gone)]
        lines += (jumps or {}).get(table, ())
        lines += (f"-A {chain} {rule}" for chain in changed for rule in wanted[chain])
        lines += (f"-X {chain}" for chain in gone)
        if lines:
            parts.append("\n".join((f"*{table}", *lines, "COMMIT\n")))
    return "".join(parts)


def missing_jumps(saved: Mapping[str, SavedTable]) -> dict[str, list[str]]:
    """Lines that put the jumps which are not there in front of their built-in chains, in the order of JUMPS."""
    missing: dict[str, list[str]] = {}
    for table, jumps in JUMPS.items():
        chains = saved[table].chains if table in saved else {}
        for chain, rule in reversed(jumps):
            if rule not in chains.get(chain, ()):
                missing.setdefault(table, []).append(f"-I {chain} 1 {rule}")
    return missing


def removal_input(saved: Mapping[str, SavedTable]) -> str:
    """Input for `iptables-restore --noflush` that takes out every chain and jump of ours that is there."""
    parts = []
    for table, jumps in JUMPS.items():
        if table not in saved:
            continue
        known = saved[table]
        ours = known.ours(table)
        lines = [f":{chain} - [0:0]" for chain in ours]
        lines += [
            f"-D {chain} {rule}" for chain, rule in jumps for found in known.chains.get(chain, ()) if found == rule
        ]
        lines += [f"-X {chain}" for chain in ours]
        if lines:
            parts.append("\n".join((f"*{table}", *lines, "COMMIT\n")))
    return "".join(parts)


def is_damaged(saved: Mapping[str, SavedTable], written: Tables) -> bool:
    """Whether a chain of ours or a jump to one is not as it was written."""
    if missing_jumps(saved):
        return True
    return any(table not in saved or saved[table].ours(table) != chains for table, chains in written.items())


def tables_to_delete(saved: Mapping[str, SavedTable]) -> list[str]:
    """Tables that we made; whoever calls looks again after the removal whether they are `is_untouched`."""
    return [table for table in JUMPS if table in saved and TABLE_IS_OURS in saved[table].chains]
