"""At which ages a stored article is looked at again. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

INTERVALS = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24), timedelta(hours=72))

_LEAST = timedelta(hours=1)  # between two looks of which the first failed
_EXACT: frozenset[str] = frozenset({"second", "minute", "hour"})


def born(discovered_at: datetime, published_at: datetime | None, precision: str) -> datetime:
    """From when an article's age counts: its publication where that is known to the hour, else its discovery.

    Never later than that: an outlet that dates its pages by each edit, or by each request, ages like others.
    """
    if published_at is None or precision not in _EXACT:
        return discovered_at
    return min(published_at, discovered_at)


def next_recheck(born_at: datetime, intervals: Sequence[timedelta], now: datetime) -> datetime | None:
    """The first moment after `now` at which an article's age reaches one of the intervals, which rise.

    None when it is older than all of them. What was missed meanwhile is not made up for: one look answers for all.
    """
    return next((born_at + interval for interval in intervals if born_at + interval > now), None)


def after_failure(born_at: datetime, intervals: Sequence[timedelta], now: datetime) -> datetime | None:
    """When to look again after a look that failed: after an eighth of the article's age, or sooner when an interval is.

    An outlet that is in trouble on the third day must not hide what it changed on the second. None when the article is
    older than twice the last interval.
    """
    if not intervals or now - born_at >= 2 * intervals[-1]:
        return None
    soon = now + max(_LEAST, (now - born_at) / 8)
    planned = next_recheck(born_at, intervals, now)
    return soon if planned is None else min(soon, planned)
