"""When a schedule comes round; what is wrong with one is among the recorded errors of CronJobs."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikube_py.api.kinds.batch.schedule import Schedule, ScheduleError

NOW = datetime(2026, 11, 27, 20, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "next_time"),
    [
        ("* * * * *", "2026-11-27T20:16"),
        ("*/10 * * * *", "2026-11-27T20:20"),
        ("0 9-17 * * mon-fri", "2026-11-30T09:00"),
        ("30 4 1,15 * 5", "2026-12-01T04:30"),
        ("0 0 29 2 *", "2028-02-29T00:00"),
        ("5/20 * * * *", "2026-11-27T20:25"),
        ("0 0 ? JAN ?", "2027-01-01T00:00"),
        ("@hourly", "2026-11-27T21:00"),
        ("@weekly", "2026-11-29T00:00"),
        ("@yearly", "2027-01-01T00:00"),
        ("@every 1h30m", "2026-11-27T21:45"),
    ],
)
def test_the_next_time(text: str, next_time: str) -> None:
    found = Schedule.parse(text).after(NOW)
    assert found is not None
    assert found.isoformat(timespec="minutes").removesuffix("+00:00") == next_time


def test_a_schedule_is_read_on_the_clock_of_its_zone() -> None:
    berlin = NOW.astimezone(ZoneInfo("Europe/Berlin"))
    found = Schedule.parse("0 9 * * *").after(berlin)
    assert found is not None
    assert found.astimezone(UTC).isoformat() == "2026-11-28T08:00:00+00:00"


def test_a_day_that_never_comes() -> None:
    assert Schedule.parse("0 0 31 2 *").after(NOW) is None


@given(st.text(alphabet="0123456789*/-,? @everyh", max_size=20))
def test_any_text_is_a_schedule_or_says_why_not(text: str) -> None:
    try:
        found = Schedule.parse(text).after(NOW)
    except ScheduleError:
        return
    assert found is None or found > NOW
