"""Rows of docs/compatibility.md: a pytest plugin that keeps which of them passed, and the writer of the tables.

A test says its rows by `@pytest.mark.compatibility(CLIENT, WHAT)`, or by lines of `tests/clients/verbs.txt`, which a
test plays by each command line. What passed is kept in build/compatibility, so that several runs of pytest add up.
`python -m tests.support.compatibility` writes the tables between the document's markers, green where a test passed;
with --check it says what the document calls green and no test showed.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import re
import sys
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "compatibility.md"
RESULTS = ROOT / "build" / "compatibility"
CLIENTS = ROOT / "tests" / "clients"
VERBS = CLIENTS / "verbs.txt"
CLIS = ("pykubectl", "kubectl-1.32", "kubectl")
HEADS = {
    "clients": ("client", "what was run", "passed"),
    "verbs": ("verb", *CLIS[:2], "newest kubectl"),
}
GREEN, NOT_RUN, REFUSED = "✓", "not run", "refused"


@dataclass(frozen=True, order=True)
class Cell:
    """One claim: `column` is empty in the table of clients, whose rows have one claim each."""

    table: str
    row: tuple[str, ...]
    column: str = ""

    @property
    def file(self) -> Path:
        return RESULTS / f"{hashlib.sha256(repr(self).encode()).hexdigest()[:16]}.json"


# The plugin.


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "compatibility(client, what): a row of docs/compatibility.md")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        for mark in item.iter_markers("compatibility"):
            keep(Cell("clients", mark.args), passed=report.passed)
    return report


def keep(cell: Cell, *, passed: bool) -> None:
    """Note what became of a claim: the last run counts."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    if passed:
        cell.file.write_text(json.dumps(asdict(cell)))
    else:
        cell.file.unlink(missing_ok=True)


# What tests claim, and what the document says.


def declared() -> list[Cell]:
    """Every claim that a test makes, in the document's order."""
    return [*(Cell("clients", row) for row in _marked()), *_verb_cells(VERBS.read_text())]


def _marked() -> list[tuple[str, ...]]:
    found = []
    for path in sorted(CLIENTS.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.compatibility":
                found.append(tuple(ast.literal_eval(each) for each in node.args))
    return sorted(found)


def _verb_cells(text: str) -> list[Cell]:
    """Each verb by each command line that plays it."""
    cells = []
    for section in re.split(r"^# ", text, flags=re.MULTILINE)[1:]:
        verb, *lines = section.strip().splitlines()
        left_out = {CLIS[0]} if "refused by pykubectl" in lines else set()
        if any(line.startswith("shown by ") for line in lines):
            left_out = {CLIS[1]}
        cells += [Cell("verbs", (verb,), cli) for cli in CLIS if cli not in left_out]
    return cells


def rendered(table: str, cells: Sequence[Cell], passed: frozenset[Cell]) -> str:
    """A table in Markdown, with a row for each name."""
    lines = [HEADS[table], tuple("---" for _ in HEADS[table])]
    columns = ("",) if table == "clients" else CLIS
    for row in dict.fromkeys(cell.row for cell in cells if cell.table == table):
        states = [_state(Cell(table, row, column), cells, passed) for column in columns]
        lines.append((*row, *states))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _state(cell: Cell, cells: Sequence[Cell], passed: frozenset[Cell]) -> str:
    if cell in passed:
        return GREEN
    return REFUSED if cell.column == CLIS[0] and cell not in cells else NOT_RUN


def told(text: str) -> dict[Cell, bool]:
    """What the document says of each cell."""
    found = {}
    for table, head in HEADS.items():
        names = len(head) - (1 if table == "clients" else len(CLIS))
        columns = ("",) if table == "clients" else CLIS
        for line in _between(text, table).splitlines()[2:]:
            words = [word.strip() for word in line.strip("|").split("|")]
            for column, said in zip(columns, words[names:], strict=True):
                found[Cell(table, tuple(words[:names]), column)] = said == GREEN
    return found


def _between(text: str, table: str) -> str:
    found = re.search(_marks(table), text, re.DOTALL)
    if found is None:
        raise SystemExit(f"{DOCUMENT.name} has no markers for the table {table}")
    return found[2]


def _marks(table: str) -> str:
    return rf"(<!-- {table}: [^\n]*-->\n)(.*?)(<!-- end of {table} -->)"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="say what the document calls green and no test showed")
    cells = declared()
    passed = frozenset(cell for cell in cells if cell.file.exists())
    text = DOCUMENT.read_text()
    if parser.parse_args().check:
        unproved = [cell for cell, is_green in told(text).items() if is_green and cell not in passed]
        for cell in unproved:
            sys.stderr.write(f"{DOCUMENT.name}: green, but no test passed: {' | '.join(cell.row)} {cell.column}\n")
        return 1 if unproved else 0
    for table in HEADS:
        fresh = rendered(table, cells, passed)
        text = re.sub(_marks(table), rf"\g<1>{fresh}\g<3>", text, flags=re.DOTALL)
    DOCUMENT.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
