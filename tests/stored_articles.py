"""Articles written straight into a warehouse: what a load leaves behind, as far as search looks at it."""

from __future__ import annotations

from datetime import datetime, timedelta

from warehouse.likely import next_doc
from warehouse.search import index
from warehouse.store import Warehouse

NOW = datetime.fromisoformat("2026-11-21T08:00:00+00:00")


def put(
    wh: Warehouse,
    article_id: str,
    title: str,
    text: str,
    *,
    days_ago: float = 1.0,
    outlet: str = "36氪",
    source: str = "36kr",
    kind: str = "article",
    story: str = "",
    dated: bool = True,
) -> int:
    """The next version of an article; its document number. `dated` False: the outlet did not say when."""
    moment = NOW - timedelta(days=days_ago)
    with wh.transaction() as con:
        known = con.execute("SELECT version FROM core.articles WHERE article_id = ?", [article_id]).fetchall()
        version = known[0][0] + 1 if known else 1
        doc = next_doc(con)
        con.execute(
            """INSERT INTO core.article_versions (article_id, version, seen_at, title, text, content_hash, doc)
               VALUES (?, ?, ?, ?, ?, '', ?)""",
            [article_id, version, moment, title, text, doc],
        )
        con.execute("DELETE FROM core.articles WHERE article_id = ?", [article_id])
        con.execute(
            """INSERT INTO core.articles BY NAME SELECT ? AS article_id, ? AS source, ? AS outlet, ? AS kind, ? AS url,
                      ? AS title, [] AS authors, ?::TIMESTAMPTZ AS published_at, 'minute' AS published_precision,
                      ?::TIMESTAMPTZ AS first_seen_at, ?::TIMESTAMPTZ AS updated_at, ? AS chars, 'zh' AS language,
                      '' AS byline, '' AS chrome, ? AS story_id, 'lead' AS relation, ? AS version, '' AS content_hash""",
            [
                article_id, source, outlet, kind, f"https://example.com/{article_id}", title,
                moment if dated else None, moment, moment, len(text), story or article_id, version,
            ],
        )  # fmt: skip
    return doc


def segments(wh: Warehouse) -> list[tuple[int, int]]:
    return [(one.first_doc, one.last_doc) for one in index.segments(wh.con)]


def contents(wh: Warehouse) -> list[tuple[int, int]]:
    """All that the index says, in whatever segments it says it."""
    said = []
    for one in index.segments(wh.con):
        entries = index.entries_of(wh.con, one, 0, 1 << 60)
        grams = [
            gram
            for gram, count in zip(entries.grams.tolist(), entries.counts.tolist(), strict=True)
            for _ in range(count)
        ]
        said += zip(grams, entries.docs.tolist(), strict=True)
    return sorted(said)
