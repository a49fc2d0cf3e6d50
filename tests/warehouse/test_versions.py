"""Which readings of an article make a version of it, and what each version says that it changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from sources.article import Article, ArticleRef, Kind
from warehouse import articles
from warehouse.articles import Incoming
from warehouse.migrate import migrate, migrations
from warehouse.scan import Lexicon
from warehouse.store import Warehouse

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
REF = ArticleRef("36kr", "36kr:1", "https://36kr.com/p/1")
NOBODY = Lexicon.compile(())
TEXT = "公司公布财报，净利润 3.2 亿元。\n张小山说，明年在苏州建厂。\n阅读 1.2万 评论 3"


def load(wh: Warehouse, text: str, title: str = "张小山谈财报", kind: Kind = "article") -> str:
    article = Article("36kr:1", "36kr", "36氪", kind, "https://36kr.com/p/1", title, text)
    [loaded] = articles.load(wh, [Incoming(article, REF)], NOBODY, (), NOW, timezone=UTC)
    return loaded.status


def versions(wh: Warehouse) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = wh.con.execute(
        "SELECT version, changed, title, text FROM article_versions ORDER BY version"
    ).fetchall()
    return rows


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("张小山谈财报", TEXT.replace("阅读 1.2万 评论 3", "阅读 9.8万 评论 77")),
        ("張小山談財報", TEXT),
        ("张小山 谈 财报！", TEXT.replace("，", ",").replace(" ", "")),
        ("张小山谈财报（1.2万阅读）", TEXT + "\n相关阅读：别的公司的财报"),
    ],
)
def test_a_trivial_change_makes_no_version(wh: Warehouse, title: str, text: str) -> None:
    assert load(wh, TEXT) == "stored"
    assert load(wh, text, title) == "unchanged"
    assert versions(wh) == [(1, None, "张小山谈财报", TEXT)]


def test_trivial_changes_are_measured_against_what_is_stored(wh: Warehouse) -> None:
    load(wh, TEXT)
    assert load(wh, TEXT.replace("1.2万", "5万")) == "unchanged"
    assert load(wh, TEXT.replace("1.2万", "9万").replace("3.2", "2.3")) == "updated"
    assert load(wh, TEXT.replace("3.2", "2.3")) == "unchanged"
    assert [row[1] for row in versions(wh)] == [None, "text"]


def test_a_corrected_point_is_a_version_though_the_hash_is_the_same(wh: Warehouse) -> None:
    load(wh, TEXT)
    assert load(wh, TEXT.replace("3.2", "32")) == "updated"
    hashes = wh.con.execute("SELECT count(DISTINCT content_hash) FROM article_versions").fetchall()
    assert (hashes, [row[1] for row in versions(wh)]) == ([(1,)], [None, "text"])


def test_each_version_says_what_it_changed(wh: Warehouse) -> None:
    load(wh, "公司公布财报。", kind="partial")
    assert load(wh, "公司公布财报！") == "updated"  # the part was all
    assert load(wh, "公司公布财报。", "张小山离职") == "updated"
    assert load(wh, TEXT, "张小山离职") == "updated"
    assert load(wh, TEXT.replace("张小山", "李小山"), "李小山离职") == "updated"
    assert [row[:2] for row in versions(wh)] == [
        (1, None),
        (2, "kind"),
        (3, "title"),
        (4, "text"),
        (5, "title, text"),
    ]


def test_two_readings_in_one_batch_are_compared_with_each_other(wh: Warehouse) -> None:
    readings = [TEXT, TEXT + " ", TEXT.replace("苏州", "无锡"), TEXT.replace("苏州", "无锡。")]
    items = [
        Incoming(Article("36kr:1", "36kr", "36氪", "article", "https://36kr.com/p/1", "题", text), REF)
        for text in readings
    ]
    loaded = articles.load(wh, items, NOBODY, (), NOW, timezone=UTC)
    assert [one.status for one in loaded] == ["stored", "unchanged", "updated", "unchanged"]
    assert [row[:2] for row in versions(wh)] == [(1, None), (2, "text")]


def test_versions_of_an_older_schema_are_told_too(tmp_path: Path) -> None:
    """As migrations before this one left them: rows written by hand."""
    rows = [
        ("a:1", 1, "题", "甲", "h1"),
        ("a:1", 2, "新题", "甲", "h1"),
        ("a:1", 3, "新题", "乙", "h2"),
        ("a:1", 4, "再题", "丙", "h3"),
        ("a:1", 5, "再题", "丙。", "h3"),
        ("a:2", 1, "题", "丁", "h4"),
    ]
    before = [one for one in migrations() if one.version < 4]
    with duckdb.connect(tmp_path / "old.duckdb") as con:
        for migration in before:
            con.execute(migration.sql)
        for row in rows:
            con.execute(
                """INSERT INTO core.article_versions BY NAME
                   SELECT ? AS article_id, ? AS version, ? AS seen_at, ? AS title, ? AS text, ? AS content_hash""",
                [row[0], row[1], NOW + timedelta(hours=row[1]), *row[2:]],
            )
        migrate(con, 3, NOW)
        told = con.execute("SELECT article_id, version, changed FROM core.article_versions ORDER BY ALL").fetchall()
    assert told == [
        ("a:1", 1, None),
        ("a:1", 2, "title"),
        ("a:1", 3, "text"),
        ("a:1", 4, "title, text"),
        ("a:1", 5, "kind"),
        ("a:2", 1, None),
    ]
