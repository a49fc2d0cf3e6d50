"""Sources that rest: which do, and what is written down of reads that found nothing new."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from sources.article import Article, ArticleRef, Validators
from sources.errors import Blocked, RetryLater
from warehouse import articles, frontier, rechecks, resting, runs, yields
from warehouse.articles import Incoming
from warehouse.health import HealthState, Verdict, Yield
from warehouse.rechecks import Look
from warehouse.resting import Known, Rest
from warehouse.scan import Lexicon
from warehouse.store import Warehouse

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LIST = "https://36kr.com/feed"
REF = ArticleRef("36kr", "36kr:1", "https://36kr.com/p/1", "标题")
INTERVALS = (HOUR, 72 * HOUR)


def judged(wh: Warehouse, source: str, state: HealthState, at: datetime, run_id: str = "r1") -> None:
    """As a pass leaves a source: what it brought, and how it fares."""
    yields.record(wh, run_id, [(source, Yield(at, newest_at=at - DAY), Verdict(state, "注", 4, 7.5))])
    runs.record_health(wh, source, state, at, "注")


def stored(wh: Warehouse) -> None:
    """An article of 36kr, read and stored, with nothing left to do for it but the looks of INTERVALS."""
    frontier.record_discovery(wh, "36kr", LIST, Validators('"e1"'), [REF], NOW)
    made = Article("36kr:1", "36kr", "36氪", "article", REF.url, "标题", "第一篇的正文。", ())
    articles.load(wh, [Incoming(made, REF, Validators('"p"'))], Lexicon.compile(()), (), NOW, timezone=UTC)
    rechecks.plan(wh, "36kr", [Look(REF, again=True)], INTERVALS, NOW)


def of_36kr(wh: Warehouse, now: datetime = NOW + HOUR / 2) -> Known | None:
    return resting.resting(wh, now, INTERVALS[-1]).get("36kr")


def test_a_source_that_is_well_and_has_nothing_waiting_rests(wh: Warehouse) -> None:
    assert of_36kr(wh) is None  # never read
    stored(wh)
    judged(wh, "36kr", "low", NOW - DAY, "r0")
    judged(wh, "36kr", "quiet", NOW)
    judged(wh, "huxiu", "ok", NOW - HOUR)
    known = resting.resting(wh, NOW + HOUR / 2, INTERVALS[-1])
    assert known == {
        "36kr": Known("quiet", "注", NOW, NOW - DAY, 4, 7.5),
        "huxiu": Known("ok", "注", NOW - HOUR, NOW - HOUR - DAY, 4, 7.5),
    }


def new_page(wh: Warehouse) -> None:
    frontier.record_discovery(
        wh, "36kr", LIST, Validators('"e2"'), [ArticleRef("36kr", "36kr:2", "https://x.y/2")], NOW
    )


def failed_page(wh: Warehouse) -> None:
    new_page(wh)
    frontier.record_failure(wh, ArticleRef("36kr", "36kr:2", ""), RetryLater("503"), NOW, NOW + HOUR / 4)


def failed_list(wh: Warehouse) -> None:
    frontier.record_list_failure(wh, "36kr", LIST, Blocked("captcha"), NOW, NOW + DAY)


def in_trouble(wh: Warehouse) -> None:
    judged(wh, "36kr", "failing", NOW, "r2")


@pytest.mark.parametrize("what", [new_page, failed_page, failed_list, in_trouble])
def test_a_source_with_something_to_do_does_not_rest(wh: Warehouse, what: Callable[[Warehouse], None]) -> None:
    stored(wh)
    judged(wh, "36kr", "ok", NOW)
    assert of_36kr(wh) is not None
    what(wh)
    assert of_36kr(wh) is None


def test_a_source_rests_until_an_article_is_to_be_looked_at_again_and_when_it_is_no_more_young(wh: Warehouse) -> None:
    stored(wh)
    judged(wh, "36kr", "ok", NOW)
    assert [of_36kr(wh, NOW + hours * HOUR) is not None for hours in (0.9, 1, 72.9, 73)] == [True, False, False, True]


def test_reads_that_found_nothing_new_are_written_down_together(wh: Warehouse) -> None:
    stored(wh)
    judged(wh, "36kr", "ok", NOW)
    judged(wh, "huxiu", "quiet", NOW)
    wh.publish()
    later = NOW + HOUR / 2
    this = Yield(later, lists=1, unchanged=1, newest_at=NOW - DAY)
    rests = [
        Rest("36kr", this, Verdict("ok", "", 3, 7.0), [LIST], ()),
        Rest("huxiu", this, Verdict("quiet", "静", 0, None), ["https://huxiu.com/feed"], ()),
    ]
    resting.record(wh, "r9", rests)
    rows = wh.con.execute("SELECT * EXCLUDE since FROM core.source_health ORDER BY source").fetchall()
    assert rows == [("36kr", "ok", later, later, "", "ok"), ("huxiu", "quiet", later, later, "静", "ok")]
    columns = "source, read_at, state, lists, unchanged, new, newest_at, day, usual_day"
    assert wh.con.execute(f"SELECT {columns} FROM core.yields WHERE run_id = 'r9' ORDER BY source").fetchall() == [
        ("36kr", later, "ok", 1, 1, 0, NOW - DAY, 3, 7.0),
        ("huxiu", later, "quiet", 1, 1, 0, NOW - DAY, 0, None),
    ]
    assert wh.con.execute("SELECT last_success_at, etag FROM core.lists").fetchall() == [(later, '"e1"')]
    assert wh.publish() is False
    resting.record(wh, "r10", [])


def test_a_failure_leaves_nothing_of_it_half_written(wh: Warehouse) -> None:
    judged(wh, "36kr", "ok", NOW)
    unknown = Rest("36kr", Yield(NOW + HOUR), Verdict("ok", None, 0, None), [], ())  # type: ignore[arg-type]
    with pytest.raises(Exception, match="note"):
        resting.record(wh, "r9", [unknown])
    assert wh.con.execute("SELECT run_id FROM core.yields").fetchall() == [("r1",)]
