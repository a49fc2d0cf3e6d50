"""Due times: the forms of `when`, quiet hours, and the two days a year on which clocks change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.rules import Quiet, Rule
from warehouse.schedule import WEEKDAYS, check_when, due, next_due

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
MINUTE = timedelta(minutes=1)
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
        ("0 9 L * *", "2028-02-01T10:00", "2028-02-29T09:00"),
        ("monthly last 09:00", "2027-02-28T09:00", "2027-03-31T09:00"),
        ("Monthly 1  9:05", "2026-12-02T00:00", "2027-01-01T09:05"),
        ("monthly 28 23:59", "2026-11-28T23:58", "2026-11-28T23:59"),
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
    # Quiet hours that end in the missing hour end right after the change, when clocks show 03:00.
    for end in (time(2, 0), time(2, 30), time(2, 59)):
        due = next_due("now", Quiet(time(23, 0), end), berlin("2027-03-28T01:00"), BERLIN)
        assert due == datetime(2027, 3, 28, 1, 0, tzinfo=UTC)
    # And those that begin in it begin then: at 03:10 they are under way.
    due = next_due("now", Quiet(time(2, 30), time(8, 0)), berlin("2027-03-28T03:10"), BERLIN)
    assert due == datetime(2027, 3, 28, 6, 0, tzinfo=UTC)


def test_hours_that_leave_only_the_missing_hour_last_until_the_next_day() -> None:
    due = next_due("now", Quiet(time(3, 0), time(2, 0)), berlin("2027-03-27T12:00"), BERLIN)
    assert due == datetime(2027, 3, 29, 0, 0, tzinfo=UTC)


def test_new_york_sets_its_clocks_on_other_days() -> None:
    # 2026-11-01: 02:00 becomes 01:00, so 01:30 happens twice (05:30 and 06:30 UTC); the digest comes with the first.
    assert next_due("daily 01:30", None, datetime(2026, 11, 1, 5, 0, tzinfo=UTC), NEW_YORK) == datetime(
        2026, 11, 1, 5, 30, tzinfo=UTC
    )
    # Between the two, the next one is that of the day after, not the one that has been.
    assert next_due("daily 01:30", None, datetime(2026, 11, 1, 6, 10, tzinfo=UTC), NEW_YORK) == datetime(
        2026, 11, 2, 6, 30, tzinfo=UTC
    )
    # 2027-03-14: 02:00 becomes 03:00.
    assert next_due("0 2 * * *", None, datetime(2027, 3, 14, 6, 0, tzinfo=UTC), NEW_YORK) == datetime(
        2027, 3, 14, 7, 0, tzinfo=UTC
    )
    # Every twenty minutes is every twenty minutes, whatever the clocks do.
    assert next_due("*/20 * * * *", None, datetime(2026, 11, 1, 5, 50, tzinfo=UTC), NEW_YORK) == datetime(
        2026, 11, 1, 6, 0, tzinfo=UTC
    )


WEEKEND = Quiet(time(23, 0), time(8, 0), (5, 6))


@pytest.mark.parametrize(
    ("quiet", "now", "due"),
    [
        # 2026-11-20 is a Friday: its night leads into the weekend, and that into the night before Monday.
        (WEEKEND, "2026-11-20T22:59", "2026-11-20T22:59"),
        (WEEKEND, "2026-11-20T23:00", "2026-11-23T08:00"),
        (WEEKEND, "2026-11-21T12:00", "2026-11-23T08:00"),
        (WEEKEND, "2026-11-23T07:59", "2026-11-23T08:00"),
        (WEEKEND, "2026-11-23T08:00", "2026-11-23T08:00"),
        (Quiet(days=(5, 6)), "2026-11-21T12:00", "2026-11-23T00:00"),
        (Quiet(days=(5, 6)), "2026-11-20T23:59", "2026-11-20T23:59"),
        (Quiet(time(12), time(14), (2,)), "2026-11-24T13:00", "2026-11-24T14:00"),
        (Quiet(days=(0, 1, 2, 3, 4, 5)), "2026-11-23T00:00", "2026-11-29T00:00"),
    ],
)
def test_quiet_days_are_quiet_as_a_whole(quiet: Quiet, now: str, due: str) -> None:
    assert next_due("now", quiet, shanghai(now), SHANGHAI) == shanghai(due)


def test_a_digest_of_a_quiet_day_comes_at_its_end() -> None:
    assert next_due("daily 09:00", WEEKEND, shanghai("2026-11-20T09:00"), SHANGHAI) == shanghai("2026-11-23T08:00")


def test_a_day_that_begins_with_a_change_of_the_clock() -> None:
    # Cairo, Friday 2027-04-30: 00:00 becomes 01:00. A quiet Thursday ends with that.
    cairo = ZoneInfo("Africa/Cairo")
    due = next_due("now", Quiet(days=(3,)), datetime(2027, 4, 29, 12, 0, tzinfo=cairo), cairo)
    assert due == datetime(2027, 4, 29, 22, 0, tzinfo=UTC)


def test_quiet_all_week_is_refused() -> None:
    with pytest.raises(ValueError, match="all days of the week are quiet"):
        Quiet(days=(0, 1, 2, 3, 4, 5, 6, 6))


def test_a_rule_may_have_a_timezone_of_its_own() -> None:
    rule = Rule("r", (), (), when="daily 09:00")
    now = datetime(2026, 11, 20, 0, 30, tzinfo=UTC)
    assert due(rule, now, SHANGHAI) == datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
    assert due(replace(rule, timezone=BERLIN), now, SHANGHAI) == datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
    night = replace(rule, when="now", quiet=NIGHT, timezone=NEW_YORK)  # there it is half past seven in the evening
    assert due(night, now, SHANGHAI) == now
    assert due(night, now + timedelta(hours=4), SHANGHAI) == datetime(2026, 11, 20, 13, 0, tzinfo=UTC)


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
    [
        "",
        "hourly",
        "daily",
        "daily 24:00",
        "weekly monday 08:00",
        "61 * * * *",
        "* * * *",
        "0 0 30 2 *",
        "@daily",
        "monthly 0 09:00",
        "monthly 32 09:00",
        "monthly mon 09:00",
        "0 9 32 * *",
    ],
)
def test_what_cannot_be_read_is_named_with_what_was_expected(when: str) -> None:
    with pytest.raises(ValueError, match="expected now, daily HH:MM"):
        check_when(when)


@pytest.mark.parametrize("when", ["monthly 29 09:00", "monthly 31 09:00"])
def test_a_day_that_some_months_do_not_have_is_refused_with_the_remedy(when: str) -> None:
    with pytest.raises(ValueError, match="would not come in every month: for the end of a month say monthly last"):
        check_when(when)


@pytest.mark.parametrize(
    "when", ["now", "monthly 1 09:00", "daily 09:00", "weekly sun 20:15", "0 9 1 * *", "Daily 9:00"]
)
def test_what_can_be_read_passes(when: str) -> None:
    check_when(when)


ZONES = [SHANGHAI, BERLIN, NEW_YORK, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Africa/Cairo")]
MINUTES = st.builds(time, st.integers(0, 23), st.sampled_from([0, 1, 29, 30, 59]))
# Days around the changes of the clock as often as others.
MOMENTS = st.one_of(
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),
    st.builds(
        lambda day, after: day + after,
        st.sampled_from([datetime(2026, 10, 24, 18, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC),
                         datetime(2027, 3, 14, tzinfo=UTC), datetime(2027, 3, 27, 18, tzinfo=UTC),
                         datetime(2027, 4, 3, 10, tzinfo=UTC), datetime(2027, 4, 29, 12, tzinfo=UTC)]),
        st.timedeltas(timedelta(0), timedelta(hours=14)),
    ),
)  # fmt: skip
WHENS = st.one_of(
    st.just("now"),
    st.sampled_from(["*/20 * * * *", "30 1-3 * * *", "0 9 L * *", "15 2 1 * 6", "monthly last 02:30", "* * * * sun"]),
    st.builds(lambda at: f"daily {at:%H:%M}", MINUTES),
    st.builds(lambda day, at: f"weekly {day} {at:%H:%M}", st.sampled_from(WEEKDAYS), MINUTES),
    st.builds(lambda day, at: f"monthly {day} {at:%H:%M}", st.integers(1, 28), MINUTES),
)


def is_quiet(moment: datetime, quiet: Quiet, zone: ZoneInfo) -> bool:
    """By the clock on the wall there."""
    local = moment.astimezone(zone)
    clock = (local.hour, local.minute)
    start, end = (quiet.start.hour, quiet.start.minute), (quiet.end.hour, quiet.end.minute)
    hours = start <= clock < end if start <= end else clock >= start or clock < end
    return hours or local.weekday() in quiet.days


@settings(max_examples=500, deadline=None)
@given(
    when=WHENS,
    now=MOMENTS,
    start=MINUTES,
    end=MINUTES,
    days=st.frozensets(st.integers(0, 6), max_size=6),
    zone=st.sampled_from(ZONES),
)
def test_never_in_the_past_and_never_in_quiet_hours(
    when: str, now: datetime, start: time, end: time, days: frozenset[int], zone: ZoneInfo
) -> None:
    quiet = Quiet(start, end, tuple(days))
    due = next_due(when, quiet, now, zone)
    assert due >= now if when == "now" else due > now
    assert not is_quiet(due, quiet, zone)
    if when == "now":
        # All that lies between is quiet, but for the hour that a change of the clock brings back.
        free = [
            at
            for minutes in range(int((due - now) / MINUTE))
            if not is_quiet(at := now + minutes * MINUTE, quiet, zone)
        ]
        assert len(free) <= 60


@settings(max_examples=200, deadline=None)
@given(now=MOMENTS, start=MINUTES, end=MINUTES, zone=st.sampled_from(ZONES))
def test_quiet_hours_alone_never_last_much_longer_than_a_day(
    now: datetime, start: time, end: time, zone: ZoneInfo
) -> None:
    due = next_due("now", Quiet(start, end), now, zone)
    assert due - now <= timedelta(hours=49 if start != end else 0)


@given(st.one_of(st.text(max_size=20), st.lists(st.sampled_from(
    ["daily", "weekly", "monthly", "mon", "last", "now", "1", "31", "9:00", "24:00", "*", "*/5", "L", "0", "7", "1-5", "-"]
), max_size=6).map(" ".join)))  # fmt: skip
def test_any_text_is_a_time_or_a_value_error(text: str) -> None:
    try:
        check_when(text)
    except ValueError as error:
        assert "expected now, daily HH:MM" in str(error) or "would not come in every month" in str(error)
    else:
        assert next_due(text, None, datetime(2026, 11, 20, tzinfo=UTC), SHANGHAI) >= datetime(2026, 11, 20, tzinfo=UTC)
