"""Moments as a person writes them: `7d` (so long ago), `2026`, `2026-11`, `2026-11-01`, `2026-11-01 08:30`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

from flows.durations import read_duration

EXPECTED = "a day such as 2026-11-01, a month such as 2026-11, a moment such as 2026-11-01 08:30, or a span such as 7d"
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2})(?:[ T]([0-9]{1,2}):([0-9]{2}))?)?)?")


def read_since(text: str, now: datetime, timezone: tzinfo) -> datetime:
    """The beginning of what was written, in UTC. Raises ValueError, saying what was expected."""
    return _bounds(text, now, timezone)[0]


def read_until(text: str, now: datetime, timezone: tzinfo) -> datetime:
    """The first moment after what was written, in UTC. Raises ValueError, saying what was expected."""
    return _bounds(text, now, timezone)[1]


def _bounds(text: str, now: datetime, timezone: tzinfo) -> tuple[datetime, datetime]:
    found = _DATE.fullmatch(text.strip())
    if found is None:
        try:
            moment = now - read_duration(text)
        except ValueError:
            raise ValueError(f"expected {EXPECTED}") from None
        return moment, moment
    year, month, day, hour, minute = (None if part is None else int(part) for part in found.groups())
    try:
        first = datetime(year or 0, 1 if month is None else month, 1 if day is None else day, tzinfo=timezone)
        begin = first.replace(hour=hour or 0, minute=minute or 0)
        if hour is not None:
            end = begin + timedelta(minutes=1)
        elif day is not None:
            end = begin + timedelta(days=1)
        elif month is not None:
            end = begin.replace(year=begin.year + month // 12, month=month % 12 + 1)
        else:
            end = begin.replace(year=begin.year + 1)
        return begin.astimezone(UTC), end.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"expected {EXPECTED} ({error})") from None
