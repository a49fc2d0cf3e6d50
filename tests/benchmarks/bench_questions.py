"""The ready-made questions on a big warehouse: a million articles, five million mentions, 5,000 names with Zipf weights.

    nice python tests/benchmarks/bench_questions.py [ARTICLES] [--keep FOLDER]

The file is made with SQL alone (hashes of row numbers, so the same every time), not by loading. Each question is asked
in a process of its own: once cold (the file dropped from the system's cache), then warm, the best of three. The aim is
300 ms; `cpu` is the time of all cores, which tells more than the wall clock where others are at work. Not collected by
pytest.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from warehouse.query import open_published, run_query
from warehouse.store import Warehouse

NAMES = 5_000
DAYS = 3 * 365
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
AIM = 0.3

# Article n was published when the n-th part of the span had passed; three in ten repost one of the forty before.
ARTICLES = """
    INSERT INTO core.articles BY NAME
    WITH made AS (
        SELECT n, CASE n % 4 WHEN 0 THEN '36kr:' || (3000000000000000 + n * 977) WHEN 1 THEN 'wechat:MzA4:' || n || ':1'
                             WHEN 2 THEN 'qq:2026' || n || 'A0' ELSE 'zaker:' || substr(md5(n::TEXT), 1, 24) END AS id,
               if(hash(n) % 10 < 3, n - 1 - hash(n, 3) % 40, -1) AS of
        FROM range($articles) t(n)
    )
    SELECT a.id AS article_id, 'source' || a.n % 12 AS source, 'outlet ' || hash(a.n, 2) % 60 AS outlet, 'article' AS kind,
           'https://example.com/' || a.n AS url, 'title ' || a.n AS title, ['author ' || hash(a.n, 1) % 900] AS authors,
           TIMESTAMPTZ '2026-11-21 04:00:00+00'
               - to_seconds(($articles - a.n) * $days * 86400.0 / $articles) AS published_at,
           'minute' AS published_precision, published_at + INTERVAL 5 MINUTE AS first_seen_at,
           first_seen_at AS updated_at, 128 AS chars, 'zh' AS language, '' AS byline, '' AS chrome,
           coalesce(b.id, a.id) AS story_id, if(b.id IS NULL, 'lead', 'same') AS relation, 1 AS version,
           md5(a.n::TEXT) AS content_hash, (a.n + 1)::INTEGER AS doc
    FROM made a LEFT JOIN made b ON b.n = a.of AND b.of = -1
    ORDER BY a.n
"""
VERSIONS = """
    INSERT INTO core.article_versions BY NAME
    SELECT article_id, version, first_seen_at AS seen_at, title, repeat(md5(article_id), 4) AS text, content_hash,
           doc
    FROM core.articles
"""
ENTITIES = """
    INSERT INTO core.entities BY NAME
    SELECT 'person:name ' || n AS entity_id, 'person' AS kind, 'name ' || n AS name, []::TEXT[] AS aliases,
           []::TEXT[] AS groups, []::TEXT[] AS context, []::TEXT[] AS never, true AS active, $now AS updated_at
    FROM range(1, $names + 1) t(n)
"""
# Five mentions an article, of the names 1 … 5,000 with weights 1/n: the first alone has eight in a hundred.
MENTIONS = """
    INSERT INTO core.mentions BY NAME
    SELECT article_id, 1 AS version,
           'person:name ' || floor(exp(hash(n, k, 4) / 18446744073709551616.0 * ln($names + 1)))::INTEGER AS entity_id,
           substr(entity_id, 8) AS surface, (k * 8)::INTEGER AS start_char, (k * 8 + 6)::INTEGER AS end_char,
           'name' AS how, 0.9 AS confidence, if(k = 0, 'title', 'body') AS role, 'a sentence about ' || n AS snippet,
           'stands by itself' AS reason, k = 0 AS central, doc,
           if(row_number() OVER (PARTITION BY doc, entity_id ORDER BY k) = 1,
              count(*) OVER (PARTITION BY doc, entity_id), NULL)::INTEGER AS times
    FROM (SELECT rowid AS n, article_id, doc FROM core.articles), range(5) t(k) ORDER BY n, k
"""

QUESTIONS = {
    "entity_daily, the most frequent name": "FROM entity_daily WHERE entity_id = 'person:name 1' ORDER BY day",
    "entity_daily, a middling name": "FROM entity_daily WHERE entity_id = 'person:name 300' ORDER BY day",
    "co_mentions_of, the most frequent name": "FROM co_mentions_of WHERE entity_id = 'person:name 1'",
    "co_mentions_of, a middling name": "FROM co_mentions_of WHERE entity_id = 'person:name 300'",
    "co_mentions, both sides, a middling name":
        "FROM co_mentions WHERE entity_a = 'person:name 300' OR entity_b = 'person:name 300'",
    "first_reports of a week": "FROM first_reports WHERE published_at >= TIMESTAMPTZ '2026-11-14 04:00:00+00'",
    "first_reports of the most frequent name": "FROM first_reports WHERE entity_id = 'person:name 1'",
    "first_reports of a middling name": "FROM first_reports WHERE entity_id = 'person:name 300'",
}  # fmt: skip


def build(folder: Path, articles: int) -> None:
    """A published warehouse of so many articles."""
    with Warehouse.open(folder, holder="bench", now=NOW, timezone=ZoneInfo("Asia/Shanghai")) as wh:
        for sql, values in (
            (ARTICLES, {"articles": articles, "days": DAYS}), (VERSIONS, {}),
            (ENTITIES, {"names": NAMES, "now": NOW}), (MENTIONS, {"names": NAMES}),
        ):  # fmt: skip
            with wh.transaction() as con:
                con.execute(sql, values or None)
        wh.publish()


def asked(folder: Path, question: str) -> tuple[list[tuple[float, float]], int]:
    """Seconds of four askings, by the wall and of all cores, the first cold; and the number of rows."""
    with (folder / "tanma.duckdb").open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    seconds, rows = [], 0
    with open_published(folder) as con:
        for _ in range(4):
            wall, cpu = time.perf_counter(), time.process_time()
            rows = run_query(con, question).table.num_rows
            seconds.append((time.perf_counter() - wall, time.process_time() - cpu))
    return seconds, rows


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("articles", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--keep", type=Path, help="a folder that is used again when it is there")
    parser.add_argument("--ask", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.ask:
        print(json.dumps(asked(given.keep, given.ask)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        if not (folder / "tanma.duckdb").exists():
            start = time.perf_counter()
            build(folder, given.articles)
            print(f"{given.articles:,} articles built in {time.perf_counter() - start:.0f} s")
        print(f"file {(folder / 'tanma.duckdb').stat().st_size / 1e6:,.0f} MB")
        print(f"{'question':44s} {'rows':>8s} {'cold ms':>8s} {'warm ms':>8s} {'cpu ms':>8s}")
        for name, question in QUESTIONS.items():
            words = [sys.executable, __file__, "--keep", str(folder), "--ask", question]
            (cold, *warm), rows = json.loads(subprocess.run(words, check=True, stdout=subprocess.PIPE).stdout)
            wall, cpu = min(warm)
            note = "" if wall <= AIM else "  over the aim"
            print(f"{name:44s} {rows:8,d} {cold[0] * 1000:8.0f} {wall * 1000:8.0f} {cpu * 1000:8.0f}{note}", flush=True)


if __name__ == "__main__":
    main()
