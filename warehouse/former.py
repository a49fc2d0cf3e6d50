"""What is known of articles that were let go (warehouse/removal.py): which they were, and whose story their texts were."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from warehouse.lookup import is_empty, rows_by

TELLING_CHARS = 40  # of a text: equal shorter ones prove nothing (详情请看视频)


@dataclass(frozen=True, slots=True)
class Former:
    """What is known of an article that was let go; its story by its name of today."""

    story_id: str
    version: int
    first_seen_at: datetime


def removed_articles(con: duckdb.DuckDBPyConnection, article_ids: Collection[str]) -> dict[str, Former]:
    """Those of these articles that were let go and are not stored again."""
    if is_empty(con, "core.removed_articles"):
        return {}
    columns = "article_id, story_id, version, first_seen_at"
    rows = rows_by(con, columns, "core.removed_articles", "article_id", article_ids)
    stored = {row[0] for row in rows_by(con, "article_id", "core.articles", "article_id", [row[0] for row in rows])}
    today = _names_of_today(con, [row[1] for row in rows])
    return {
        article_id: Former(today.get(story_id, story_id), version, first_seen_at)
        for article_id, story_id, version, first_seen_at in rows
        if article_id not in stored
    }


def former_stories(con: duckdb.DuckDBPyConnection, content_hashes: Collection[str]) -> dict[str, str]:
    """The stories of texts that are stored no more, by the hash of the text; each by its name of today."""
    if is_empty(con, "core.former_texts"):
        return {}
    rows = rows_by(con, "content_hash, story_id", "core.former_texts", "content_hash", content_hashes)
    today = _names_of_today(con, [row[1] for row in rows])
    return {content_hash: today.get(story_id, story_id) for content_hash, story_id in rows}


def _names_of_today(con: duckdb.DuckDBPyConnection, story_ids: Collection[str]) -> dict[str, str]:
    """What those of these stories are called now that became part of others."""
    return dict(rows_by(con, "story_id, merged_in", "core.merged_stories", "story_id", story_ids))


def remember_texts(
    con: duckdb.DuckDBPyConnection, which: str, given: Sequence[object] = (), *, of: str = "core"
) -> None:
    """Keep whose story these texts were, inside the caller's transaction. What is known of a text stays.

    `which`: a condition on v, a version of an article, and a, that article; `of`: the schema where both stand.
    """
    con.execute(
        f"""INSERT OR IGNORE INTO core.former_texts
            SELECT v.content_hash, min(a.story_id)
            FROM {of}.article_versions v JOIN {of}.articles a USING (article_id)
            WHERE length(v.text) >= ? AND {which} GROUP BY v.content_hash""",
        [TELLING_CHARS, *given],
    )
