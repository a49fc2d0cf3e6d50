"""Several lists of one source, what each brings, and what a source's first pass leaves behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.article import Article, ArticleRef, Kind, Validators
from sources.errors import Blocked, Gone, NotAnArticle, RetryLater
from warehouse import frontier
from warehouse.refs import list_key, merged
from warehouse.store import Warehouse

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FEED, HOT = "https://36kr.com/feed", "https://36kr.com/hot/2026-11-21.json"


def text_of(number: int, text: str = "全文。", kind: Kind = "article") -> Article:
    return Article(f"36kr:{number}", "36kr", "36氪", kind, f"https://36kr.com/p/{number}", "标题", text)


def make_ref(number: int, title: str = "标题", article: Article | None = None) -> ArticleRef:
    return ArticleRef("36kr", f"36kr:{number}", f"https://36kr.com/p/{number}", title, article=article)


def discover(wh: Warehouse, url: str, *refs: ArticleRef, now: datetime = NOW) -> int:
    return frontier.record_discovery(wh, "36kr", url, Validators("e"), refs, now)


def due_refs(wh: Warehouse, now: datetime = NOW) -> list[ArticleRef]:
    return [queued.ref for queued in frontier.due(wh, "36kr", now, 100)]


def backlog(wh: Warehouse, now: datetime = NOW) -> dict[str, bool]:
    return {queued.ref.article_id: queued.backlog for queued in frontier.due(wh, "36kr", now, 100)}


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


# What another list knew


def test_a_list_without_texts_takes_none_away(wh: Warehouse) -> None:
    discover(wh, FEED, make_ref(1, article=text_of(1)), make_ref(2, article=text_of(2, "开头", "partial")))
    published = NOW - HOUR
    hot = replace(make_ref(1, "热榜的标题"), published_at=published, precision="second")
    discover(wh, HOT, hot, make_ref(2, article=text_of(2, "全文。")))
    discover(wh, FEED, make_ref(2, "改", article=text_of(2, "开头", "partial")))
    by_id = {ref.article_id: ref for ref in due_refs(wh)}
    first = by_id["36kr:1"]
    assert (first.title, first.published_at, first.precision) == ("热榜的标题", published, "second")
    assert first.article == text_of(1)
    assert by_id["36kr:2"].article == text_of(2, "全文。")


def test_of_two_parts_the_longer_stays_and_of_two_whole_texts_the_last() -> None:
    short, long = text_of(1, "开头", "partial"), text_of(1, "开头和更多", "partial")
    assert merged(make_ref(1, article=long), make_ref(1, article=short), same_list=True).article == long
    assert merged(
        make_ref(1, article=text_of(1, "旧的全文")), make_ref(1, article=text_of(1, "新")), same_list=True
    ).article == text_of(1, "新")


def test_what_a_newer_ref_does_not_say_the_older_one_does() -> None:
    old = replace(make_ref(1), published_at=NOW, precision="day", authors=("甲",), summary="摘要")
    assert merged(old, make_ref(1, "新题"), same_list=True) == replace(old, title="新题")
    assert merged(old, make_ref(1, ""), same_list=True) == old


@pytest.mark.parametrize(("same_list", "kind"), [(True, "partial"), (False, "article")])
def test_a_part_takes_the_place_of_a_whole_text_only_where_its_own_list_says_that_there_is_more(
    same_list: bool, kind: str
) -> None:
    """A transcript that comes after its episode, and another list's teaser of an article that is known whole."""
    old = make_ref(1, article=text_of(1, "全文在此"))
    new = replace(make_ref(1, article=text_of(1, "开头", "partial")), fetch_url="https://cdn.example.cn/1.vtt")
    found = merged(old, new, same_list=same_list).article
    assert found is not None and found.kind == kind


def test_an_article_that_a_list_names_twice_has_its_better_text(wh: Warehouse) -> None:
    discover(wh, FEED, make_ref(1, "先"), make_ref(1, "后", article=text_of(1)))
    assert [(ref.title, ref.article) for ref in due_refs(wh)] == [("先", text_of(1))]
    assert discover(wh, FEED, make_ref(1, "先"), make_ref(1, "后", article=text_of(1))) == 0


@pytest.mark.parametrize("error", [Blocked("x"), RetryLater("x"), Gone("x"), NotAnArticle("x")])
def test_a_text_for_an_article_that_could_not_be_read_is_due_at_once(
    wh: Warehouse, error: Blocked | RetryLater | Gone | NotAnArticle
) -> None:
    discover(wh, HOT, make_ref(1))
    frontier.record_failure(wh, make_ref(1), error, NOW, NOW + DAY)
    assert discover(wh, FEED, make_ref(1, article=text_of(1)), now=NOW + HOUR) == 1
    assert [ref.article for ref in due_refs(wh, NOW + HOUR)] == [text_of(1)]


def test_a_part_of_a_text_is_due_at_once_unless_its_page_is_known_to_be_none(wh: Warehouse) -> None:
    discover(wh, HOT, make_ref(1), make_ref(2))
    frontier.record_failure(wh, make_ref(1), Blocked("x"), NOW, NOW + DAY)
    frontier.record_failure(wh, make_ref(2), Gone("x"), NOW, None)
    parts = [make_ref(number, article=text_of(number, "开头", "partial")) for number in (1, 2)]
    assert discover(wh, FEED, *parts, now=NOW + HOUR) == 1
    assert [ref.article_id for ref in due_refs(wh, NOW + HOUR)] == ["36kr:1"]
    # It keeps its place in the back-off.
    assert wh.con.execute("SELECT attempts FROM core.frontier WHERE article_id = '36kr:1'").fetchall() == [(1,)]


def test_a_whole_text_completes_what_is_stored_in_part_and_no_more(wh: Warehouse) -> None:
    discover(wh, HOT, make_ref(1), make_ref(2))
    store(wh, 1, "partial")
    store(wh, 2)
    for number in (1, 2):
        frontier.record_unchanged(wh, make_ref(number), NOW)
    assert discover(wh, FEED, *(make_ref(number, article=text_of(number)) for number in (1, 2))) == 1
    assert [ref.article_id for ref in due_refs(wh)] == ["36kr:1"]


# What has changed


def test_lists_that_show_an_article_differently_do_not_change_it(wh: Warehouse) -> None:
    discover(wh, FEED, make_ref(1, article=text_of(1)))
    store(wh, 1)
    frontier.record_unchanged(wh, make_ref(1), NOW)
    for _ in range(2):
        assert discover(wh, HOT, make_ref(1, "热榜的标题")) == 0
        assert discover(wh, FEED, make_ref(1, article=text_of(1))) == 0
    assert due_refs(wh) == []


def test_the_same_list_that_shows_it_otherwise_does_change_it(wh: Warehouse) -> None:
    discover(wh, FEED, make_ref(1, article=text_of(1)))
    discover(wh, HOT, make_ref(1))
    store(wh, 1)
    frontier.record_unchanged(wh, make_ref(1), NOW)
    assert discover(wh, FEED, make_ref(1, article=text_of(1, "改过的全文。"))) == 1
    assert [ref.article for ref in due_refs(wh)] == [text_of(1, "改过的全文。")]
    frontier.record_unchanged(wh, make_ref(1), NOW)
    assert discover(wh, FEED, make_ref(1, article=text_of(1, "改过的全文。"))) == 0


def test_a_list_knows_whether_it_ever_named_anything(wh: Warehouse) -> None:
    discover(wh, FEED, make_ref(1))
    discover(wh, HOT)
    assert frontier.emptied(wh, "36kr", FEED)
    assert not frontier.emptied(wh, "36kr", HOT)
    assert not frontier.emptied(wh, "other", FEED)


# Backlog


def test_what_stands_in_a_list_when_it_is_first_read_is_backlog(wh: Warehouse) -> None:
    discover(wh, FEED, make_ref(1))
    discover(wh, HOT, make_ref(1), make_ref(2))
    discover(wh, FEED, make_ref(1), make_ref(3), now=NOW + HOUR)
    assert backlog(wh, NOW + HOUR) == {"36kr:1": True, "36kr:2": True, "36kr:3": False}


def test_a_list_that_failed_from_the_start_names_backlog_when_it_is_read_at_last(wh: Warehouse) -> None:
    discover(wh, FEED, make_ref(1))
    frontier.record_list_failure(wh, "36kr", HOT, Blocked("captcha"), NOW, NOW + DAY)
    discover(wh, HOT, make_ref(2), now=NOW + 9 * DAY)
    assert backlog(wh, NOW + 9 * DAY)["36kr:2"] is True


def test_a_run_that_was_killed_before_its_second_list_finds_backlog_there(wh: Warehouse) -> None:
    discover(wh, FEED, make_ref(1))
    discover(wh, HOT, make_ref(2), now=NOW + HOUR)
    assert backlog(wh, NOW + HOUR)["36kr:2"] is True


def test_the_hot_list_of_another_day_names_news(wh: Warehouse) -> None:
    discover(wh, FEED, make_ref(1))
    discover(wh, HOT.replace("21", "23"), make_ref(2), now=NOW + 2 * DAY)
    assert backlog(wh, NOW + 2 * DAY) == {"36kr:1": True, "36kr:2": False}


def test_backlog_ends_when_an_article_is_stored_whole(wh: Warehouse) -> None:
    discover(wh, FEED, make_ref(1), make_ref(2))
    store(wh, 1)
    store(wh, 2, "partial")
    for number in (1, 2):
        frontier.record_unchanged(wh, make_ref(number), NOW)
    discover(wh, FEED, make_ref(1, "改"), make_ref(2, "改"), now=NOW + HOUR)
    assert backlog(wh, NOW + HOUR) == {"36kr:1": False, "36kr:2": True}


# How lists fare


def test_the_first_list_that_fails_speaks_also_while_it_is_not_asked(wh: Warehouse) -> None:
    assert frontier.failing_list(wh, "36kr", [FEED, HOT]) is None
    discover(wh, FEED, make_ref(1))
    frontier.record_list_failure(wh, "36kr", HOT, Blocked("captcha"), NOW, NOW + DAY)
    assert frontier.failing_list(wh, "36kr", [FEED, HOT]) == ("blocked", "captcha")
    assert frontier.failing_list(wh, "36kr", [FEED]) is None
    assert frontier.failing_list(wh, "other", [FEED, HOT]) is None
    frontier.record_list_failure(wh, "36kr", FEED, RetryLater("503"), NOW, NOW + HOUR)
    assert frontier.failing_list(wh, "36kr", [FEED, HOT]) == ("retry", "503")
    frontier.record_list_unchanged(wh, "36kr", FEED, NOW)
    assert frontier.failing_list(wh, "36kr", [FEED, HOT]) == ("blocked", "captcha")
    assert frontier.failing_list(wh, "36kr", []) is None


# Secrets


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://36kr.com/feed", "https://36kr.com/feed"),
        ("https://anna:kuchen@e.com:8443/f?key=geheim&n=20#teil", "https://e.com:8443/f?key=…&n=…"),
        ("https://e.com/feeds/a8f3Kd92mXq71LzPw0Yt5RbN/all.xml", "https://e.com/feeds/…/all.xml"),
        ("https://e.com/f?a8f3", "https://e.com/f?…"),
        ("geheim@nirgends", ""),
        ("https://[kaputt/geheim", ""),
    ],
)
def test_a_list_is_kept_under_an_address_without_its_secrets(url: str, shown: str) -> None:
    key = list_key(url)
    assert key[:-12].strip() == shown
    assert len(key) >= 12 and set(key[-12:]) <= set("0123456789abcdef")


@given(st.text(), st.text())
def test_two_lists_are_two_keys(one: str, other: str) -> None:
    assert (list_key(one) == list_key(other)) == (one == other)


def test_no_secret_of_a_list_address_stands_in_the_published_file(wh: Warehouse) -> None:
    private = "https://anna:kuchen77@e.com/feed?token=geheim99"
    discover(wh, private, make_ref(1))
    frontier.record_list_failure(wh, "36kr", private, RetryLater("503"), NOW, NOW + HOUR)
    assert frontier.list_state(wh, "36kr", private).failures == 1
    discover(wh, private.replace("99", "98"), make_ref(1))
    assert wh.con.execute("SELECT count(*) FROM core.lists").fetchall() == [(2,)]
    wh.publish()
    wh.close()
    with duckdb.connect(wh.published, read_only=True) as con:
        for (table,) in con.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'core'").fetchall():
            rows = str(con.execute(f"FROM core.{table}").fetchall())
            assert "kuchen77" not in rows
            assert "geheim9" not in rows


def test_the_views_show_no_address_of_the_queue(wh: Warehouse) -> None:
    views = wh.con.execute("SELECT sql FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal").fetchall()
    assert len(views) >= 9
    for (sql,) in views:
        for table in ("core.frontier", "core.lists", "core.sightings", "core.robots"):
            assert table not in sql


# What outlets send


def test_broken_characters_and_times_do_not_stop_a_list(wh: Warehouse) -> None:
    broken = replace(
        make_ref(1, "半个\ud83d字", text_of(1, "\udc00全文")),
        article_id="36kr:\ud800",
        authors=("\ud83d\ude00",),
        summary="\ud800",
        published_at=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=8))),  # before year 1 in UTC
        precision="day",
    )
    naive = replace(make_ref(2), published_at=datetime(2026, 11, 21), precision="day")
    far = replace(make_ref(3), published_at=datetime(9999, 12, 31, 23, tzinfo=timezone(-12 * HOUR)))
    assert discover(wh, FEED, broken, naive, far) == 3
    by_id = {ref.article_id: ref for ref in due_refs(wh)}
    assert set(by_id) == {"36kr:\ufffd", "36kr:2", "36kr:3"}
    first = by_id["36kr:\ufffd"]
    assert (first.title, first.authors, first.summary) == ("半个\ufffd字", ("😀",), "\ufffd")
    assert first.article is not None
    assert first.article.text == "\ufffd全文"
    assert [(ref.published_at, ref.precision) for ref in by_id.values()] == [(None, "unknown")] * 3
    assert discover(wh, FEED, broken, naive, far) == 0
    frontier.record_failure(wh, first, Blocked("Seite \ud800"), NOW, NOW + HOUR)
    assert len(due_refs(wh)) == 2
