"""Columns, tables, ages, sums: how things are written."""

from datetime import UTC, datetime, timedelta

import pytest

from minikube_py.cli.ages import age, human_duration, long_date
from minikube_py.cli.describers.generic import field_label
from minikube_py.cli.errors import CommandError, ServerError, join_errors
from minikube_py.cli.quantities import quantity_text, quantity_value
from minikube_py.cli.schemas import wrap
from minikube_py.cli.tables import TableOptions, TablePrinter
from minikube_py.cli.tabular import ColumnWriter, align

TABLE = {
    "columnDefinitions": [
        {"name": "Name", "format": "name", "priority": 0},
        {"name": "Ready", "priority": 0},
        {"name": "Node", "priority": 1},
    ],
    "rows": [
        {"cells": ["web-1", "1/1", "n1"], "object": {"metadata": {"namespace": "a", "labels": {"x.io/app": "web"}}}},
        {"cells": ["b", "line\nmore", None], "object": {"metadata": {"namespace": "b"}}},
    ],
}


def test_columns_are_three_spaces_apart_and_the_last_is_not_padded() -> None:
    assert ColumnWriter().format([["NAME", "AGE"], ["kubernetes", "1d"]]) == "NAME         AGE\nkubernetes   1d\n"


def test_rows_that_come_later_keep_the_widths_of_earlier_ones() -> None:
    writer = ColumnWriter()
    writer.format([["a-long-name", "1"]])
    assert writer.format([["b", "2"]]) == "b             2\n"


def test_columns_of_blocks_that_do_not_touch_align_on_their_own() -> None:
    assert align("a\tb\nlong name\tc\nEvents:\nx\ty\n") == "a          b\nlong name  c\nEvents:\nx  y\n"


def test_tables_hide_wide_columns_and_cut_cells_at_the_first_line() -> None:
    text = TablePrinter(TableOptions()).render(TABLE)
    assert text == "NAME    READY\nweb-1   1/1\nb       line...\n"


def test_tables_add_what_the_user_asks_for() -> None:
    options = TableOptions(
        wide=True, with_namespace=True, kind_prefix="pod", show_labels=True, label_columns=("x.io/app",)
    )
    lines = TablePrinter(options).render(TABLE).splitlines()
    assert lines[0].split() == ["NAMESPACE", "NAME", "READY", "NODE", "APP", "LABELS"]
    assert lines[1].split() == ["a", "pod/web-1", "1/1", "n1", "web", "x.io/app=web"]
    assert lines[2].endswith("<none>")


def test_a_watchs_rows_come_without_a_second_header() -> None:
    printer = TablePrinter(TableOptions())
    printer.render(TABLE)
    later = {"rows": [{"cells": ["web-1", "0/1", "n1"]}]}
    assert printer.render(later, "") == "web-1   0/1\n"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "<invalid>"),
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (125, "2m5s"),
        (600, "10m"),
        (10800, "3h"),
        (11100, "3h5m"),
        (100000, "27h"),
        (180000, "2d2h"),
        (700000, "8d"),
        (86400 * 800, "2y70d"),
    ],
)
def test_durations_are_as_precise_as_their_size_deserves(seconds: int, text: str) -> None:
    assert human_duration(seconds) == text


def test_ages_and_dates_of_a_timestamp() -> None:
    now = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
    assert age("2026-11-23T16:59:30Z", now) == "30s"
    assert age((now - timedelta(hours=30)).isoformat(), now) == "30h"
    assert age(None, now) == "<unknown>"
    assert long_date("2026-11-23T16:50:55.123456Z") == "Mon, 23 Nov 2026 16:50:55 +0000"


@pytest.mark.parametrize(
    ("quantities", "resource", "total"),
    [
        (["100m", "1"], "cpu", "1100m"),
        (["500m", "500m"], "cpu", "1"),
        (["64Mi", "64Mi"], "memory", "128Mi"),
        (["1G"], "memory", "1000000000"),
        (["1e3"], "pods", "1000"),
    ],
)
def test_quantities_add_up(quantities: list[str], resource: str, total: str) -> None:
    assert quantity_text(sum(map(quantity_value, quantities), start=quantity_value("0")), resource) == total


def test_field_names_are_split_into_words() -> None:
    assert field_label("creationTimestamp") == "Creation Timestamp"
    assert field_label("apiVersion") == "API Version"
    assert field_label("uid") == "UID"


def test_text_is_wrapped_at_spaces_and_keeps_its_own_breaks() -> None:
    assert wrap("one two three\nfour", 8) == "one two\nthree\nfour"


def test_an_invalid_objects_fields_become_a_list() -> None:
    causes = [{"field": "metadata.name", "message": "Required value"}, {"field": "spec", "message": "Invalid value"}]
    status = {"reason": "Invalid", "details": {"kind": "Pod", "name": "x", "causes": causes}}
    assert str(ServerError(422, status, "")) == (
        'The Pod "x" is invalid: \n* metadata.name: Required value\n* spec: Invalid value'
    )


def test_several_failures_are_printed_one_a_line() -> None:
    failures = [ServerError(404, {"reason": "NotFound"}, 'pods "a" not found'), CommandError("no luck")]
    assert str(join_errors(failures)) == 'Error from server (NotFound): pods "a" not found\nno luck\n'
    assert str(join_errors(failures[1:])) == "error: no luck"
