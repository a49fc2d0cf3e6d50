"""What is due, when it is due again, and that list validators never run ahead of their refs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.article import Article, ArticleRef, Validators
from sources.errors import Blocked, Broken, Gone, LayoutChanged, NotAnArticle, RetryLater
from warehouse import frontier
from warehouse.frontier import ListState, next_try
from warehouse.store import Warehouse

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
LIST = "https://36kr.com/feed"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def make_ref(number: int, title: str = "标题", *, hours_old: int | None = None, source: str = "36kr") -> ArticleRef:
    published = None if hours_old is None else NOW - hours_old * HOUR
    return ArticleRef(source, f"36kr:{number}", f"https://36kr.com/p/{number}", title, published)


def discover(wh: Warehouse, *refs: ArticleRef, now: datetime = NOW, source: str = "36kr") -> int:
    return frontier.record_discovery(wh, source, LIST, Validators('"e1"', "", "h1"), refs, now)


def due_ids(wh: Warehouse, now: datetime = NOW, source: str = "36kr", limit: int = 100) -> list[str]:
    return [queued.ref.article_id for queued in frontier.due(wh, source, now, limit)]


def state(wh: Warehouse, number: int, source: str = "36kr") -> tuple[object, ...]:
    rows: list[tuple[object, ...]] = wh.con.execute(
        "SELECT state, attempts, next_attempt_at FROM core.frontier WHERE article_id = ? AND source = ?",
        [f"36kr:{number}", source],
    ).fetchall()
    return rows[0]


def store(wh: Warehouse, number: int, kind: str = "article") -> None:
    """An article row as warehouse.articles would leave it."""
    with wh.transaction() as con:
        con.execute(
            """INSERT INTO core.articles
            (article_id, source, outlet, kind, url, title, authors, published_at, published_precision,
            first_seen_at, updated_at, chars, language, byline,
            chrome, story_id, relation, version, content_hash, gone_at)
            VALUES (?, '36kr', '36氪', ?, 'u', 't', [], NULL, 'unknown', ?, ?, 1, 'zh',
                                                 '', '', 's', 'lead', 1, 'h', NULL)""",
            [f"36kr:{number}", kind, NOW, NOW],
        )


def test_new_refs_are_due_newest_first_and_come_back_as_they_went_in(wh: Warehouse) -> None:
    carried = Article("36kr:3", "36kr", "36氪", "partial", "https://36kr.com/p/3", "标题", "摘要", ("作者",))
    third = replace(make_ref(3, hours_old=1), summary="摘要", authors=("作者",), article=carried)
    assert discover(wh, make_ref(1, hours_old=5), make_ref(2), third) == 3
    assert due_ids(wh) == ["36kr:2", "36kr:3", "36kr:1"]  # without a time: as old as its discovery
    assert due_ids(wh, limit=2) == ["36kr:2", "36kr:3"]
    assert frontier.due(wh, "36kr", NOW, 100)[1].ref == third
    assert due_ids(wh, source="huxiu") == []


def test_undated_refs_keep_the_order_of_their_list(wh: Warehouse) -> None:
    discover(wh, make_ref(7), make_ref(2), make_ref(9), make_ref(2))
    assert due_ids(wh) == ["36kr:7", "36kr:2", "36kr:9"]


def test_the_same_list_again_queues_nothing(wh: Warehouse) -> None:
    discover(wh, make_ref(1))
    assert discover(wh, make_ref(1), now=NOW + HOUR) == 0
    store(wh, 1)
    frontier.record_unchanged(wh, make_ref(1), NOW)
    assert discover(wh, make_ref(1), now=NOW + HOUR) == 0
    assert due_ids(wh, NOW + DAY) == []


def test_a_stored_article_that_its_list_shows_changed_is_read_again(wh: Warehouse) -> None:
    discover(wh, make_ref(1))
    store(wh, 1)
    frontier.record_unchanged(wh, make_ref(1), NOW)
    assert discover(wh, make_ref(1, "改过的标题"), now=NOW + HOUR) == 1
    assert [q.ref.title for q in frontier.due(wh, "36kr", NOW + HOUR, 10)] == ["改过的标题"]


def test_a_failing_article_that_changes_keeps_its_place_in_the_back_off(wh: Warehouse) -> None:
    discover(wh, make_ref(1))
    frontier.record_failure(wh, make_ref(1), Blocked("captcha"), NOW, NOW + HOUR)
    discover(wh, make_ref(1, "改过的标题"))
    assert state(wh, 1) == ("blocked", 1, NOW + HOUR)
    assert [q.ref.title for q in frontier.due(wh, "36kr", NOW + HOUR, 10)] == ["改过的标题"]


def test_what_another_source_has_stored_whole_is_not_fetched_again(wh: Warehouse) -> None:
    store(wh, 1)
    store(wh, 2, kind="partial")
    assert discover(wh, make_ref(1, source="huxiu"), make_ref(2, source="huxiu"), source="huxiu") == 1
    assert due_ids(wh, source="huxiu") == ["36kr:2"]


def test_a_ref_is_found_again_though_its_source_called_itself_otherwise(wh: Warehouse) -> None:
    discover(wh, make_ref(1, source="feed"), source="huxiu")
    queued = frontier.due(wh, "huxiu", NOW, 10)[0]
    frontier.record_failure(wh, queued.ref, RetryLater("time-out"), NOW, NOW + HOUR)
    assert due_ids(wh, source="huxiu") == []


@pytest.mark.parametrize("error", [Gone("404"), NotAnArticle("video")])
def test_final_failures_are_never_due_again_whatever_is_asked(wh: Warehouse, error: Gone | NotAnArticle) -> None:
    discover(wh, make_ref(1))
    frontier.record_failure(wh, make_ref(1), error, NOW, NOW)
    assert state(wh, 1) == (error.status, 1, None)
    assert due_ids(wh, NOW + 365 * DAY) == []


@pytest.mark.parametrize("error", [RetryLater("x"), Blocked("x"), Broken("x"), LayoutChanged("x")])
def test_other_failures_are_tried_again_when_their_time_has_come(
    wh: Warehouse, error: RetryLater | Blocked | Broken | LayoutChanged
) -> None:
    discover(wh, make_ref(1))
    frontier.record_failure(wh, make_ref(1), error, NOW, NOW + HOUR)
    assert due_ids(wh, NOW + HOUR - timedelta(seconds=1)) == []
    assert due_ids(wh, NOW + HOUR) == ["36kr:1"]
    assert frontier.due(wh, "36kr", NOW + HOUR, 1)[0].attempts == 1
    assert wh.con.execute("SELECT error FROM core.frontier").fetchall() == [("x",)]


def test_a_stored_article_that_is_gone_keeps_its_text(wh: Warehouse) -> None:
    discover(wh, make_ref(1))
    store(wh, 1)
    frontier.record_failure(wh, make_ref(1), Gone("404"), NOW, None)
    frontier.record_failure(wh, make_ref(1), Gone("404"), NOW + DAY, None)
    assert wh.con.execute("SELECT title, gone_at FROM core.articles").fetchall() == [("t", NOW)]


def test_a_partial_text_is_completed_later_and_ever_more_rarely(wh: Warehouse) -> None:
    discover(wh, make_ref(1))
    store(wh, 1, kind="partial")
    frontier.record_unchanged(wh, make_ref(1), NOW)
    assert state(wh, 1) == ("partial", 1, NOW + HOUR)
    frontier.record_unchanged(wh, make_ref(1), NOW + HOUR)
    assert state(wh, 1) == ("partial", 2, NOW + HOUR + 3 * HOUR)


def test_page_validators_come_with_the_queue_unless_the_address_changed(wh: Warehouse) -> None:
    discover(wh, make_ref(1))
    store(wh, 1)
    page = Validators('"page"', "Fri, 20 Nov 2026 08:00:00 GMT", "")
    with wh.bookkeeping():
        frontier.settle(wh, [(make_ref(1), page)], NOW)
    discover(wh, make_ref(1, "改"))
    assert frontier.due(wh, "36kr", NOW, 1)[0].validators == page
    discover(wh, replace(make_ref(1, "又改"), fetch_url="https://m.36kr.com/p/1"))
    assert frontier.due(wh, "36kr", NOW, 1)[0].validators == Validators()


def test_a_list_is_new_then_read_then_failing_then_well(wh: Warehouse) -> None:
    assert frontier.list_state(wh, "36kr", LIST) == ListState(Validators(), 0, None)
    frontier.record_list_failure(wh, "36kr", LIST, RetryLater("503"), NOW, NOW + MINUTE)
    assert frontier.list_state(wh, "36kr", LIST) == ListState(Validators(), 1, NOW + MINUTE)
    discover(wh, make_ref(1))
    assert frontier.list_state(wh, "36kr", LIST) == ListState(Validators('"e1"', "", "h1"), 0, None, True)
    frontier.record_list_failure(wh, "36kr", LIST, Blocked("captcha"), NOW, NOW + HOUR)
    frontier.record_list_failure(wh, "36kr", LIST, Blocked("captcha"), NOW, NOW + 2 * HOUR)
    assert frontier.list_state(wh, "36kr", LIST) == ListState(Validators('"e1"', "", "h1"), 2, NOW + 2 * HOUR, True)
    frontier.record_list_unchanged(wh, "36kr", LIST, NOW + DAY)
    assert frontier.list_state(wh, "36kr", LIST) == ListState(Validators('"e1"', "", "h1"), 0, None, True)


def test_two_sources_that_read_one_list_each_get_it_whole(wh: Warehouse) -> None:
    discover(wh, make_ref(1))
    assert frontier.list_state(wh, "other", LIST) == ListState()


def test_validators_and_refs_are_stored_together_or_not_at_all(wh: Warehouse) -> None:
    unstorable = Validators("\ud800")  # the last thing written in the transaction; DuckDB refuses half a character
    with pytest.raises(duckdb.Error):
        frontier.record_discovery(wh, "36kr", LIST, unstorable, [make_ref(1)], NOW)
    assert due_ids(wh) == []
    assert frontier.list_state(wh, "36kr", LIST) == ListState()


def test_discovery_is_nothing_to_publish(wh: Warehouse) -> None:
    wh.publish()
    discover(wh, make_ref(1))
    assert wh.publish() is False


@pytest.mark.parametrize(
    ("attempts", "status", "retry_after", "wait"),
    [
        (1, "retry", None, 2 * MINUTE),
        (2, "retry", None, 4 * MINUTE),
        (1, "retry", timedelta(seconds=30), 2 * MINUTE),
        (1, "retry", HOUR, HOUR),
        (1, "retry", 365 * DAY, 7 * DAY),
        (99, "retry", None, 12 * HOUR),
        (1, "blocked", None, 30 * MINUTE),
        (99, "blocked", None, DAY),
        (1, "layout_changed", None, HOUR),
        (99, "broken", None, 7 * DAY),
    ],
)
def test_waits_grow_to_a_bound_and_heed_the_server(
    attempts: int, status: str, retry_after: timedelta | None, wait: timedelta
) -> None:
    assert next_try(attempts, status, retry_after, NOW) == NOW + wait


def test_final_states_have_no_next_try() -> None:
    assert next_try(1, "gone", HOUR, NOW) is None
    assert next_try(1, "not_an_article", None, NOW) is None


@given(st.integers(1, 10_000), st.sampled_from(["retry", "blocked", "broken", "layout_changed", "partial"]))
def test_one_more_failure_never_means_an_earlier_try(attempts: int, status: str) -> None:
    sooner, later = next_try(attempts, status, None, NOW), next_try(attempts + 1, status, None, NOW)
    assert sooner is not None
    assert later is not None
    assert NOW < sooner <= later <= NOW + 7 * DAY
