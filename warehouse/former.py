"""What is known of articles that were let go (warehouse/removal.py): which they were, and whose story their texts were."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import duckdb

TELLING_CHARS = 40  # of a text: equal shorter ones prove nothing (详情请看视频)


@dataclass(frozen=True, slots=True)
class Former:
    """What is known of an article that was let go."""

    story_id: str
    version: int
    first_seen_at: datetime


def removed_articles(con: duckdb.DuckDBPyConnection, article_ids: Collection[str]) -> dict[str, Former]:
    """Those of these articles that were let go and are not stored again."""
    rows = con.execute(
        """SELECT article_id, story_id, version, first_seen_at FROM core.removed_articles
           WHERE article_id IN (SELECT unnest(?::TEXT[])) AND article_id NOT IN (SELECT article_id FROM core.articles
                 WHERE article_id IN (SELECT unnest(?::TEXT[])))""",
        [list(article_ids), list(article_ids)],
    ).fetchall()
    return {row[0]: Former(*row[1:]) for row in rows}


def former_stories(con: duckdb.DuckDBPyConnection, content_hashes: Collection[str]) -> dict[str, str]:
    """The stories of texts that are stored no more, by the hash of the text; each by its name of today."""
    return dict(
        con.execute(
            """SELECT f.content_hash, coalesce(m.merged_in, f.story_id)
               FROM core.former_texts f LEFT JOIN core.merged_stories m USING (story_id)
               WHERE f.content_hash IN (SELECT unnest(?::TEXT[]))""",
            [list(content_hashes)],
        ).fetchall()
    )
