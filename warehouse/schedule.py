"""When an alert is due: `when` and `quiet` of a rule, in the configured timezone. Pure, no clock."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo

from cronsim import CronSim, CronSimError

from warehouse.rules import Quiet, Rule

FORMS = "now, daily HH:MM, weekly mon HH:MM, or a cron expression of five fields"

_CLOCK = r"([01]?\d|2[0-3]):([0-5]\d)"
_DAILY = re.compile(rf"daily {_CLOCK}")
_WEEKLY = re.compile(rf"weekly (mon|tue|wed|thu|fri|sat|sun) {_CLOCK}")


def check_when(when: str) -> None:
    """Raise ValueError, saying what was expected, when `when` is none of the four forms or never comes."""
    if when != "now":
        next(_ticks(when, datetime(2000, 1, 1, tzinfo=UTC)))


def next_due(when: str, quiet: Quiet | None, now: datetime, timezone: tzinfo) -> datetime:
    """The first moment from `now` on at which an alert of such a rule may go out, in UTC.

    `now` gives this very moment, every other form its next time after this moment; a moment inside `quiet` moves to
    the end of the quiet hours. Local times that a change of the clock skips or repeats are taken as cron does: a
    skipped one comes right after the change, a repeated one once. Raises ValueError for a `when` that cannot be read.
    """
    moment = now if when == "now" else next(_ticks(when, now.astimezone(timezone)))
    return _after_quiet(moment, quiet, timezone).astimezone(UTC)


def due(rule: Rule, now: datetime, timezone: tzinfo) -> datetime:
    """When an alert of this rule that is raised `now` may go out, in UTC."""
    return next_due(rule.when, rule.quiet, now, timezone)


def as_cron(when: str) -> str:
    """A time that comes again (any form but `now`) as a cron expression of five fields. Raises ValueError."""
    check_when(when)
    return _cron(when)


def _ticks(when: str, after: datetime) -> Iterator[datetime]:
    try:
        ticks = CronSim(_cron(when), after)
        first = next(ticks)
    except CronSimError as error:
        raise ValueError(f"{when!r} is not a time ({error}); expected {FORMS}") from None
    except StopIteration:
        raise ValueError(f"{when!r} never comes; expected {FORMS}") from None
    yield first
    yield from ticks


def _cron(when: str) -> str:
    text = " ".join(when.split())
    if daily := _DAILY.fullmatch(text.lower()):
        hour, minute = daily.groups()
        return f"{int(minute)} {int(hour)} * * *"
    if weekly := _WEEKLY.fullmatch(text.lower()):
        day, hour, minute = weekly.groups()
        return f"{int(minute)} {int(hour)} * * {day}"
    if len(text.split(" ")) != 5:
        raise ValueError(f"{when!r} is not a time; expected {FORMS}")
    return text


def _after_quiet(moment: datetime, quiet: Quiet | None, timezone: tzinfo) -> datetime:
    """`moment`, or the end of the quiet hours that it falls into. Equal start and end mean no quiet hours."""
    if quiet is None or quiet.start == quiet.end:
        return moment
    local = moment.astimezone(timezone)
    clock = local.time()
    if quiet.start < quiet.end:
        inside, days = quiet.start <= clock < quiet.end, 0
    else:
        inside = clock >= quiet.start or clock < quiet.end
        days = 1 if clock >= quiet.start else 0
    if not inside:
        return moment
    end = datetime.combine(local.date() + timedelta(days=days), quiet.end, timezone)
    # In the hour that is repeated when summer time ends, the first of the two ends may already be past.
    return end if end.astimezone(UTC) > moment.astimezone(UTC) else end.replace(fold=1)
