"""SQL on the published file: answers, refusals, formats; and the ready-made questions."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pyarrow.parquet as parquet
import pytest

from sources.article import Article
from sources.errors import NotPublished, QueryError, WarehouseDamaged
from warehouse import articles, runs
from warehouse.articles import Incoming
from warehouse.query import open_published, run_query, write_result
from warehouse.scan import Lexicon
from warehouse.store import Warehouse
from warehouse.watchlist import Entity

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 21, 20, 30, tzinfo=UTC)  # in Shanghai it is 04:30 of the 22nd
ENTITIES = (Entity("person", "钱多乐"), Entity("company", "云脊智能"))

# What users build on (design §7): these names in this order.
COLUMNS = {
    "articles": "article_id source outlet kind url title authors published_at published_precision first_seen_at "
    "updated_at text chars language story_id relation version gone_at",
    "article_versions": "article_id version seen_at title text content_hash changed",
    "stories": "story_id title lead_article_id first_published_at last_seen_at n_articles outlets",
    "entities": "entity_id kind name aliases groups active",
    "mentions": "article_id entity_id surface start_char end_char how confidence role snippet reason central",
    "alerts": "alert_id created_at entity_id story_id article_id rule channel status reason attempts next_attempt_at "
    "sent_at last_error",
    "runs": "run_id kind via status started_at ended_at seconds counts",
    "fetches": "run_id source url fetched_at outcome http_status bytes seconds",
    "source_health": "source state since checked_at last_success_at note",
    "source_yield": "run_id source read_at state lists unchanged_lists listed new newest_at articles without_title "
    "without_author without_time median_chars blocked failed new_in_a_day usual_in_a_day",
    "entity_daily": "day entity_id name n_stories n_articles n_mentions",
    "co_mentions": "entity_a name_a entity_b name_b n_stories n_articles first_at last_at",
    "co_mentions_of": "entity_id name other_id other_name n_stories n_articles first_at last_at",
    "first_reports": "story_id entity_id name article_id outlet title published_at n_outlets",
    "silent_sources": "source state last_article_at hours_silent usual_hours note",
}

TOGETHER = (
    "钱多乐周五在上海说，云脊智能今年把大部分力气花在了仓储机器人的手部动作上，明年春天会有第一批样机交到客户手里。"
)


def make(article_id: str, text: str, title: str, outlet: str, published_at: datetime, byline: str = "") -> Article:
    return Article(article_id, "36kr", outlet, "article", "", title, text, (), published_at, "minute", byline=byline)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("warehouse")
    with Warehouse.open(place, holder="test", now=NOW, timezone=SHANGHAI) as wh:
        wh.sync_entities(ENTITIES, NOW)
        batch = [
            make("36kr:1", TOGETHER, "钱多乐的\x1b[31m手", "36氪", NOW),
            make("zaker:2", TOGETHER, "转载", "混沌大学", NOW - timedelta(hours=2)),
            make("36kr:3", "钱多乐回来了。", "短", "36氪", NOW - timedelta(days=1)),
            make("36kr:4", "今天没有新闻。", "无", "36氪", NOW, byline="作者｜钱多乐"),
        ]
        items = [Incoming(article) for article in batch]
        articles.load(wh, items, Lexicon.compile(ENTITIES), [], NOW, timezone=SHANGHAI)
        runs.record_health(wh, "36kr", "ok", NOW, "")
        runs.record_health(wh, "silent", "blocked", NOW, "captcha")
        wh.publish()
    return place


@pytest.fixture
def con(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_published(folder) as opened:
        yield opened


def ask(con: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[object, ...]]:
    return run_query(con, sql).rows


def written(con: duckdb.DuckDBPyConnection, sql: str, format: str) -> bytes:
    stream = io.BytesIO()
    write_result(run_query(con, sql), format, stream)  # type: ignore[arg-type]
    assert not stream.closed
    return stream.getvalue()


def test_views_and_columns_are_those_that_users_build_on(con: duckdb.DuckDBPyConnection) -> None:
    found = ask(
        con,
        """SELECT view_name, string_agg(column_name, ' ' ORDER BY column_index)
           FROM duckdb_views() v JOIN duckdb_columns() c ON c.schema_name = 'main' AND c.table_name = v.view_name
           WHERE v.schema_name = 'main' AND NOT v.internal AND NOT c.internal GROUP BY view_name""",
    )
    assert {str(name): columns for name, columns in found} == COLUMNS


def test_every_view_and_column_says_what_it_is(con: duckdb.DuckDBPyConnection) -> None:
    silent = ask(
        con,
        """SELECT view_name, '' FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal AND comment IS NULL
           UNION ALL
           SELECT table_name, column_name FROM duckdb_columns()
           WHERE schema_name = 'main' AND NOT internal AND comment IS NULL""",
    )
    assert silent == []


def test_the_words_of_a_request_are_all_told(con: duckdb.DuckDBPyConnection) -> None:
    words = dict(
        con.execute(
            """SELECT column_name, comment FROM duckdb_columns()
               WHERE schema_name = 'main' AND table_name = 'fetches' AND column_name IN ('outcome', 'source')"""
        ).fetchall()
    )
    assert words["source"] == "The source that asked; empty for robots.txt"
    outcomes = {"ok", "unchanged", "redirect", "retry", "blocked", "gone", "broken", "cancelled"}
    assert set(words["outcome"].split(" | ")) == outcomes


def test_every_moment_is_a_timestamptz(con: duckdb.DuckDBPyConnection) -> None:
    others = ask(
        con,
        """SELECT table_name, column_name, data_type FROM duckdb_columns()
           WHERE schema_name IN ('main', 'core') AND NOT internal
             AND (column_name LIKE '%\\_at' ESCAPE '\\' OR column_name IN ('since', 'until'))
             AND data_type <> 'TIMESTAMP WITH TIME ZONE'""",
    )
    assert others == []


def test_a_day_begins_where_the_user_lives(con: duckdb.DuckDBPyConnection) -> None:
    # 20:30 UTC of the 21st, and of the 20th, are 04:30 of the next day in Shanghai; a byline does not count.
    assert ask(
        con, "SELECT CAST(day AS TEXT), name, n_stories, n_articles, n_mentions FROM entity_daily ORDER BY ALL"
    ) == [
        ("2026-11-21", "钱多乐", 1, 1, 1),
        ("2026-11-22", "云脊智能", 1, 2, 2),
        ("2026-11-22", "钱多乐", 1, 2, 3),
    ]


def test_who_was_named_with_whom(con: duckdb.DuckDBPyConnection) -> None:
    assert ask(con, "FROM co_mentions") == [
        ("company:云脊智能", "云脊智能", "person:钱多乐", "钱多乐", 1, 2, NOW - timedelta(hours=2), NOW)
    ]


def test_who_was_named_with_one_name_whichever_sorts_first(con: duckdb.DuckDBPyConnection) -> None:
    told = (1, 2, NOW - timedelta(hours=2), NOW)
    assert ask(con, "FROM co_mentions_of ORDER BY entity_id") == [
        ("company:云脊智能", "云脊智能", "person:钱多乐", "钱多乐", *told),
        ("person:钱多乐", "钱多乐", "company:云脊智能", "云脊智能", *told),
    ]


def test_who_wrote_it_first(con: duckdb.DuckDBPyConnection) -> None:
    rows = ask(
        con, "SELECT entity_id, article_id, outlet, published_at, n_outlets FROM first_reports WHERE n_outlets > 1"
    )
    assert sorted(rows, key=str) == [
        ("company:云脊智能", "zaker:2", "混沌大学", NOW - timedelta(hours=2), 2),
        ("person:钱多乐", "zaker:2", "混沌大学", NOW - timedelta(hours=2), 2),
    ]


def test_who_fell_silent(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    with Warehouse.open(tmp_path, holder="test", now=now) as wh:
        for source, hours in {"hourly": (30, 29, 28), "weekly": (400, 232, 64), "fresh": (50, 1)}.items():
            for number, ago in enumerate(hours):
                seen = now - timedelta(hours=ago)
                article = Article(f"{source}:{number}", source, "o", "article", "", f"{number}", "x", (), seen)
                items = [Incoming(article)]
                articles.load(wh, items, Lexicon.compile(()), [], seen, timezone=UTC)
            runs.record_health(wh, source, "ok", now, "")
        runs.record_health(wh, "never", "blocked", now, "captcha")
        rows = wh.con.execute(
            "SELECT source, state, round(hours_silent), usual_hours, note FROM silent_sources ORDER BY source"
        ).fetchall()
    assert rows == [("hourly", "ok", 28, 1, ""), ("never", "blocked", None, None, "captcha")]


def test_times_come_out_aware_in_the_configured_timezone(con: duckdb.DuckDBPyConnection) -> None:
    [[moment]] = ask(con, "SELECT published_at FROM articles WHERE article_id = '36kr:1'")
    assert isinstance(moment, datetime)
    assert moment == NOW
    assert moment.hour == 4


def test_nothing_published_yet(tmp_path: Path) -> None:
    with pytest.raises(NotPublished, match="tanma run") as caught:
        open_published(tmp_path)
    assert caught.value.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_not_our_file(tmp_path: Path) -> None:
    (tmp_path / "tanma.duckdb").write_bytes(b"no database" * 2000)
    with pytest.raises(WarehouseDamaged):
        open_published(tmp_path)
    (tmp_path / "tanma.duckdb").unlink()
    duckdb.connect(tmp_path / "tanma.duckdb").close()
    with pytest.raises(WarehouseDamaged, match="not one that Tanma published"):
        open_published(tmp_path)


def test_bad_sql_is_answered_in_duckdbs_own_words(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(QueryError, match=r'(?s)Referenced column "titel" not found.*title') as caught:
        run_query(con, "SELECT titel FROM articles")
    assert caught.value.exit_code == 2
    with pytest.raises(QueryError, match="syntax error"):
        run_query(con, "SELEKT 1")
    with pytest.raises(QueryError):
        run_query(con, "SELECT CAST(title AS INT) FROM articles")
    assert ask(con, "SELECT 1") == [(1,)]


@pytest.mark.parametrize(
    "sql", ["SHOW TABLES", "DESCRIBE articles", "SUMMARIZE stories", "EXPLAIN FROM stories", "FROM stories"]
)
def test_looking_around(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    assert run_query(con, sql).rows


@pytest.mark.parametrize("sql", ["", "   ", "-- nothing", ";"])
def test_no_question_no_answer(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    with pytest.raises(QueryError, match="no question"):
        run_query(con, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM core.alerts",
        "INSERT INTO core.settings VALUES ('a', 'b')",
        "UPDATE core.articles SET title = ''",
        "DROP VIEW articles",
        "CREATE TABLE mine AS SELECT 1",
        "SELECT 1; DELETE FROM core.alerts",
    ],
)
def test_nothing_is_written(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    with pytest.raises(QueryError, match="reading only"):
        run_query(con, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_text('{secret}')",
        "FROM read_csv('{secret}')",
        "COPY articles TO '{secret}.csv'",
        "ATTACH '{secret}.duckdb' AS other",
        "EXPORT DATABASE '{secret}.d'",
        "SELECT * FROM read_json('https://127.0.0.1:9/x')",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "RESET enable_external_access",
        "INSTALL httpfs",
        "LOAD httpfs",
    ],
)
def test_nothing_else_is_reached(con: duckdb.DuckDBPyConnection, tmp_path: Path, sql: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("token")
    with pytest.raises(QueryError):
        run_query(con, sql.replace("{secret}", str(secret)))
    assert list(tmp_path.iterdir()) == [secret]


def test_numbers_and_spans_are_those_of_python(con: duckdb.DuckDBPyConnection) -> None:
    result = run_query(
        con, "SELECT sum(i) AS a, count(*) AS a, INTERVAL 3 DAY AS c, 1.50::DECIMAL(5,2), NULL FROM range(4) t(i)"
    )
    assert result.columns[:3] == ("a", "a", "c")
    assert [str(value) for value in result.rows[0]] == ["6", "4", "3 days, 0:00:00", "1.50", "None"]
    assert type(result.rows[0][0]) is int


def test_a_time_beyond_python_is_no_crash(con: duckdb.DuckDBPyConnection) -> None:
    assert len(ask(con, "SELECT 'infinity'::TIMESTAMP")) == 1


def test_answers_without_rows_keep_their_columns(con: duckdb.DuckDBPyConnection) -> None:
    result = run_query(con, "SELECT title, chars FROM articles WHERE false")
    assert (result.columns, result.rows) == (("title", "chars"), [])
    assert written(con, "SELECT title, chars FROM articles WHERE false", "json") == b"[]\n"
    assert written(con, "SELECT title, chars FROM articles WHERE false", "csv") == b"title,chars\n"


def test_csv(con: duckdb.DuckDBPyConnection) -> None:
    sql = "SELECT story_id, outlets, 'a,\"b\nc' AS odd, NULL AS nothing, true AS yes FROM stories WHERE n_articles = 2"
    text = written(con, sql, "csv").decode()
    assert list(csv.reader(io.StringIO(text))) == [
        ["story_id", "outlets", "odd", "nothing", "yes"],
        ["36kr:1", '["36氪", "混沌大学"]', 'a,"b\nc', "", "True"],
    ]


def test_json_is_one_document(con: duckdb.DuckDBPyConnection) -> None:
    sql = """SELECT published_at AS at, 1 AS n, 2 AS n, {'a': [1.5]} AS s, 'nan'::DOUBLE AS no,
                    DATE '2026-11-21' AS day, '\\xC3\\xA9'::BLOB AS raw FROM articles WHERE article_id = '36kr:1'"""
    assert json.loads(written(con, sql, "json")) == [
        {"at": "2026-11-22T04:30:00+08:00", "n": 1, "n_2": 2, "s": {"a": [1.5]}, "no": None, "day": "2026-11-21",
         "raw": "w6k="}
    ]  # fmt: skip


def test_parquet_keeps_types(con: duckdb.DuckDBPyConnection) -> None:
    body = written(
        con, "SELECT article_id, authors, published_at, INTERVAL 1 DAY AS span, 1 AS span FROM articles", "parquet"
    )
    table = parquet.read_table(io.BytesIO(body))
    assert table.column_names == ["article_id", "authors", "published_at", "span", "span_2"]
    assert table.num_rows == 4
    assert str(table.schema.field("published_at").type).startswith("timestamp[us")


def test_an_unknown_format_is_named(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(QueryError, match=r"xml.*csv, json, parquet"):
        written(con, "SELECT 1", "xml")


def test_a_result_left_half_read_does_not_stand_in_the_way(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("FROM range(10)").fetchone()
    assert ask(con, "SELECT 1") == [(1,)]
