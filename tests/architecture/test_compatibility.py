"""docs/compatibility.md says of clients and verbs what tests claim: no row more, none less."""

from __future__ import annotations

from tests.support.compatibility import DOCUMENT, declared, told


def test_each_row_of_the_document_has_a_test_and_each_claim_a_row() -> None:
    said = told(DOCUMENT.read_text())
    assert {(cell.table, cell.row) for cell in said} == {(cell.table, cell.row) for cell in declared()}


def test_what_is_green_is_claimed_by_a_test() -> None:
    green = {cell for cell, is_green in told(DOCUMENT.read_text()).items() if is_green}
    assert sorted(green - set(declared())) == []
