"""Looking at an article again while it is young: outlets correct, retitle and withdraw without a word in their lists.

Counted from its publication, at the intervals of `recheck:` in tanma.yaml. Only pages are asked again, conditionally: an
article whose whole text a list carried is known to have changed when the list shows it otherwise. Not looked at again:
what stood in a list when its source was read for the first time, imports, and pages that only point to an article.
The state of a stored article stays `stored` whatever comes of it, unless its page is gone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import pyarrow as pa

from sources.article import ArticleRef, Precision, Validators
from sources.errors import FetchError
from warehouse.ages import after_failure, born, next_recheck
from warehouse.frontier import Queued, resolved_ids
from warehouse.lookup import rows_by
from warehouse.storable import storable_text
from warehouse.store import Warehouse

_PLANNED = pa.schema({"place": pa.int64(), "recheck_at": pa.timestamp("us", tz="UTC")})


class Look(NamedTuple):
    """An article that was just looked at. `again`: whether its page is to be looked at again at all; `failed`: that it
    could not be looked at, so that this is made up for.

    `published_at` and `precision` are those of the page; None: the page did not change, what is stored counts.
    """

    ref: ArticleRef
    again: bool
    published_at: datetime | None = None
    precision: Precision | None = None
    failed: bool = False


def plan(wh: Warehouse, source_id: str, looks: Sequence[Look], intervals: Sequence[timedelta], now: datetime) -> None:
    """Write down when these articles of a source are to be looked at next. Has no effect on what is not stored yet."""
    wanted = {look.ref.article_id for look in looks if look.again and intervals}
    stored = _stored(wh, wanted)
    found = {
        article_id: (discovered_at, place)
        for source, article_id, discovered_at, place in rows_by(
            wh.con, "source, article_id, discovered_at, rowid", "core.frontier", "article_id",
            [look.ref.article_id for look in looks],
        )
        if source == source_id
    }  # fmt: skip
    rows = {}
    for look in looks:
        known, again = look.ref.article_id, None
        if known not in found:
            continue
        discovered, place = found[known]
        if known in wanted:
            told = (look.published_at, look.precision) if look.precision else stored.get(known, (None, "unknown"))
            when = after_failure if look.failed else next_recheck
            again = when(born(discovered, *told), intervals, now)
        rows[place] = {"place": place, "recheck_at": again}
    if rows:
        with wh.bookkeeping():
            wh.insert(
                """UPDATE core.frontier AS f SET recheck_at = i.recheck_at FROM incoming i
                   WHERE f.rowid = i.place AND f.recheck_at IS DISTINCT FROM i.recheck_at""",
                pa.Table.from_pylist(list(rows.values()), _PLANNED),
            )


def due(wh: Warehouse, source_id: str, intervals: Sequence[timedelta], now: datetime, limit: int) -> list[Queued]:
    """The stored articles of a source that are to be looked at again now, at most `limit`, the longest overdue first.

    What is overdue for longer than the last interval is not young any more and is left alone.
    """
    if not intervals:
        return []
    rows = wh.con.execute(
        """SELECT ref, etag, last_modified, body_hash FROM core.frontier
           WHERE source = ? AND state = 'stored' AND recheck_at <= ? AND recheck_at > ?
           ORDER BY recheck_at, position LIMIT ?""",
        [source_id, now, now - intervals[-1], limit],
    ).fetchall()
    return [Queued(ArticleRef.from_json(row[0]), 0, Validators(*row[1:]), backlog=False, again=True) for row in rows]


def record_failure(wh: Warehouse, ref: ArticleRef, error: FetchError) -> None:
    """Write down why a stored article could not be looked at again. It stays stored, and `plan` makes up for it."""
    with wh.bookkeeping() as con:
        con.execute(
            "UPDATE core.frontier SET error = ? WHERE source = ? AND article_id = ?",
            [storable_text(str(error)), ref.source, ref.article_id],
        )


def _stored(wh: Warehouse, article_ids: Collection[str]) -> dict[str, tuple[datetime | None, Precision]]:
    """When the stored ones say that they were published, by the ids under which lists know them."""
    listed = {resolved: known for known, resolved in resolved_ids(wh.con, list(article_ids)).items()}
    stored_as = [*listed, *(one for one in article_ids if one not in listed.values())]
    columns = "article_id, published_at, published_precision"
    rows = rows_by(wh.con, columns, "core.articles", "article_id", stored_as)
    return {listed.get(row[0], row[0]): (row[1], row[2]) for row in rows}
