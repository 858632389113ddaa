"""A run of Kubernetes' own tests becomes a row of a table."""

from __future__ import annotations

from tests.conformance.count import BEGIN, DOCUMENT, END, outcomes, row, with_row

RESULTS = "fail\t3\ta.log\t[sig-a] DNS works\nfail\t1\tb.log\tother\npass\t2\tb.log\tother\n"


def test_the_last_result_of_a_name_counts_and_the_others_have_a_reason() -> None:
    assert outcomes(RESULTS) == {"[sig-a] DNS works": "fail", "other": "pass"}
    assert row("here", outcomes(RESULTS)) == "| here | 1 | 2 | `[sig-a] DNS works` (no cluster DNS) |\n"


def test_a_row_takes_the_place_of_its_run_and_others_stay() -> None:
    first = with_row(f"before\n{BEGIN}{END}after\n", "| a | 1 | 2 |  |\n")
    both = with_row(first, "| b | 1 | 2 |  |\n")
    again = with_row(both, "| a | 2 | 2 |  |\n")
    assert again.startswith("before\n")
    assert again.endswith("| a | 2 | 2 |  |\n| b | 1 | 2 |  |\n" + END + "after\n")


def test_the_document_has_the_table() -> None:
    text = DOCUMENT.read_text()
    assert text.count(BEGIN) == text.count(END) == 1
