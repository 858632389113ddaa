"""Counts a run of Kubernetes' own tests into docs/compatibility.md: one row a run, with the names of what did not pass.

    python -m tests.conformance.count "simulated pods, SQLite" OUT/results.tsv

`tests.conformance.run --count NAME` does that after its run. A row takes the place of the one of the same name.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/compatibility.md"
BEGIN, END = "<!-- counted by tests/conformance/count.py -->\n", "<!-- end of what is counted -->\n"
_HEAD = "| run | passed | of | not passed |\n| --- | --- | --- | --- |\n"

REASONS: Mapping[str, str] = {
    "AdmissionWebhook": "nobody calls webhooks",
    "ConversionWebhook": "conversion webhooks are refused",
    "Aggregator": "no aggregated API servers",
    "DNS|IssuerDiscovery|Guestbook|ExternalName|session affinity|functioning NodePort|serve (a basic|multiport)": (
        "no cluster DNS"
    ),
    "DynamicResourceAllocation|DRA": "resource.k8s.io is not served",
    "two untainted nodes|rollback without unnecessary restarts": "needs two nodes",
    "SchedulerPreemption|PreemptionExecutionPath": "the scheduler does not preempt",
}
"""Why a test does not pass, by a part of its name."""


def outcomes(text: str) -> dict[str, str]:
    """By name, of the lines `RESULT, seconds, log, name`; the last line of a name counts."""
    rows = (line.split("\t", 3) for line in text.splitlines() if line)
    return {name: result for result, _, _, name in rows}


def row(run: str, results: Mapping[str, str]) -> str:
    missed = sorted(name for name, result in results.items() if result != "pass")
    told = "; ".join(f"`{name.replace('|', '/')}` ({_reason(name)})" for name in missed)
    return f"| {run} | {len(results) - len(missed)} | {len(results)} | {told} |\n"


def _reason(name: str) -> str:
    found = (reason for part, reason in REASONS.items() if re.search(part, name))
    return next(found, "the cause is not known yet")


def with_row(document: str, new: str) -> str:
    """The document with the row, in the place of the one of the same run, or at the end of the table."""
    before, _, rest = document.partition(BEGIN)
    table, _, after = rest.partition(END)
    run = new.split("|")[1]
    rows = table.removeprefix(_HEAD).splitlines(keepends=True)
    places = [line.split("|")[1] for line in rows]
    if run in places:
        rows[places.index(run)] = new
    else:
        rows.append(new)
    return before + BEGIN + _HEAD + "".join(rows) + END + after


def write(run: str, results: Path, document: Path = DOCUMENT) -> None:
    document.write_text(with_row(document.read_text(), row(run, outcomes(results.read_text()))))


if __name__ == "__main__":
    write(sys.argv[1], Path(sys.argv[2]))
