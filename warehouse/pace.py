"""How soon a source is read again: within its bounds, by what its reads brought. Pure: no clock, no database.

A source is read about three times for every article that it publishes, so that an article waits a sixth of the usual
pause between two of them on average, and a source that rests costs little. The pace of the last hours, of the last day
and of the last week are looked at and the quickest counts: a busy morning is followed at once, a quiet night or Sunday
does not make a busy source be forgotten. A source's reads are spread over a tenth of their interval, so that outlets do
not hear from every Tanma at the same second, and up to another tenth a source waits for others that are due soon: one
process reads them together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOWS = (timedelta(hours=3), timedelta(days=1), timedelta(days=7))
READS_AN_ARTICLE = 3
_JITTER = 0.1  # of the interval, by which a read comes sooner
_PATIENCE = 0.1  # of the interval, which a read waits for others


@dataclass(frozen=True, slots=True)
class Bounds:
    """`every:` of a source. Equal: a fixed interval."""

    soonest: timedelta
    latest: timedelta


@dataclass(frozen=True, slots=True)
class Reads:
    """What is known of a source's reads. `new`: articles that it named for the first time within each of WINDOWS before
    `last`, those of its very first read left out, which are old. `failing`: the last read failed. `waiting`: it named
    articles that nobody has asked for yet."""

    first: datetime
    last: datetime
    new: tuple[int, int, int]
    failing: bool = False
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """From `at` on a source may be read, at `until` it is to be."""

    source: str
    at: datetime
    until: datetime


def interval(reads: Reads, bounds: Bounds) -> timedelta:
    """The pause between two reads of a source as it is now."""
    if reads.failing or reads.waiting:
        return bounds.soonest  # each list and page has its own back-off
    known = reads.last - reads.first
    pauses = [min(span, known) / new for span, new in zip(WINDOWS, reads.new, strict=True) if new]
    silence = min(WINDOWS[-1], known)  # a pace too, the slower the longer it lasts
    return max(bounds.soonest, min(bounds.latest, min(pauses, default=silence) / READS_AN_ARTICLE))


def next_read(source: str, reads: Reads | None, bounds: Bounds, now: datetime) -> Due:
    """When to read a source; at once when it never was. What it says depends on `now` only then."""
    if reads is None:
        return Due(source, now, now)
    pause = interval(reads, bounds)
    at = reads.last + pause * (1 - _JITTER * _chance(f"{source} {reads.last.isoformat()}"))
    if bounds.soonest < bounds.latest:
        at = max(at, reads.last + bounds.soonest)
    return Due(source, at, max(at, reads.last + pause) + pause * _PATIENCE)


def due_now(dues: Iterable[Due], now: datetime) -> list[str]:
    """The sources that a run which begins now reads."""
    return [due.source for due in dues if due.at <= now]


def next_run(dues: Iterable[Due]) -> datetime | None:
    """When the next run is to begin; None without any source."""
    return min((due.until for due in dues), default=None)


def _chance(seed: str) -> float:
    """From 0 to 1, always the same for the same seed: whoever asks again gets the same answer."""
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4]) / 2**32
