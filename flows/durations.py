"""Spans of time and hours of the day as a person writes them: `15m`, `1h30m`, `20ms`, `23:00-08:00`."""

from __future__ import annotations

import re
from datetime import time, timedelta
from decimal import Decimal

EXPECTED = "a span of time such as 20ms, 4s, 15m, 2h, 1h30m or 2d"
EXPECTED_HOURS = "hours of the day such as 23:00-08:00"

LONGEST = timedelta(days=3650)  # so that a moment less the span is still a date

_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_PART = r"([0-9]{1,9}(?:\.[0-9]{1,3})?) ?(ms|s|m|h|d|w)"
_SPAN = re.compile(rf"(?:{_PART} ?)+")
_CLOCK = r"([01]?[0-9]|2[0-3]):([0-5][0-9])"
_HOURS = re.compile(rf"{_CLOCK} ?[-–] ?{_CLOCK}")


def read_duration(text: str) -> timedelta:
    """A span of zero up to ten years. Raises ValueError, saying what was expected; the text itself is not repeated."""
    text = text.strip()
    if not _SPAN.fullmatch(text):
        raise ValueError(f"expected {EXPECTED}")
    span = sum((_times(_UNITS[unit], Decimal(number)) for number, unit in re.findall(_PART, text)), timedelta())
    if span > LONGEST:
        raise ValueError(f"expected at most {LONGEST.days}d")
    return span


def read_hours(text: str) -> tuple[time, time]:
    """Start and end of `HH:MM-HH:MM`, which may run over midnight. Raises ValueError, saying what was expected."""
    found = _HOURS.fullmatch(text.strip())
    if not found:
        raise ValueError(f"expected {EXPECTED_HOURS}")
    hour, minute, end_hour, end_minute = (int(part) for part in found.groups())
    start, end = time(hour, minute), time(end_hour, end_minute)
    if start == end:
        raise ValueError(f"expected two different hours, such as {EXPECTED_HOURS.rsplit(' ', 1)[-1]}")
    return start, end


def _times(unit: timedelta, number: Decimal) -> timedelta:
    """Exact in microseconds; capped above LONGEST, where a timedelta could overflow."""
    microseconds = int(number * (unit // timedelta(microseconds=1)))
    return min(timedelta(microseconds=min(microseconds, 10**18)), LONGEST * 2)
