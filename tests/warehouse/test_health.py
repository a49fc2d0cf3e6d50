"""How a source fares: invented histories, and what a person would say of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.health import MEMORY, Signs, Verdict, Yield, judge

# A Monday, noon.
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
WEEK = (60, 58, 62, 60, 55, 24, 20)  # articles from Monday to Sunday


def a_life(
    days: int,
    per_day: Callable[[int, datetime], int],
    *,
    every: timedelta = 3 * HOUR,
    until: datetime = NOW,
    articles: bool = False,
) -> list[Yield]:
    """The runs of so many days up to `until`, which is the last. `per_day(days ago, moment)`: new articles of a day,
    spread evenly over its runs."""
    runs: list[Yield] = []
    per_run = DAY // every
    for count in range(days * per_run, -1, -1):
        at = until - count * every
        ago, part = divmod(count, per_run)
        whole = per_day(ago, at)
        new = whole * (part + 1) // per_run - whole * part // per_run
        shape = {"articles": new, "chars": 2000} if articles else {}
        runs.append(Yield(at, lists=1, unchanged=0 if new else 1, listed=20 if new else 0, new=new, **shape))
    return runs


def verdict(runs: Sequence[Yield], signs: Signs = Signs()) -> Verdict:
    """What is said after the last of these runs."""
    kept = [run for run in runs[:-1] if runs[-1].at - run.at <= MEMORY]
    return judge(runs[-1], kept, signs)


def weekly(week: Sequence[int]) -> Callable[[int, datetime], int]:
    return lambda ago, at: week[at.weekday()]


def lived(runs: Sequence[Yield], since: datetime) -> list[tuple[datetime, Verdict]]:
    """What is said after each run from `since` on, when the states are written down run by run."""
    past = [run for run in runs if run.at < since]
    found: list[tuple[datetime, Verdict]] = []
    for run in runs[len(past) :]:
        found.append((run.at, verdict([*past, run])))
        past.append(replace(run, state=found[-1][1].state))
    return found


def told(runs: Sequence[Yield], since: datetime) -> list[tuple[datetime, str]]:
    """The same, each state as (moment, word) when it changes."""
    changes: list[tuple[datetime, str]] = []
    for at, found in lived(runs, since):
        if not changes or changes[-1][1] != found.state:
            changes.append((at, found.state))
    return changes


# -- lists and pages speak first --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("blocked", "blocked"),
        ("layout_changed", "layout_changed"),
        ("gone", "gone"),
        ("retry", "failing"),
        ("broken", "failing"),
        ("not_an_article", "failing"),
    ],
)
def test_a_list_in_trouble_gives_the_state(status: str, state: str) -> None:
    found = verdict(a_life(40, weekly(WEEK)), Signs(list_trouble=(status, "the list"), newest=["stored"] * 30))
    assert (found.state, found.note) == (state, "the list")


def test_pages_are_in_trouble_when_half_of_the_newest_are() -> None:
    pages = ["blocked"] * 3 + ["layout_changed"] * 2 + ["stored"] * 5
    assert verdict(a_life(1, weekly(WEEK)), Signs(newest=pages, last_error="captcha")).state == "blocked"
    assert verdict(a_life(1, weekly(WEEK)), Signs(newest=[*pages, "stored"])).state == "ok"


def test_withdrawn_articles_are_no_trouble() -> None:
    assert verdict(a_life(1, weekly(WEEK)), Signs(newest=["gone"] * 30)).state == "ok"


def test_a_list_that_was_emptied_is_quiet() -> None:
    found = verdict(a_life(2, weekly(WEEK)), Signs(emptied=True))
    assert (found.state, found.note) == ("quiet", "a list that named articles before names none")


# -- low --------------------------------------------------------------------------------------------------------------


def test_a_normal_sunday_is_no_incident() -> None:
    sunday_night = NOW - timedelta(hours=13)
    runs = a_life(40, weekly(WEEK), until=sunday_night)
    assert told(runs, sunday_night - 10 * DAY) == [(sunday_night - 10 * DAY, "ok")]


def test_what_falls_to_a_tenth_is_low_within_a_day_and_mended_when_it_comes_back() -> None:
    # 48 a day until the fourth day before now, then 4 a day for two days, then 48 again.
    runs = a_life(40, lambda ago, at: 4 if 2 <= ago < 4 else 48)
    changes = told(runs, NOW - 8 * DAY)
    assert [state for _, state in changes] == ["ok", "low", "ok"]
    # A day's 48 come in eight runs of 6: after five runs with hardly any 20 are left, after six 15, less than a third.
    assert changes[1][0] == NOW - 4 * DAY + 18 * HOUR
    assert NOW - 2 * DAY < changes[2][0] <= NOW - DAY
    found = dict(lived(runs, NOW - 8 * DAY))[NOW - 2 * DAY]
    assert found.state == "low" and found.day == 4 and found.usual_day == 48
    assert found.note == "4 new in 24 hours, where its poorest of the weeks before had 48"


def test_nothing_at_all_is_low_where_every_day_had_many() -> None:
    runs = a_life(40, lambda ago, at: 0 if ago < 1 else 40)
    assert verdict(runs).state == "low"


def test_a_small_source_is_judged_by_the_week() -> None:
    # 3 a day: no day tells anything. After a week without, the week does.
    runs = a_life(50, lambda ago, at: 0 if ago < 7 else 3)
    found = verdict(runs)
    assert (found.state, found.note) == ("low", "0 new in 7 days, where its poorest of the weeks before had 21")
    assert verdict(a_life(50, lambda ago, at: 0 if ago < 1 else 3)).state == "quiet"


@pytest.mark.parametrize("days", [1, 7, 27])
def test_a_new_source_is_not_judged(days: int) -> None:
    assert verdict(a_life(days, lambda ago, at: 0 if ago < 1 else 40)).state in ("ok", "quiet")


def test_fewer_than_five_runs_with_yield_are_no_measure() -> None:
    runs = a_life(40, lambda ago, at: 40 if ago in (12, 20, 28, 36) and at.hour < 3 else 0, every=DAY)
    assert verdict(runs).state != "low"


def test_what_stays_low_is_the_new_usual_after_some_weeks() -> None:
    """An outlet that publishes less from now on is one incident, not a state for ever."""
    runs = a_life(100, lambda ago, at: 10 if ago < 60 else 60, every=6 * HOUR)
    words = told(runs, NOW - 62 * DAY)
    assert [state for _, state in words] == ["ok", "low", "ok"]
    assert timedelta(days=10) < words[2][0] - words[1][0] < timedelta(days=28)


def test_a_machine_that_was_off_is_no_incident() -> None:
    """After four days without a run, lists that hold twenty bring twenty, where a day usually brings sixty."""
    runs = a_life(45, lambda ago, at: 60)
    back = NOW - 6 * HOUR
    before = [run for run in runs if run.at < NOW - 5 * DAY]
    after = [
        Yield(back, lists=1, listed=20, new=20),
        Yield(back + 3 * HOUR, lists=1, new=1),
        Yield(NOW, lists=1, new=1),
    ]
    assert [state for _, state in told([*before, *after], back)] == ["ok"]


def test_runs_by_hand_now_and_then_are_no_incident() -> None:
    moments = [hours for hours in range(0, 40 * 24, 31) if hours % 5]
    runs = [Yield(NOW - hours * HOUR, lists=1, listed=20, new=20) for hours in reversed(moments)]
    assert {state for _, state in told(runs, NOW - 9 * DAY)} == {"ok"}


def test_an_outage_of_a_morning_leaves_the_day_a_measure() -> None:
    """Days with a few failing runs still count: what they missed came later that day."""
    runs = [
        replace(run, state="failing" if run.at.hour == 9 else "ok")
        for run in a_life(40, lambda ago, at: 0 if ago < 1 else 40)
    ]
    assert verdict(runs).state == "low"


# -- fields -----------------------------------------------------------------------------------------------------------


def shaped(days: int, change: Callable[[int], dict[str, int]]) -> list[Yield]:
    """Eight articles a day in four runs; `change(days ago)` is what is odd about a run's two articles."""
    runs = a_life(days, lambda ago, at: 8, every=6 * HOUR, articles=True)
    return [replace(run, **change(int((NOW - run.at) / DAY))) for run in runs]


def test_authors_that_are_gone_all_at_once_are_told_until_they_are_back() -> None:
    runs = shaped(40, lambda ago: {"without_author": 2} if 2 <= ago < 6 else {})
    changes = told(runs, NOW - 9 * DAY)
    assert [state for _, state in changes] == ["ok", "low", "ok"]
    assert NOW - 6 * DAY < changes[1][0] < NOW - 4 * DAY
    assert changes[2][0] > NOW - 2 * DAY
    lost = [run for run in runs if run.at <= NOW - 3 * DAY]
    assert verdict(lost).note == "no author in 100% of the last 8 articles, where that is rare"


@pytest.mark.parametrize("field", ["without_title", "without_time"])
def test_other_fields_are_watched_too(field: str) -> None:
    assert verdict(shaped(40, lambda ago: {field: 2} if ago < 2 else {})).state == "low"


def test_a_source_that_never_names_authors_is_well() -> None:
    assert verdict(shaped(40, lambda ago: {"without_author": 2})).state == "ok"


def test_texts_that_shrink_to_a_teaser_are_told() -> None:
    found = verdict(shaped(40, lambda ago: {"chars": 120} if ago < 2 else {}))
    assert found.note == "the last 8 articles have 120 characters, where its shortest had 2000"


def test_nights_of_newsflashes_are_no_incident() -> None:
    """Every fourth handful is short and without an author, as it always was."""
    runs = shaped(40, lambda ago: {"chars": 90, "without_author": 2} if ago % 4 == 0 else {})
    assert {state for _, state in told(runs, NOW - 9 * DAY)} == {"ok"}


# -- silence ----------------------------------------------------------------------------------------------------------


def test_silence_is_quiet_only_when_it_is_much_longer_than_usual() -> None:
    """A weekly podcast: the seventh day is as usual, the fifteenth is not."""
    on_time = a_life(60, lambda ago, at: 1 if ago % 7 == 6 else 0, every=DAY)
    assert verdict(on_time).state == "ok"
    late = a_life(60, lambda ago, at: 1 if ago % 7 == 1 and ago > 14 else 0, every=DAY)
    found = verdict(late)
    assert (found.state, found.note) == ("quiet", "nothing new for 15.0 days, at most 7.0 days before")


def test_a_weekend_of_silence_is_not_even_quiet() -> None:
    sunday_night = NOW - timedelta(hours=13)
    runs = a_life(40, lambda ago, at: 2 if at.weekday() < 5 else 0, until=sunday_night)
    assert verdict(runs).state == "ok"


def test_the_same_bytes_for_too_long_are_quiet() -> None:
    """Its list changed every day without naming anything new, and now it does not change any more."""
    runs = a_life(40, lambda ago, at: 0, every=6 * HOUR)
    runs = [replace(run, unchanged=0 if run.at.hour < 6 and run.at < NOW - 4 * DAY else 1) for run in runs]
    found = verdict(runs)
    assert (found.state, found.note) == ("quiet", "its lists are the same for 4.5 days, at most 24 hours before")


def test_quiet_and_ok_have_a_usual_day_too() -> None:
    assert verdict(a_life(3, weekly(WEEK))).usual_day is None
    assert verdict(a_life(15, lambda ago, at: 16)).usual_day == 16


# -- any history ------------------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(
    week=st.lists(st.integers(0, 90), min_size=7, max_size=7),
    noise=st.randoms(use_true_random=False),
    hours=st.sampled_from([1, 2, 3, 6, 12]),
    back=st.integers(0, 6 * 24),
)
def test_no_normal_week_is_an_incident(week: list[int], noise, hours: int, back: int) -> None:
    """Whatever an outlet's week looks like: days that differ by a quarter from their usual are no incident."""
    days = [noise.uniform(0.75, 1.25) for _ in range(70)]
    until = NOW + back * HOUR
    runs = a_life(43, lambda ago, at: round(week[at.weekday()] * days[ago]), every=hours * HOUR, until=until)
    assert verdict(runs).state in ("ok", "quiet")


@settings(max_examples=60)
@given(
    week=st.lists(st.integers(20, 90), min_size=7, max_size=7),
    noise=st.randoms(use_true_random=False),
    hours=st.sampled_from([3, 6]),
)
def test_no_source_that_falls_to_a_tenth_stays_unnoticed(week: list[int], noise, hours: int) -> None:
    days = [noise.uniform(0.8, 1.2) for _ in range(70)]
    usual = [round(size * 0.8) for size in week]
    runs = a_life(
        43,
        lambda ago, at: round(week[at.weekday()] * days[ago]) if ago >= 2 else min(usual) // 10,
        every=hours * HOUR,
    )
    assert [state for _, state in told(runs, NOW - 3 * DAY)] == ["ok", "low"]


@settings(max_examples=100)
@given(
    st.lists(
        st.builds(
            Yield,
            at=st.datetimes(datetime(2026, 9, 1), datetime(2026, 11, 23)).map(lambda at: at.replace(tzinfo=UTC)),
            state=st.sampled_from(["ok", "quiet", "low", "blocked", "failing"]),
            lists=st.integers(0, 3), unchanged=st.integers(0, 3), new=st.integers(0, 500), articles=st.integers(0, 50),
            without_title=st.integers(0, 50), without_author=st.integers(0, 50), without_time=st.integers(0, 50),
            chars=st.integers(0, 10000),
        ),
        min_size=1, max_size=60,
    )
)  # fmt: skip
def test_any_history_is_judged(runs: list[Yield]) -> None:
    runs = sorted(runs, key=lambda run: run.at)
    assert verdict(runs).state in ("ok", "quiet", "low")


def test_a_source_that_died_is_not_called_mended() -> None:
    """Silence is no new usual: once it was low, it stays so until something comes."""
    runs = a_life(150, lambda ago, at: 60 if ago > 70 else 0, every=6 * HOUR)
    assert [word for _, word in told(runs, NOW - 75 * DAY)] == ["ok", "low"]


def test_a_seldom_source_that_falls_silent_is_told_after_some_weeks() -> None:
    runs = a_life(120, lambda ago, at: 1 if at.weekday() == 2 and ago > 60 else 0, every=DAY)
    words = [word for _, word in told(runs, NOW - 62 * DAY)]
    assert words[-1] == "low" and words.count("low") == 1


def test_a_festival_fortnight_of_a_seldom_source_is_no_incident() -> None:
    runs = a_life(120, lambda ago, at: 1 if at.weekday() == 2 and not 40 < ago < 54 else 0, every=DAY)
    assert "low" not in [word for _, word in told(runs, NOW - 60 * DAY)]


def test_pages_in_trouble_are_well_again_when_two_thirds_are_read() -> None:
    """About half of the pages of some outlets are closed: their state must not change with every run."""
    bad = [Yield(NOW - HOUR, "blocked"), Yield(NOW)]
    assert verdict(bad, Signs(newest=["blocked"] * 4 + ["stored"] * 6)).state == "blocked"
    assert verdict(bad, Signs(newest=["blocked"] * 3 + ["stored"] * 7)).state == "ok"
    assert verdict([Yield(NOW - HOUR), Yield(NOW)], Signs(newest=["blocked"] * 4 + ["stored"] * 6)).state == "ok"
