"""When an alert is due: `when` and `quiet` of a rule, in its timezone. Pure, no clock."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta, tzinfo

from cronsim import CronSim, CronSimError

from warehouse.rules import Quiet, Rule

FORMS = "now, daily HH:MM, weekly mon HH:MM, monthly 1 HH:MM, or a cron expression of five fields"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_CLOCK = r"([01]?\d|2[0-3]):([0-5]\d)"
_DAILY = re.compile(rf"daily {_CLOCK}")
_WEEKLY = re.compile(rf"weekly ({'|'.join(WEEKDAYS)}) {_CLOCK}")
_MONTHLY = re.compile(rf"monthly (last|0?[1-9]|[12][0-9]|3[01]) {_CLOCK}")
_SECOND = timedelta(seconds=1)


def check_when(when: str) -> None:
    """Raise ValueError, saying what was expected, when `when` is none of the forms or never comes."""
    if when != "now":
        next(_ticks(when, datetime(2000, 1, 1, tzinfo=UTC)))


def next_due(when: str, quiet: Quiet | None, now: datetime, timezone: tzinfo) -> datetime:
    """The first moment from `now` on at which an alert of such a rule may go out, in UTC.

    `now` gives this very moment, every other form its next time after this moment; a moment inside `quiet` moves to
    the end of the quiet hours or day. Local times that a change of the clock skips or repeats are taken as cron does:
    a skipped one comes right after the change, a repeated one once. Raises ValueError for a `when` that cannot be read.
    """
    moment = now.astimezone(UTC)
    if when != "now":
        ticks = (tick.astimezone(UTC) for tick in _ticks(when, now.astimezone(timezone)))
        # In the hour that is repeated when summer time ends, cronsim begins with the first of the two.
        moment = next(tick for tick in ticks if tick > moment)
    while quiet is not None and (end := _end_of_quiet(moment, quiet, timezone)) is not None:
        moment = end
    return moment


def due(rule: Rule, now: datetime, timezone: tzinfo) -> datetime:
    """When an alert of this rule that is raised `now` may go out, in UTC."""
    return next_due(rule.when, rule.quiet, now, rule.timezone or timezone)


def quiet_until(rule: Rule, now: datetime, timezone: tzinfo) -> datetime | None:
    """When the quiet hours or days of a rule end that last at `now`, in UTC; None when none do."""
    end = next_due("now", rule.quiet, now, rule.timezone or timezone)
    return end if end > now else None


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
    if monthly := _MONTHLY.fullmatch(text.lower()):
        day, hour, minute = monthly.groups()
        if day != "last" and int(day) > 28:
            raise ValueError(f"{when!r} would not come in every month: for the end of a month say monthly last HH:MM")
        return f"{int(minute)} {int(hour)} {'L' if day == 'last' else int(day)} * *"
    if len(text.split(" ")) != 5:
        raise ValueError(f"{when!r} is not a time; expected {FORMS}")
    return text


def _end_of_quiet(moment: datetime, quiet: Quiet, timezone: tzinfo) -> datetime | None:
    """The end of the quiet hours or day that a moment falls into, in UTC; None when it falls into none."""
    local = moment.astimezone(timezone)
    clock, tomorrow = local.time(), local.date() + timedelta(days=1)
    over_midnight = quiet.start > quiet.end
    if local.weekday() in quiet.days:
        end = datetime.combine(tomorrow, time(), timezone)
    elif over_midnight and clock >= quiet.start:
        end = datetime.combine(tomorrow, quiet.end, timezone)
    elif clock < quiet.end and (over_midnight or clock >= quiet.start):
        end = datetime.combine(local.date(), quiet.end, timezone)
    else:
        return None
    return _instant(end, moment)


def _instant(local: datetime, after: datetime) -> datetime:
    """When a local time comes, in UTC: of two, the first after `after`; one that is skipped, right after the change."""
    first, second = local.replace(fold=0).astimezone(UTC), local.replace(fold=1).astimezone(UTC)
    if first <= second:
        return first if first > after else second
    # Read by the clock before the change it comes after it, and the other way round: the change lies between.
    low, high, later = second, first, first.astimezone(local.tzinfo).utcoffset()
    while high - low > _SECOND:
        middle = low + (high - low) / 2
        if middle.astimezone(local.tzinfo).utcoffset() == later:
            high = middle
        else:
            low = middle
    return high.replace(microsecond=0)
