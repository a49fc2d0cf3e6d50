"""When a stored article is looked at again, and what comes of it in the warehouse."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.article import Article, ArticleRef, Precision, Validators
from sources.errors import Blocked, Gone
from warehouse import articles, frontier, rechecks
from warehouse.ages import INTERVALS, after_failure, born, next_recheck
from warehouse.articles import Incoming
from warehouse.rechecks import Look
from warehouse.scan import Lexicon
from warehouse.store import Warehouse

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
LIST = "https://36kr.com/feed"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PAGE = Validators('"p1"', "", "h1")


def make_ref(number: int, title: str = "标题") -> ArticleRef:
    return ArticleRef("36kr", f"36kr:{number}", f"https://36kr.com/p/{number}", title)


def make(number: int, published_at: datetime | None = None, precision: Precision = "unknown") -> Article:
    ref = make_ref(number)
    return Article(
        ref.article_id, "36kr", "36氪", "article", ref.url, "标题", f"第{number}篇的正文。", (), published_at, precision
    )


def discover(wh: Warehouse, *refs: ArticleRef, now: datetime = NOW) -> int:
    return frontier.record_discovery(wh, "36kr", LIST, Validators('"e1"'), refs, now)


def read(wh: Warehouse, article: Article, now: datetime = NOW, *, again: bool = True) -> None:
    """As a pass does: plan, then load."""
    number = int(article.article_id.partition(":")[2])
    rechecks.plan(wh, "36kr", [Look(make_ref(number), again, article.published_at, article.precision)], INTERVALS, now)
    articles.load(wh, [Incoming(article, make_ref(number), PAGE)], Lexicon.compile(()), (), now, timezone=UTC)


def due_ids(wh: Warehouse, now: datetime, limit: int = 10) -> list[str]:
    return [queued.ref.article_id for queued in rechecks.due(wh, "36kr", INTERVALS, now, limit)]


# The schedule


@pytest.mark.parametrize(
    ("age", "wait"),
    [
        (timedelta(), HOUR),
        (59 * MINUTE, MINUTE),
        (HOUR, 5 * HOUR),  # that look was made, or missed
        (2 * HOUR, 4 * HOUR),
        (6 * HOUR, 18 * HOUR),
        (30 * HOUR, 42 * HOUR),
        (72 * HOUR, None),
        (400 * DAY, None),
    ],
)
def test_the_next_look_is_at_the_first_interval_that_is_not_reached(age: timedelta, wait: timedelta | None) -> None:
    assert next_recheck(NOW - age, INTERVALS, NOW) == (None if wait is None else NOW + wait)


def test_without_intervals_nothing_is_looked_at_again() -> None:
    assert next_recheck(NOW, (), NOW) is None
    assert after_failure(NOW, (), NOW) is None


@pytest.mark.parametrize(
    ("age", "wait"),
    [
        (timedelta(), HOUR),
        (90 * MINUTE, HOUR),
        (5.5 * HOUR, HOUR / 2),  # the look of the sixth hour makes up for it
        (16 * HOUR, 2 * HOUR),
        (71 * HOUR, HOUR),
        (72 * HOUR, 9 * HOUR),
        (143 * HOUR, 143 * HOUR / 8),
        (144 * HOUR, None),
    ],
)
def test_a_look_that_failed_is_made_up_for_until_the_article_is_twice_as_old(
    age: timedelta, wait: timedelta | None
) -> None:
    assert after_failure(NOW - age, INTERVALS, NOW) == (None if wait is None else NOW + wait)


@given(
    st.lists(st.integers(1, 5000), unique=True, max_size=6).map(sorted),
    st.lists(st.integers(0, 6000), min_size=1, max_size=30),
)
def test_each_interval_is_used_once_at_most_however_irregular_the_passes(minutes: list[int], passes: list[int]) -> None:
    intervals, planned, looks = (
        [MINUTE * one for one in minutes],
        next_recheck(NOW, [MINUTE * m for m in minutes], NOW),
        0,
    )
    for at in sorted(passes):
        moment = NOW + MINUTE * at
        if planned is not None and planned <= moment:
            looks += 1
            planned = next_recheck(NOW, intervals, moment)
            assert planned is None or planned > moment
    assert looks <= len(minutes)


@pytest.mark.parametrize(
    ("published_at", "precision", "counts_from"),
    [
        (NOW - 2 * HOUR, "hour", NOW - 2 * HOUR),
        (NOW - 2 * HOUR, "second", NOW - 2 * HOUR),
        (NOW - 2 * HOUR, "day", NOW),  # midnight, perhaps
        (NOW - 2 * HOUR, "unknown", NOW),
        (None, "unknown", NOW),
        (NOW + DAY, "minute", NOW),  # an outlet that dates a page by its last edit
    ],
)
def test_age_counts_from_publication_when_its_hour_is_known(
    published_at: datetime | None, precision: str, counts_from: datetime
) -> None:
    assert born(NOW, published_at, precision) == counts_from


# In the warehouse


def test_a_young_article_is_looked_at_four_times(wh: Warehouse) -> None:
    discover(wh, make_ref(1))
    read(wh, make(1, NOW - 10 * MINUTE, "minute"))
    looks = []
    for hour in range(1, 24 * 5):
        now = NOW + hour * HOUR
        for queued in rechecks.due(wh, "36kr", INTERVALS, now, 10):
            assert (queued.validators, queued.again, queued.backlog) == (PAGE, True, False)
            looks.append(now - NOW)
            frontier.record_unchanged(wh, queued.ref, now)
            rechecks.plan(wh, "36kr", [Look(queued.ref, again=True)], INTERVALS, now)
    assert looks == [HOUR, 6 * HOUR, 24 * HOUR, 72 * HOUR]  # each by the first pass after it was due
    assert wh.con.execute("SELECT state, attempts, next_attempt_at FROM core.frontier").fetchall() == [
        ("stored", 0, None)
    ]


def test_what_is_old_when_it_is_first_read_is_not_looked_at_again(wh: Warehouse) -> None:
    discover(wh, make_ref(1), make_ref(2))
    read(wh, make(1, NOW - 73 * HOUR, "minute"))
    read(wh, make(2, NOW - 71 * HOUR, "minute"))
    assert due_ids(wh, NOW + 2 * HOUR) == ["36kr:2"]


def test_what_is_not_to_be_looked_at_again_is_not(wh: Warehouse) -> None:
    discover(wh, make_ref(1), make_ref(2))
    read(wh, make(1))
    read(wh, make(2), again=False)
    assert due_ids(wh, NOW + HOUR) == ["36kr:1"]
    rechecks.plan(wh, "36kr", [Look(make_ref(1), again=False)], INTERVALS, NOW)
    assert due_ids(wh, NOW + HOUR) == []


def test_the_longest_overdue_come_first_and_what_is_no_more_young_not_at_all(wh: Warehouse) -> None:
    discover(wh, *(make_ref(number) for number in (1, 2, 3)))
    for number, age in ((1, 30 * MINUTE), (2, 50 * MINUTE), (3, 40 * MINUTE)):
        read(wh, make(number, NOW - age, "minute"))
    assert due_ids(wh, NOW + 9 * MINUTE) == []
    assert due_ids(wh, NOW + HOUR) == ["36kr:2", "36kr:3", "36kr:1"]
    assert due_ids(wh, NOW + HOUR, limit=2) == ["36kr:2", "36kr:3"]
    assert due_ids(wh, NOW + 3 * DAY) == ["36kr:2", "36kr:3", "36kr:1"]
    assert due_ids(wh, NOW + 30 * DAY) == []
    assert rechecks.due(wh, "36kr", (), NOW + HOUR, 10) == []


def test_only_what_is_stored_is_looked_at_again(wh: Warehouse) -> None:
    discover(wh, make_ref(1), make_ref(2), make_ref(3))
    for number in (1, 2, 3):
        read(wh, make(number))
    frontier.record_failure(wh, make_ref(1), Gone("404"), NOW, None)
    discover(wh, replace(make_ref(2), title="另一个标题"))  # now it is to be read as what has changed
    assert due_ids(wh, NOW + HOUR) == ["36kr:3"]


def test_a_failed_look_leaves_the_article_stored_and_says_why(wh: Warehouse) -> None:
    discover(wh, make_ref(1))
    read(wh, make(1))
    rechecks.record_failure(wh, make_ref(1), Blocked("captcha"))
    rows = wh.con.execute("SELECT state, attempts, next_attempt_at, error FROM core.frontier").fetchall()
    assert rows == [("stored", 0, None, "captcha")]
    assert frontier.due(wh, "36kr", NOW + 365 * DAY, 10) == []


def test_an_outlet_in_trouble_on_the_third_day_is_looked_at_when_it_is_over(wh: Warehouse) -> None:
    discover(wh, make_ref(1))
    read(wh, make(1))
    looks = []
    for hour in range(70, 24 * 10):
        now = NOW + hour * HOUR
        for queued in rechecks.due(wh, "36kr", INTERVALS, now, 10):
            looks.append(hour)
            in_trouble = hour < 90
            rechecks.plan(wh, "36kr", [Look(queued.ref, again=True, failed=in_trouble)], INTERVALS, now)
    # Missed since the first hour; the third day's; after eighths of its age; and a last one when it is well again.
    assert looks == [70, 72, 81, 92]


def test_an_article_that_is_stored_under_another_id_ages_by_its_own_time(wh: Warehouse) -> None:
    discover(wh, make_ref(1))
    article = replace(make(1, NOW - 4 * HOUR, "minute"), article_id="36kr:real")
    articles.load(wh, [Incoming(article, make_ref(1), PAGE)], Lexicon.compile(()), (), NOW, timezone=UTC)
    rechecks.plan(wh, "36kr", [Look(make_ref(1), again=True)], INTERVALS, NOW)
    assert (due_ids(wh, NOW + 119 * MINUTE), due_ids(wh, NOW + 2 * HOUR)) == ([], ["36kr:1"])


# Gone, and back


def gone_at(wh: Warehouse) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = wh.con.execute("SELECT gone_at, text FROM articles").fetchall()
    return rows


def test_readers_see_that_an_article_is_gone_and_that_it_is_back(wh: Warehouse) -> None:
    discover(wh, make_ref(1))
    read(wh, make(1))
    wh.publish()
    frontier.record_failure(wh, make_ref(1), Gone("404"), NOW + HOUR, None)
    assert gone_at(wh) == [(NOW + HOUR, "第1篇的正文。")]
    assert wh.publish() is True
    frontier.record_failure(wh, make_ref(1), Gone("404"), NOW + DAY, None)
    assert (gone_at(wh)[0][0], wh.publish()) == (NOW + HOUR, False)
    frontier.record_unchanged(wh, make_ref(1), NOW + DAY)
    assert (gone_at(wh)[0][0], wh.publish()) == (None, True)
    frontier.record_failure(wh, make_ref(1), Gone("404"), NOW + DAY, None)
    wh.publish()
    read(wh, make(1), NOW + 2 * DAY)
    assert (gone_at(wh)[0][0], wh.publish()) == (None, True)


def test_a_page_that_was_never_stored_is_nothing_to_publish_when_it_is_gone(wh: Warehouse) -> None:
    wh.publish()
    discover(wh, make_ref(1))
    frontier.record_failure(wh, make_ref(1), Gone("404"), NOW, None)
    assert wh.publish() is False


def test_what_is_gone_is_asked_for_again_when_a_list_names_it_anew(wh: Warehouse) -> None:
    discover(wh, make_ref(1), make_ref(2))
    for number in (1, 2):
        read(wh, make(number))
        frontier.record_failure(wh, make_ref(number), Gone("404"), NOW, None)
    assert discover(wh, make_ref(1), make_ref(2)) == 0  # its list goes on naming it
    assert discover(wh, make_ref(2)) == 0
    assert discover(wh, make_ref(2)) == 0
    assert discover(wh, make_ref(1), make_ref(2)) == 1
    assert [queued.ref.article_id for queued in frontier.due(wh, "36kr", NOW, 10)] == ["36kr:1"]
    frontier.record_failure(wh, make_ref(1), Gone("404"), NOW, None)
    assert discover(wh, make_ref(1), make_ref(2)) == 0
    assert discover(wh, replace(make_ref(1), title="改过的标题"), make_ref(2)) == 1


def test_a_stored_article_that_leaves_its_list_and_comes_back_is_no_news(wh: Warehouse) -> None:
    discover(wh, make_ref(1), make_ref(2))
    read(wh, make(1))
    discover(wh, make_ref(2))
    assert discover(wh, make_ref(1), make_ref(2)) == 0
