"""What runs brought, kept and read back; and an older warehouse that has no room for it yet."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import duckdb
import pytest

from sources.article import Article, ArticleRef, Validators
from warehouse import articles, frontier, yields
from warehouse.articles import Incoming
from warehouse.health import MEMORY, Verdict, Yield
from warehouse.query import open_published, run_query
from warehouse.scan import Lexicon
from warehouse.store import Warehouse
from warehouse.yields import Shape

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ONE = Yield(
    NOW, "low", lists=3, unchanged=1, listed=40, new=7, newest_at=NOW - DAY, articles=6, without_title=1,
    without_author=2, without_time=3, chars=1800, blocked=4, failed=5,
)  # fmt: skip


def test_a_run_is_read_back_as_it_was_written(wh: Warehouse) -> None:
    yields.record(wh, "r1", [("36kr", ONE, Verdict("low", "few", 9, 40.5))])
    yields.record(wh, "r1", [("huxiu", Yield(NOW), Verdict("ok", "", 0, None))])
    assert yields.history(wh, "36kr", NOW) == [ONE]
    assert wh.con.execute("FROM source_yield WHERE source = '36kr'").fetchall() == [
        ("r1", "36kr", NOW, "low", 3, 1, 40, 7, NOW - DAY, 6, 1, 2, 3, 1800, 4, 5, 9, 40.5)
    ]
    assert yields.history(wh, "huxiu", NOW) == [Yield(NOW)]


def test_history_is_in_order_and_ends_where_memory_does(wh: Warehouse) -> None:
    for number, ago in enumerate([DAY, 5 * DAY, MEMORY, MEMORY + timedelta(seconds=1)]):
        yields.record(wh, f"r{number}", [("36kr", Yield(NOW - ago, new=number), Verdict("ok", "", 0, None))])
    assert [run.new for run in yields.history(wh, "36kr", NOW)] == [2, 1, 0]


def test_a_run_that_is_told_twice_counts_once(wh: Warehouse) -> None:
    for new in (3, 4):
        yields.record(wh, "r1", [("36kr", Yield(NOW, new=new), Verdict("ok", "", new, None))])
    assert [run.new for run in yields.history(wh, "36kr", NOW)] == [4]


def test_what_articles_lack_is_counted() -> None:
    whole = Article("a", "s", "o", "article", "", "题", "正文" * 50, ("甲",), NOW)
    shapes = [
        yields.shape_of(one)
        for one in (whole, replace(whole, title="", text="短"), replace(whole, authors=(), published_at=None))
    ]
    assert shapes[1:] == [Shape(False, True, True, 1), Shape(True, False, False, 100)]
    found = yields.measured(Yield(NOW), shapes)
    assert found == Yield(NOW, articles=3, without_title=1, without_author=1, without_time=1, chars=100)
    assert yields.measured(Yield(NOW), []) == Yield(NOW)


def test_the_newest_that_a_source_named(wh: Warehouse) -> None:
    assert yields.named_by(wh, "36kr") == (0, None)
    old, new = NOW - 3 * DAY, NOW - DAY
    refs = [
        ArticleRef("36kr", "36kr:1", "https://36kr.com/p/1", published_at=old),
        ArticleRef("36kr", "36kr:2", "https://36kr.com/p/2"),
    ]
    frontier.record_discovery(wh, "36kr", "https://36kr.com/feed", Validators(), refs, NOW)
    assert (yields.named_by(wh, "36kr"), yields.count_named(wh, "36kr"), yields.count_named(wh, "other")) == (
        (2, old),
        2,
        0,
    )
    # Its page says when it was published, and that it is kept under another id.
    article = Article("36kr:9", "36kr", "36氪", "article", "", "题", "正文在这里。" * 9, published_at=new)
    items = [Incoming(article, refs[1])]
    articles.load(wh, items, Lexicon.compile([]), [], NOW, timezone=UTC)
    assert yields.named_by(wh, "36kr") == (2, new)
    assert yields.named_by(wh, "other") == (0, None)


# -- a warehouse of schema 1 ------------------------------------------------------------------------------------------


@pytest.fixture
def first_schema(tmp_path: Path) -> Path:
    """A folder as the first Tanma left it: made with 0001_core.sql alone, published, with something in each room."""
    (tmp_path / "work").mkdir()
    with duckdb.connect(tmp_path / "work" / "tanma.duckdb") as con:
        con.execute("SET TimeZone = 'UTC'")
        con.execute(files("warehouse").joinpath("schema", "0001_core.sql").read_text("utf-8"))
        con.execute("INSERT INTO core.schema_version VALUES (1, 'core', ?)", [NOW])
        con.execute(
            """INSERT INTO core.articles
            (article_id, source, outlet, kind, url, title, authors, published_at, published_precision,
            first_seen_at, updated_at, chars, language, byline,
            chrome, story_id, relation, version, content_hash, gone_at)
            VALUES ('36kr:1', '36kr', '36氪', 'article', 'https://36kr.com/p/1', '旧题', ['甲'],
               $now, 'minute', $now, $now, 4, 'zh', '', '', '36kr:1', 'lead', 1, 'hash', NULL)""",
            {"now": NOW},
        )
        con.execute(
            "INSERT INTO core.article_versions VALUES ('36kr:1', 1, ?, '旧题', '旧的正文', 'hash', NULL)", [NOW]
        )
        con.execute(
            "INSERT INTO core.runs VALUES ('20261121T080000', 'collect', 'direct', 'ok', ?, ?, '{}')", [NOW, NOW]
        )
        con.execute(
            "INSERT INTO core.source_health VALUES ('36kr', 'blocked', $now, $now, NULL, 'captcha', 'blocked')",
            {"now": NOW},
        )
        con.execute(
            """INSERT INTO core.alerts (alert_id, created_at, entity_id, story_id, article_id, version, rule, channel, status)
               VALUES ('a1', ?, 'person:甲', '36kr:1', '36kr:1', 1, 'all', 'desk', 'sent')""",
            [NOW],
        )
    return tmp_path


def test_a_warehouse_of_the_first_schema_is_upgraded_without_loss(first_schema: Path) -> None:
    with Warehouse.open(first_schema, holder="test", now=NOW + DAY) as wh:
        assert wh.con.execute("SELECT version, name FROM core.schema_version ORDER BY version").fetchall()[:2] == [
            (1, "core"),
            (2, "yields"),
        ]
        assert wh.con.execute("SELECT title, text, authors FROM articles").fetchall() == [("旧题", "旧的正文", ["甲"])]
        assert wh.con.execute("SELECT run_id, status FROM runs").fetchall() == [("20261121T080000", "ok")]
        assert wh.con.execute("SELECT state, note FROM source_health").fetchall() == [("blocked", "captcha")]
        assert wh.con.execute("SELECT alert_id, status FROM alerts").fetchall() == [("a1", "sent")]
        assert yields.history(wh, "36kr", NOW + DAY) == []
        yields.record(wh, "r1", [("36kr", ONE, Verdict("low", "few", 9, 40.5))])
        assert wh.publish()
    with duckdb.connect(first_schema / "work" / "tanma.v0001.duckdb", read_only=True) as con:
        assert con.execute("SELECT max(version) FROM core.schema_version").fetchall() == [(1,)]
        assert con.execute("SELECT count(*) FROM core.articles").fetchall() == [(1,)]
    with open_published(first_schema) as con:
        assert run_query(con, "SELECT source, new FROM source_yield").rows == [("36kr", 7)]


def test_runs_of_more_than_a_year_ago_are_let_go(wh: Warehouse) -> None:
    for days in (0, 365, 400):
        yields.record(wh, f"r{days}", [("36kr", Yield(NOW - days * DAY), Verdict("ok", "", 0, None))])
    yields.prune(wh, NOW)
    assert wh.con.execute("SELECT run_id FROM core.yields ORDER BY run_id").fetchall() == [("r0",), ("r365",)]
