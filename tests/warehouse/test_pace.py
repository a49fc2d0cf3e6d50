"""When a source is read again: by hand-made histories, and from the rows of a real warehouse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse import yields
from warehouse.health import Verdict, Yield
from warehouse.pace import Bounds, Due, Reads, due_now, interval, next_read, next_run
from warehouse.store import Warehouse

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WIDE, FIXED = Bounds(5 * MINUTE, 2 * HOUR), Bounds(15 * MINUTE, 15 * MINUTE)


def reads(*new: int, known: timedelta = 30 * DAY, failing: bool = False, waiting: bool = False) -> Reads:
    """`new` in three hours, a day, a week."""
    return Reads(NOW - known, NOW, (new[0], new[1], new[2]), failing, waiting)


@pytest.mark.parametrize(
    ("known", "bounds", "expected"),
    [
        # 40 a day, every day: one in 36 minutes, so a read every 12.
        (reads(5, 40, 280), WIDE, 12 * MINUTE),
        # A burst: 9 in 3 hours is one in 20 minutes.
        (reads(9, 12, 40), WIDE, timedelta(minutes=20) / 3),
        (reads(60, 60, 60), WIDE, 5 * MINUTE),
        # Nothing for 3 hours and the whole of Sunday: its week has one in 42 minutes.
        (reads(0, 0, 240), WIDE, 14 * MINUTE),
        # One a week, none for weeks: as late as may be.
        (reads(0, 0, 1), WIDE, 2 * HOUR),
        (reads(0, 0, 0), WIDE, 2 * HOUR),
        # Just begun to be read: silence of half an hour says no more than that; 10 minutes are a third of it.
        (reads(0, 0, 0, known=30 * MINUTE), WIDE, 10 * MINUTE),
        (reads(0, 0, 0, known=timedelta()), WIDE, 5 * MINUTE),
        # Known for an hour, in which it named 4: one in a quarter of an hour.
        (reads(4, 4, 4, known=HOUR), WIDE, 5 * MINUTE),
        (reads(0, 0, 0, failing=True), WIDE, 5 * MINUTE),
        (reads(0, 0, 0, waiting=True), WIDE, 5 * MINUTE),
        (reads(60, 60, 60), FIXED, 15 * MINUTE),
        (reads(0, 0, 0), FIXED, 15 * MINUTE),
    ],
)
def test_the_pause_follows_what_a_source_publishes(known: Reads, bounds: Bounds, expected: timedelta) -> None:
    assert interval(known, bounds) == expected


def test_a_source_that_was_never_read_is_due_at_once() -> None:
    assert next_read("36kr", None, WIDE, NOW) == Due("36kr", NOW, NOW)


def test_sources_are_spread_over_a_tenth_of_their_interval_and_each_moment_is_always_the_same() -> None:
    dues = [next_read(f"source-{number}", reads(0, 0, 0), FIXED, NOW) for number in range(200)]
    assert dues == [next_read(f"source-{number}", reads(0, 0, 0), FIXED, NOW + HOUR) for number in range(200)]
    early = sorted(due.at - NOW for due in dues)
    assert 13.5 * MINUTE <= early[0] < 13.6 * MINUTE and 14.9 * MINUTE < early[-1] <= 15 * MINUTE
    assert {due.until - NOW for due in dues} == {16.5 * MINUTE}
    other_day = Reads(NOW - 30 * DAY, NOW + DAY, (0, 0, 0))
    assert next_read("source-0", other_day, FIXED, NOW).at - NOW - DAY != early[0]


@given(
    new=st.tuples(*[st.integers(0, 5000)] * 3),
    known=st.timedeltas(timedelta(), 400 * DAY),
    soonest=st.timedeltas(MINUTE, DAY),
    more=st.timedeltas(timedelta(), 7 * DAY),
    source=st.text(max_size=5),
)
def test_bounds_are_kept(
    new: tuple[int, int, int], known: timedelta, soonest: timedelta, more: timedelta, source: str
) -> None:
    bounds = Bounds(soonest, soonest + more)
    due = next_read(source, Reads(NOW - known, NOW, new), bounds, NOW)
    assert NOW + soonest * (1 if more else 0.9) <= due.at <= NOW + bounds.latest
    assert due.at <= due.until <= NOW + bounds.latest * 1.1


def test_one_run_reads_together_what_is_due_together() -> None:
    dues = [
        Due("a", NOW + 10 * MINUTE, NOW + 13 * MINUTE),
        Due("b", NOW + 11 * MINUTE, NOW + 12 * MINUTE),
        Due("c", NOW + 20 * MINUTE, NOW + 22 * MINUTE),
    ]
    begins = next_run(dues)
    assert begins == NOW + 12 * MINUTE
    assert due_now(dues, begins) == ["a", "b"]
    assert due_now(dues, NOW) == [] and next_run([]) is None


def test_what_is_known_of_reads_comes_from_the_warehouse(tmp_path: Path) -> None:
    brought = [  # source, when, new, state
        ("36kr", -8 * DAY, 30, "ok"),  # its first: old articles, and longer ago than a week
        ("36kr", -6 * DAY, 7, "ok"),
        ("36kr", -20 * HOUR, 5, "ok"),
        ("36kr", -2 * HOUR, 3, "quiet"),
        ("36kr", timedelta(), 2, "failing"),
        ("36kr", 3 * HOUR, 99, "ok"),  # by a clock that was set back since
        ("huxiu", -MINUTE, 20, "ok"),
    ]
    with Warehouse.open(tmp_path, holder="a test", now=NOW) as wh:
        for number, (source, ago, new, state) in enumerate(brought):
            this = Yield(NOW + ago, new=new)
            yields.record(wh, f"run-{number}", [(source, this, Verdict(state, "", 0, None))])  # type: ignore[arg-type]
        known = yields.reads_of(wh, NOW)
    assert known == {
        "36kr": Reads(NOW - 8 * DAY, NOW, (5, 10, 17), failing=True),
        "huxiu": Reads(NOW - MINUTE, NOW - MINUTE, (0, 0, 0)),
    }
