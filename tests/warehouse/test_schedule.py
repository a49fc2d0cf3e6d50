"""Due times: the four forms of `when`, quiet hours, and the two days a year on which clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.rules import Quiet
from warehouse.schedule import check_when, next_due

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = Quiet(time(23, 0), time(8, 0))


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


# 2026-11-20 is a Friday.
@pytest.mark.parametrize(
    ("when", "now", "due"),
    [
        ("now", "2026-11-20T14:05", "2026-11-20T14:05"),
        ("daily 09:00", "2026-11-20T08:59", "2026-11-20T09:00"),
        ("daily 09:00", "2026-11-20T09:00", "2026-11-21T09:00"),
        ("daily 9:00", "2026-11-20T10:00", "2026-11-21T09:00"),
        ("weekly mon 08:30", "2026-11-20T10:00", "2026-11-23T08:30"),
        ("weekly fri 10:01", "2026-11-20T10:00", "2026-11-20T10:01"),
        ("*/15 9-18 * * 1-5", "2026-11-20T18:50", "2026-11-23T09:00"),
        ("0 18 L * *", "2026-11-20T10:00", "2026-11-30T18:00"),
    ],
)
def test_next_time_of_each_form(when: str, now: str, due: str) -> None:
    assert next_due(when, None, shanghai(now), SHANGHAI) == shanghai(due)


def test_the_answer_is_in_utc() -> None:
    assert next_due("daily 09:00", None, shanghai("2026-11-20T08:00"), SHANGHAI).tzinfo is UTC


@pytest.mark.parametrize(
    ("quiet", "now", "due"),
    [
        (NIGHT, "2026-11-20T22:59", "2026-11-20T22:59"),
        (NIGHT, "2026-11-20T23:00", "2026-11-21T08:00"),
        (NIGHT, "2026-11-21T03:00", "2026-11-21T08:00"),
        (NIGHT, "2026-11-21T08:00", "2026-11-21T08:00"),
        (Quiet(time(12, 0), time(14, 0)), "2026-11-20T13:00", "2026-11-20T14:00"),
        (Quiet(time(12, 0), time(14, 0)), "2026-11-20T15:00", "2026-11-20T15:00"),
        (Quiet(time(0, 0), time(7, 0)), "2026-11-20T00:00", "2026-11-20T07:00"),
        (Quiet(time(22, 0), time(0, 0)), "2026-11-20T22:30", "2026-11-21T00:00"),
        (Quiet(time(9, 0), time(9, 0)), "2026-11-20T09:00", "2026-11-20T09:00"),
    ],
)
def test_quiet_hours_wait_for_their_end(quiet: Quiet, now: str, due: str) -> None:
    assert next_due("now", quiet, shanghai(now), SHANGHAI) == shanghai(due)


def test_a_digest_inside_quiet_hours_comes_at_their_end() -> None:
    assert next_due("daily 07:00", NIGHT, shanghai("2026-11-20T12:00"), SHANGHAI) == shanghai("2026-11-21T08:00")


def test_summer_time_begins() -> None:
    # Berlin, 2027-03-28: 02:00 becomes 03:00. A digest at 02:30 comes right after the change, at 03:00 summer time.
    due = next_due("daily 02:30", None, berlin("2027-03-27T12:00"), BERLIN)
    assert due == datetime(2027, 3, 28, 1, 0, tzinfo=UTC)
    # Quiet hours that end in the missing hour end no earlier than they would have: 02:30 winter time.
    due = next_due("now", Quiet(time(23, 0), time(2, 30)), berlin("2027-03-28T01:00"), BERLIN)
    assert due == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)


def test_summer_time_ends() -> None:
    # Berlin, 2026-10-25: 03:00 becomes 02:00, so 02:30 happens twice (00:30 and 01:30 UTC); a digest comes once.
    first = next_due("daily 02:30", None, berlin("2026-10-24T12:00"), BERLIN)
    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert next_due("daily 02:30", None, first, BERLIN) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)
    # In the second 02:10 the quiet hours until 02:30 still have 20 minutes to go.
    second = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    assert next_due("now", Quiet(time(23, 0), time(2, 30)), second, BERLIN) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "when",
    ["", "hourly", "daily", "daily 24:00", "weekly monday 08:00", "61 * * * *", "* * * *", "0 0 30 2 *", "@daily"],
)
def test_what_cannot_be_read_is_named_with_what_was_expected(when: str) -> None:
    with pytest.raises(ValueError, match="expected now, daily HH:MM"):
        check_when(when)


@pytest.mark.parametrize("when", ["now", "daily 09:00", "weekly sun 20:15", "0 9 1 * *", "Daily 9:00"])
def test_what_can_be_read_passes(when: str) -> None:
    check_when(when)


@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),
    start=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    end=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    zone=st.sampled_from([SHANGHAI, BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")]),
)
def test_never_in_the_past_and_never_a_day_late(now: datetime, start: time, end: time, zone: ZoneInfo) -> None:
    due = next_due("now", Quiet(start, end), now, zone)
    assert due >= now
    assert (due - now).total_seconds() <= 25 * 3600
