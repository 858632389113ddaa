"""Times as people read them: an age such as 5m30s, a date such as Mon, 23 Nov 2026 16:50:55 +0000.

Kubernetes: apimachinery util/duration.
"""

from datetime import UTC, datetime

_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400
_YEAR_DAYS = 365
_NO_TIME = "Mon, 01 Jan 0001 00:00:00 +0000"


def parse_time(text: str) -> datetime | None:
    """Read an RFC 3339 time, None for none or for something else."""
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None
    except ValueError:
        return None


def age(timestamp: str | None, now: datetime | None = None) -> str:
    """Say how long ago a time was, `<unknown>` without one."""
    then = parse_time(timestamp or "")
    if then is None:
        return "<unknown>"
    return human_duration(((now or datetime.now(UTC)) - then).total_seconds())


def human_duration(duration_s: float) -> str:
    """Write a duration with the precision that its size deserves."""
    if duration_s < -1:
        return "<invalid>"
    seconds = max(0, int(duration_s))
    minutes, hours, days = seconds // _MINUTE_S, seconds // _HOUR_S, seconds // _DAY_S
    if seconds < 2 * _MINUTE_S:
        return f"{seconds}s"
    if minutes < 10:
        return _pair(minutes, "m", seconds % 60, "s")
    if hours < 3:
        return f"{minutes}m"
    if hours < 8:
        return _pair(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if days < 8:
        return _pair(days, "d", hours % 24, "h")
    if days < 2 * _YEAR_DAYS:
        return f"{days}d"
    years = days // _YEAR_DAYS
    return _pair(years, "y", days % _YEAR_DAYS, "d") if years < 8 else f"{years}y"


def long_date(timestamp: str | None) -> str:
    """Write a time as describe does, in UTC; Go's zero time without one."""
    then = parse_time(timestamp or "")
    return then.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S +0000") if then else _NO_TIME


def _pair(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}{small}{small_unit}" if small else f"{large}{large_unit}"
