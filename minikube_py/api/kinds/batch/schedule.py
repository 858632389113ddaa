"""Schedule: when a CronJob runs, from the five fields of a crontab or a word such as `@hourly`.

Kubernetes: github.com/robfig/cron/v3 (parser.go, spec.go), pkg/apis/batch/validation/validation.go
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from minikube_py.errors import MinikubeError

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_WORDS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?")


class ScheduleError(MinikubeError):
    """A text that is no schedule; the message says where."""


@dataclass(frozen=True, slots=True)
class _Bounds:
    first: int
    last: int
    names: tuple[str, ...] = ()


_BOUNDS = (_Bounds(0, 59), _Bounds(0, 23), _Bounds(1, 31), _Bounds(1, 12, _MONTHS), _Bounds(0, 6, _DAYS))


@dataclass(frozen=True, slots=True)
class Schedule:
    """The minutes of a schedule. `every_s` is set for `@every DURATION`, the sets are then empty."""

    minutes: frozenset[int] = frozenset()
    hours: frozenset[int] = frozenset()
    days: frozenset[int] = frozenset()
    months: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    any_day: bool = False
    """Whether the day of the month, or that of the week, is a star: then both must match, else one is enough."""
    every_s: int = 0

    @classmethod
    def parse(cls, text: str) -> Schedule:
        """Raises: ScheduleError."""
        if text.startswith("@every "):
            return cls(every_s=max(1, _seconds(text.removeprefix("@every "))))
        if text.startswith("@"):
            if text not in _WORDS:
                raise ScheduleError(f"unrecognized descriptor: {text}")
            text = _WORDS[text]
        fields = text.split()
        if len(fields) != len(_BOUNDS):
            raise ScheduleError(f"expected exactly 5 fields, found {len(fields)}: [{' '.join(fields)}]")
        minutes, hours, days, months, weekdays = map(_field, fields, _BOUNDS)
        any_day = any(field[:1] in "*?" for field in (fields[2], fields[4]))
        return cls(minutes, hours, days, months, weekdays, any_day)

    def after(self, moment: datetime) -> datetime | None:
        """The first time later than `moment`, in its time zone; None when there is none in five years."""
        if self.every_s:
            return moment.replace(microsecond=0) + timedelta(seconds=self.every_s)
        time = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
        end = moment.year + 5
        while time.year <= end:
            if time.month not in self.months or not self._is_day(time):
                time = time.replace(hour=0, minute=0) + timedelta(days=1)
            elif time.hour not in self.hours:
                time = time.replace(minute=0) + timedelta(hours=1)
            elif time.minute not in self.minutes:
                time += timedelta(minutes=1)
            else:
                return time
        return None

    def _is_day(self, time: datetime) -> bool:
        of_month, of_week = time.day in self.days, time.isoweekday() % 7 in self.weekdays
        return of_month and of_week if self.any_day else of_month or of_week


def _seconds(text: str) -> int:
    found = _DURATION.fullmatch(text)
    if not text or found is None:
        raise ScheduleError(f'failed to parse duration @every {text}: time: invalid duration "{text}"')
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return int(hours * 3600 + minutes * 60 + seconds)


def _field(text: str, bounds: _Bounds) -> frozenset[int]:
    values: set[int] = set()
    for part in filter(None, text.split(",")):
        values.update(_range(part, bounds))
    return frozenset(values)


def _range(text: str, bounds: _Bounds) -> range:
    """`*`, `?`, `5`, `1-5`, each with `/STEP`; `5/10` is from 5 to the end."""
    span, slash, step_text = text.partition("/")
    if "/" in step_text:
        raise ScheduleError(f"too many slashes: {text}")
    low, dash, high = span.partition("-")
    if "-" in high:
        raise ScheduleError(f"too many hyphens: {text}")
    if low in ("*", "?"):
        first, last = bounds.first, bounds.last
    else:
        first = _number(low, bounds)
        last = _number(high, bounds) if dash else (bounds.last if slash else first)
    step = _plain_number(step_text) if slash else 1
    if first < bounds.first:
        raise ScheduleError(f"beginning of range ({first}) below minimum ({bounds.first}): {text}")
    if last > bounds.last:
        raise ScheduleError(f"end of range ({last}) above maximum ({bounds.last}): {text}")
    if first > last:
        raise ScheduleError(f"beginning of range ({first}) beyond end of range ({last}): {text}")
    if step == 0:
        raise ScheduleError(f"step of range should be a positive number: {text}")
    return range(first, last + 1, step)


def _number(text: str, bounds: _Bounds) -> int:
    names: Mapping[str, int] = {name: index + bounds.first for index, name in enumerate(bounds.names)}
    return names[text.lower()] if text.lower() in names else _plain_number(text)


def _plain_number(text: str) -> int:
    if not re.fullmatch(r"[+-]?\d+", text):
        raise ScheduleError(f'failed to parse int from {text}: strconv.Atoi: parsing "{text}": invalid syntax')
    if int(text) < 0:
        raise ScheduleError(f"negative number ({int(text)}) not allowed: {text}")
    return int(text)
