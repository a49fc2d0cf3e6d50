"""Articles whose pages are gone: marked, their texts kept, and unmarked when a page answers again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sources.article import ArticleRef
from warehouse.lookup import rows_by
from warehouse.store import Warehouse


def mark_gone(wh: Warehouse, ref: ArticleRef, article_id: str, now: datetime) -> None:
    """Inside the caller's transaction: this article was withdrawn, if it is stored at all. The first time counts.

    `ref` is how lists name it. Those that did are read whole the next time, whether they changed or not, which tells
    whether they still do: an article that they name anew later is asked for again (discovery.forget_absent).
    """
    marked = wh.con.execute(
        "UPDATE core.articles SET gone_at = ? WHERE article_id = ? AND gone_at IS NULL RETURNING 1", [now, article_id]
    ).fetchall()
    if not marked:
        return
    wh.mark_changed()
    wh.con.execute(
        """UPDATE core.lists SET etag = '', last_modified = '', body_hash = '' WHERE source = $source
           AND list_key IN (SELECT list_key FROM core.sightings WHERE source = $source AND article_id = $known)""",
        {"source": ref.source, "known": ref.article_id},
    )


def mark_back(wh: Warehouse, article_ids: Collection[str]) -> None:
    """Inside the caller's transaction: the pages of these articles answered."""
    rows = rows_by(wh.con, "article_id, gone_at", "core.articles", "article_id", article_ids)
    back = [article_id for article_id, gone_at in rows if gone_at is not None]
    if back:
        wh.con.execute("UPDATE core.articles SET gone_at = NULL WHERE article_id IN (SELECT unnest(?::TEXT[]))", [back])
        wh.mark_changed()
