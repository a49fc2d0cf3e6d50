"""What is let go with age: by `keep:` of tanma.yaml, in transactions of bounded size, and never what Tanma must remember.

For ever stay: alerts (nobody is told twice), names, the frontier (which articles lists ever named and what became of
them), and of an article that is let go all that warehouse/removal.py keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import duckdb

from sources.article import Kind
from warehouse.keep import Keep
from warehouse.removal import forget_texts, remove_articles
from warehouse.store import Warehouse

BATCH = 2_000  # articles, or versions, in one transaction
_WEEK = timedelta(days=7)  # requests are let go week by week
_LISTED = 1_000  # what a list showed last of so many articles stays, however old

Advance = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Removed:
    """What one step let go, or would: `bytes` of text, None where rows are small."""

    what: str
    rows: int
    bytes: int | None = None


def overdue(con: duckdb.DuckDBPyConnection, keep: Keep, now: datetime) -> list[Removed]:
    """What let_go would let go of a warehouse, whose file may be open for reading only. Changes nothing."""
    found = []
    for kind, cutoff in _cutoffs(keep, now):
        rows = _articles(con, kind, cutoff)
        found.append(Removed(kind, len(rows), sum(row[1] for row in rows)))
    if keep.versions is not None:
        old = _versions(con, now - keep.versions)
        found.append(Removed("versions", len(old), sum(row[2] for row in old)))
    if keep.lists is not None:
        given = {"cutoff": now - keep.lists}
        found.append(Removed("lists", sum(_count(con, table, which, given) for table, which in _LISTS.items())))
    for what, table, column, span in _plain(keep):
        found.append(Removed(what, _count(con, table, f"{column} < $cutoff", {"cutoff": now - span})))
    return found


def let_go(wh: Warehouse, keep: Keep, now: datetime, advance: Advance) -> list[Removed]:
    """Let go of what is older than `keep` says; `advance` is told of each step and its rows as they go.

    A crash leaves whole transactions behind, and the next call does the rest. Raises WarehouseError.
    """
    done = []
    for kind, cutoff in _cutoffs(keep, now):
        rows = _articles(wh.con, kind, cutoff)
        for batch in _batches(rows):
            with wh.transaction():
                remove_articles(wh, [row[0] for row in batch], now)
            advance(kind, len(batch))
        done.append(Removed(kind, len(rows), sum(row[1] for row in rows)))
    if keep.versions is not None:
        done.append(_empty_versions(wh, now - keep.versions, advance))
    if keep.lists is not None:
        done.append(_forget_lists(wh, now - keep.lists, advance))
    for what, table, column, span in _plain(keep):
        done.append(_delete_weekly(wh, what, table, column, now - span, advance))
    return done


def _cutoffs(keep: Keep, now: datetime) -> list[tuple[Kind, datetime]]:
    return [(kind, now - span) for kind, span in keep.kinds.items() if span is not None]


def _plain(keep: Keep) -> list[tuple[str, str, str, timedelta]]:
    """Tables whose rows are let go by their time alone: word, table, column, span."""
    spans = [
        ("fetches", "core.fetches", "fetched_at", keep.fetches),
        ("runs", "core.runs", "started_at", keep.runs),
    ]
    return [(what, table, column, span) for what, table, column, span in spans if span is not None]


def _articles(con: duckdb.DuckDBPyConnection, kind: Kind, cutoff: datetime) -> list[tuple[str, int]]:
    """(article_id, bytes of its texts) of the old ones. Not those that a message is still to tell of, nor those that a
    list shows changed, however often reading them has failed since: they are to be read again."""
    return con.execute(
        """SELECT a.article_id, coalesce(v.bytes, 0)::BIGINT
           FROM core.articles a
           LEFT JOIN (SELECT article_id, sum(strlen(text)) AS bytes FROM core.article_versions GROUP BY article_id) v
                USING (article_id)
           WHERE a.kind = ? AND a.updated_at < ?
             AND a.article_id NOT IN (SELECT article_id FROM core.alerts WHERE status IN ('pending', 'sending'))
             AND a.article_id NOT IN (SELECT coalesce(resolved_id, article_id) FROM core.frontier
                                      WHERE next_attempt_at IS NOT NULL AND state <> 'partial')
           ORDER BY a.updated_at, a.article_id""",
        [kind, cutoff],
    ).fetchall()


def _versions(con: duckdb.DuckDBPyConnection, cutoff: datetime) -> list[tuple[str, int, int]]:
    """(article_id, version, bytes) of old texts that a newer version has followed."""
    return con.execute(
        """SELECT v.article_id, v.version, strlen(v.text)
           FROM core.article_versions v JOIN core.articles a USING (article_id)
           WHERE v.version < a.version AND v.seen_at < ? AND v.text <> '' ORDER BY v.rowid""",
        [cutoff],
    ).fetchall()


def _empty_versions(wh: Warehouse, cutoff: datetime, advance: Advance) -> Removed:
    """Their rows stay, with title and hash: that they were, and were read, is known."""
    rows = _versions(wh.con, cutoff)
    for batch in _batches(rows):
        given = [[row[0] for row in batch], [row[1] for row in batch]]
        with wh.transaction() as con:
            con.execute(
                """UPDATE core.article_versions AS v SET text = ''
                   FROM (SELECT unnest(?::TEXT[]) AS article_id, unnest(?::INTEGER[]) AS version) o
                   WHERE v.article_id = o.article_id AND v.version = o.version""",
                given,
            )
            con.execute(
                """DELETE FROM core.fingerprints WHERE doc IN (
                       SELECT doc FROM core.article_versions
                       JOIN (SELECT unnest(?::TEXT[]) AS article_id, unnest(?::INTEGER[]) AS version)
                            USING (article_id, version))""",
                given,
            )
        advance("versions", len(batch))
    return Removed("versions", len(rows), sum(row[2] for row in rows))


# A list that has not been read for so long is none of ours any more (another day's hot list). Of a list that is read,
# what it showed of articles that were first named before the cutoff goes, the last thousand apart: an old article whose
# row went and that still stands there is known all the same, only its next change of title is not noticed.
_DEAD = "coalesce(last_success_at, first_asked_at) < $cutoff"
_FIRST = "(source, first_asked_at) IN (SELECT source, min(first_asked_at) FROM core.lists GROUP BY source)"
_STALE = f"""(source, list_key, article_id) IN (
    SELECT (s.source, s.list_key, s.article_id)
    FROM core.sightings s JOIN core.frontier f USING (source, article_id) LEFT JOIN core.lists l USING (source, list_key)
    WHERE f.next_attempt_at IS NULL AND f.discovered_at < $cutoff
    QUALIFY coalesce(l.last_success_at, l.first_asked_at, '-infinity') < $cutoff
         OR row_number() OVER (PARTITION BY s.source, s.list_key ORDER BY f.discovered_at DESC, f.position) > {_LISTED})"""
_SETTLED = "state = 'stored' AND next_attempt_at IS NULL AND updated_at < $cutoff"
_WITH_TEXT = f"{_SETTLED} AND json_type(ref, '$.article') = 'OBJECT'"
_LISTS = MappingProxyType(
    {
        "core.sightings": _STALE,
        "core.lists": f"{_DEAD} AND NOT {_FIRST}",  # the first tells what was old when a source was new
        "core.frontier": _WITH_TEXT,
    }
)


def _forget_lists(wh: Warehouse, cutoff: datetime, advance: Advance) -> Removed:
    rows = 0
    for table in ("core.sightings", "core.lists"):
        with wh.bookkeeping() as con:
            rows += con.execute(f"DELETE FROM {table} WHERE {_LISTS[table]}", {"cutoff": cutoff}).fetchall()[0][0]
    waiting = wh.con.execute(
        f"SELECT source, article_id FROM core.frontier WHERE {_WITH_TEXT}", {"cutoff": cutoff}
    ).fetchall()
    for batch in _batches(waiting):
        with wh.bookkeeping():
            which = """(source, article_id) IN (SELECT (s, a)
                        FROM (SELECT unnest(?::TEXT[]) AS s, unnest(?::TEXT[]) AS a))"""
            rows += forget_texts(wh, which, [[row[0] for row in batch], [row[1] for row in batch]])
    advance("lists", rows)
    return Removed("lists", rows)


def _delete_weekly(wh: Warehouse, what: str, table: str, column: str, cutoff: datetime, advance: Advance) -> Removed:
    rows = 0
    while (first := wh.con.execute(f"SELECT min({column}) FROM {table}").fetchall()[0][0]) and first < cutoff:
        with wh.transaction() as con:
            gone = con.execute(f"DELETE FROM {table} WHERE {column} < ?", [min(first + _WEEK, cutoff)]).fetchall()[0][0]
        rows += gone
        advance(what, gone)
    return Removed(what, rows)


def _count(con: duckdb.DuckDBPyConnection, table: str, which: str, given: Mapping[str, Any]) -> int:
    return int(con.execute(f"SELECT count(*) FROM {table} WHERE {which}", dict(given)).fetchall()[0][0])


def _batches(rows: Sequence[Any]) -> list[Sequence[Any]]:
    return [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
