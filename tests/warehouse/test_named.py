"""What the ready-made questions go by (mentions.doc, mentions.times) follows whatever happens to an article."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from sources.article import Article, ArticleRef
from warehouse import articles, stored
from warehouse.articles import Incoming
from warehouse.compaction import compact
from warehouse.invariants import violations
from warehouse.mentions import MentionRow, replace_mentions
from warehouse.removal import remove_articles
from warehouse.rescan import rescan
from warehouse.scan import Lexicon
from warehouse.store import Warehouse
from warehouse.watchlist import Entity

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
DAY = date(2026, 11, 20)
QIAN = Entity("person", "钱多乐")
YUNJI = Entity("company", "云脊智能")
NAMES = (QIAN, YUNJI)
# 钱多乐 twice, 云脊智能 once.
BOATS = "钱多乐上个月坐船去了下游的三个镇，看了那里的旧仓库。云脊智能的人也在船上，钱多乐说其中两个仓库可以改成样机的试验场。"
NOODLES = (
    "镇上的面馆换了排队的办法，先来的人拿一张写着号码的木牌，坐在河边等，轮到了老板会摇一次铃铛。钱多乐拿到了七号。"
)


def make(article_id: str, text: str, title: str = "题目", byline: str = "") -> Article:
    published = datetime(2026, 11, 20, 8, tzinfo=UTC)
    return Article(article_id, "x", "一家报纸", "article", f"https://example.com/{article_id}", title, text, (), published, "minute", byline=byline)  # fmt: skip


def load(wh: Warehouse, *items: Article | Incoming, names: tuple[Entity, ...] = NAMES) -> None:
    wh.sync_entities(names, NOW)
    incoming = [one if isinstance(one, Incoming) else Incoming(one) for one in items]
    articles.load(wh, incoming, Lexicon.compile(names), (), NOW, timezone=UTC)


@pytest.fixture(autouse=True)
def every_rule_holds(wh: Warehouse) -> Any:
    yield
    assert list(violations(wh.con, "all")) == []


def daily(wh: Warehouse) -> list[tuple[Any, ...]]:
    return wh.con.execute(
        "SELECT entity_id, n_stories, n_articles, n_mentions FROM entity_daily WHERE day = ? ORDER BY 1", [DAY]
    ).fetchall()


def times(wh: Warehouse) -> list[tuple[Any, ...]]:
    return wh.con.execute("SELECT article_id, entity_id, role, doc, times FROM core.mentions ORDER BY rowid").fetchall()


def together(wh: Warehouse) -> list[tuple[Any, ...]]:
    return wh.con.execute("SELECT entity_id, other_id, n_stories, n_articles FROM co_mentions_of ORDER BY 1").fetchall()


def test_the_first_mention_of_a_name_tells_how_many_there_are(wh: Warehouse) -> None:
    load(wh, make("x:1", NOODLES), make("x:2", BOATS))
    assert times(wh) == [
        ("x:1", "person:钱多乐", "body", 1, 1),
        ("x:2", "person:钱多乐", "body", 2, 2),
        ("x:2", "company:云脊智能", "body", 2, 1),
        ("x:2", "person:钱多乐", "body", 2, None),
    ]
    assert daily(wh) == [("company:云脊智能", 1, 1, 1), ("person:钱多乐", 2, 2, 3)]
    assert together(wh) == [("company:云脊智能", "person:钱多乐", 1, 1), ("person:钱多乐", "company:云脊智能", 1, 1)]


def test_a_byline_is_no_mention_that_counts(wh: Warehouse) -> None:
    load(wh, make("x:1", "镇上的面馆换了排队的办法，先来的人拿一张号码牌。", byline="作者 钱多乐"))
    assert times(wh) == [("x:1", "person:钱多乐", "byline", 1, None)]
    assert daily(wh) == []


def test_the_times_stand_in_the_first_mention_that_counts(wh: Warehouse) -> None:
    load(wh, make("x:1", NOODLES))
    rows = [
        MentionRow("person:钱多乐", "钱多乐", None, None, "name", 0.9, role, "", "", None)
        for role in ("byline", "speaker", "chrome", "body")
    ]
    with wh.transaction():
        replace_mentions(wh, {"x:1": (1, 1, rows)})
    assert [row[2:] for row in times(wh)] == [
        ("byline", 1, None),
        ("speaker", 1, 2),
        ("chrome", 1, None),
        ("body", 1, None),
    ]
    assert daily(wh) == [("person:钱多乐", 1, 1, 2)]
    wh.con.execute("DELETE FROM core.mentions")  # they say where the text has no such words


def test_a_new_version_counts_in_the_place_of_the_old(wh: Warehouse) -> None:
    load(wh, make("x:1", BOATS), make("x:2", NOODLES))
    load(wh, make("x:1", BOATS.replace("云脊智能的人", "邻镇的人") + "钱多乐最后又坐船回来了。"))
    assert times(wh) == [
        ("x:2", "person:钱多乐", "body", 2, 1),
        ("x:1", "person:钱多乐", "body", 3, 3),
        ("x:1", "person:钱多乐", "body", 3, None),
        ("x:1", "person:钱多乐", "body", 3, None),
    ]
    assert daily(wh) == [("person:钱多乐", 2, 2, 4)]
    assert together(wh) == []


def test_two_versions_in_one_batch_count_once(wh: Warehouse) -> None:
    load(wh, make("x:1", NOODLES), make("x:1", NOODLES.replace("七号", "九号，云脊智能拿到了十号")))
    assert daily(wh) == [("company:云脊智能", 1, 1, 1), ("person:钱多乐", 1, 1, 1)]
    assert {row[3] for row in times(wh)} == {2}


def test_a_repost_is_an_article_more_and_no_story(wh: Warehouse) -> None:
    load(wh, make("x:1", BOATS), make("x:2", BOATS))
    assert daily(wh) == [("company:云脊智能", 1, 2, 2), ("person:钱多乐", 1, 2, 4)]
    assert [row[2:] for row in together(wh)] == [(1, 2), (1, 2)]


def test_two_stories_that_become_one_are_counted_as_one(wh: Warehouse) -> None:
    first, second = BOATS * 2, "云脊智能的新仓库在河边，钱多乐去看过，说屋顶要换，地面也要重新铺一遍，春天才能用。" * 3
    load(wh, make("x:1", first))
    load(wh, make("x:2", second))
    assert daily(wh)[1][:3] == ("person:钱多乐", 2, 2)
    assert [row[2:] for row in together(wh)] == [(2, 2), (2, 2)]
    load(wh, make("x:3", first + "\n" + second))
    assert wh.con.execute("SELECT count(DISTINCT story_id) FROM core.articles").fetchall() == [(1,)]
    assert daily(wh)[1][:3] == ("person:钱多乐", 1, 3)
    assert [row[2:] for row in together(wh)] == [(1, 3), (1, 3)]
    assert wh.con.execute("SELECT article_id, n_outlets FROM first_reports ORDER BY ALL").fetchall() == [("x:1", 1)] * 2


def test_a_renamed_article_keeps_its_counts(wh: Warehouse) -> None:
    """As when a list gives another id than the page, of which a part was stored."""
    ref = ArticleRef("x", "url:1", "https://example.com/1")
    part = Article("url:1", "x", "一家报纸", "partial", ref.url, "题目", NOODLES, (), datetime(2026, 11, 20, 8, tzinfo=UTC), "minute")  # fmt: skip
    load(wh, Incoming(part, ref))
    assert daily(wh) == [("person:钱多乐", 1, 1, 1)]
    load(wh, Incoming(make("x:9", NOODLES + BOATS), ref))
    assert [row[0] for row in times(wh)] == ["x:9"] * 4
    assert daily(wh) == [("company:云脊智能", 1, 1, 1), ("person:钱多乐", 1, 1, 3)]


def test_an_article_that_is_let_go_counts_no_more(wh: Warehouse) -> None:
    load(wh, make("x:1", BOATS), make("x:2", NOODLES))
    with wh.transaction():
        remove_articles(wh, ["x:1"], NOW)
    assert daily(wh) == [("person:钱多乐", 1, 1, 1)]
    load(wh, make("x:1", BOATS))  # imported again by hand
    assert daily(wh) == [("company:云脊智能", 1, 1, 1), ("person:钱多乐", 2, 2, 3)]


def test_a_rescan_counts_anew(wh: Warehouse) -> None:
    load(wh, make("x:1", NOODLES), make("x:2", BOATS), names=(QIAN,))
    load(wh, make("x:2", BOATS + "船是租来的。"), names=(QIAN,))
    wh.sync_entities(NAMES, NOW)
    for part in stored.slices(wh.con, None):
        rescan(wh, stored.read(wh.con, part), Lexicon.compile(NAMES), (), NOW + timedelta(days=1), timezone=UTC, alert=False)  # fmt: skip
    assert ("x:2", "company:云脊智能", "body", 3, 1) in times(wh)
    assert daily(wh) == [("company:云脊智能", 1, 1, 1), ("person:钱多乐", 2, 2, 3)]


def test_a_compacted_warehouse_counts_as_before(wh: Warehouse) -> None:
    load(wh, make("x:1", BOATS), make("x:2", NOODLES))
    compact(wh)
    assert daily(wh) == [("company:云脊智能", 1, 1, 1), ("person:钱多乐", 2, 2, 3)]
