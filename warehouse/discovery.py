"""Taking in what a list named: which refs are new, which are to be read again, and what each list showed last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from sources.article import ArticleRef
from warehouse.lookup import is_empty, rows_by
from warehouse.refs import is_better, merged, unique
from warehouse.storable import storable_text
from warehouse.store import Warehouse

FINAL = frozenset({"gone", "not_an_article"})  # states of an article that is never asked for again

# Lists that a source has from its first day name old articles when they are first read, however late that succeeds.
# An address that comes later (the hot list of another day) names new ones.
_FIRST_DAY = timedelta(days=1)


def take_in(wh: Warehouse, source_id: str, key: str, refs: Sequence[ArticleRef], now: datetime) -> int:
    """Inside the caller's transaction, before the list's own row is written; how many articles are now to be read.

    `key` is refs.list_key of the list. See frontier.record_discovery.
    """
    con = wh.con
    rows = [_ref_row(ref, position, shown, key, now) for position, shown, ref in unique(refs, source_id)]
    _know(con, rows)
    backlog = _names_backlog(con, source_id, key, now)
    new = [row | {"backlog": backlog and not row["is_stored"]} for row in rows if row["is_new"]]
    if new:
        wh.insert(
            """INSERT INTO core.frontier BY NAME
               SELECT source, article_id, resolved_id, url, ref, published_at, discovered_at, position,
                      CASE WHEN is_stored THEN 'stored' ELSE 'queued' END AS state, 0 AS attempts,
                      CASE WHEN is_stored THEN NULL ELSE discovered_at END AS next_attempt_at,
                      discovered_at AS updated_at, '' AS etag, '' AS last_modified, '' AS body_hash, backlog
               FROM incoming""",
            pa.Table.from_pylist(new, _NEW),
        )
    again = _merge_known(wh, rows, now)
    shown = [row for row in rows if row["fingerprint"] != row["before"]]
    if shown:
        wh.insert(
            """INSERT INTO core.sightings BY NAME FROM incoming
               ON CONFLICT (source, list_key, article_id) DO UPDATE SET fingerprint = excluded.fingerprint""",
            pa.Table.from_pylist(shown, _SHOWN),
        )
    return sum(not row["is_stored"] for row in new) + again


def _names_backlog(con: duckdb.DuckDBPyConnection, source_id: str, key: str, now: datetime) -> bool:
    """Whether this list, first asked on its source's first day, is read for the first time."""
    first, asked, succeeded = con.execute(
        """SELECT min(first_asked_at), min(first_asked_at) FILTER (list_key = $key),
                  bool_or(list_key = $key AND last_success_at IS NOT NULL)
           FROM core.lists WHERE source = $source""",
        {"source": source_id, "key": key},
    ).fetchall()[0]
    return not succeeded and (asked or now) - (first or now) < _FIRST_DAY


def _know(con: duckdb.DuckDBPyConnection, rows: Sequence[dict[str, Any]]) -> None:
    """Put beside what a list names what is known of it. `before`: the fingerprint that this list showed last.
    `is_removed`: it was let go by a tidy, and is not read again."""
    ids = [row["article_id"] for row in rows]
    found = rows_by(con, "article_id, source, resolved_id, ref, state, rowid", "core.frontier", "article_id", ids)
    resolved = {row[0]: row[2] for row in found if row[2] is not None}
    known = {(row[1], row[0]): row[3:] for row in found}
    shown = {
        row[:3]: row[3]
        for row in rows_by(con, "source, list_key, article_id, fingerprint", "core.sightings", "article_id", ids)
    }
    stored_as = [*ids, *resolved.values()]
    kinds = dict(rows_by(con, "article_id, kind", "core.articles", "article_id", stored_as))
    some = [] if is_empty(con, "core.removed_articles") else stored_as
    removed = {row[0] for row in rows_by(con, "article_id", "core.removed_articles", "article_id", some)}
    for row in rows:
        source, article_id = row["source"], row["article_id"]
        row["resolved_id"] = resolved.get(article_id)
        row["is_new"] = (source, article_id) not in known
        row["known_ref"], row["state"], row["place"] = known.get((source, article_id), (None, None, None))
        row["before"] = shown.get((source, row["list_key"], article_id))
        stored = row["resolved_id"] or article_id
        row["is_removed"] = stored in removed and stored not in kinds
        row["is_stored"] = row["is_removed"] or kinds.get(stored, "partial") != "partial"


def _merge_known(wh: Warehouse, named: Sequence[dict[str, Any]], now: datetime) -> int:
    """Give the known ones of `named` what this list says that it did not say before; how many are read again."""
    rows = []
    for one in named:
        if one["is_new"] or one["is_removed"] or one["fingerprint"] == one["before"]:
            continue
        old_json, new_json, state, is_stored = one["known_ref"], one["ref"], one["state"], one["is_stored"]
        is_changed = one["before"] is not None
        old, new = ArticleRef.from_json(old_json), ArticleRef.from_json(new_json)
        both = merged(old, new, same_list=is_changed)
        is_gained = not is_stored and is_better(both.article, old.article)
        if state in FINAL and both.article and both.article.kind == "partial":
            is_gained = False  # a part is kept when its page cannot be read; this page is known to be none
        where = both.fetch_url or both.url
        row = (one["place"], where, both.to_json(), both.published_at, is_changed, is_gained, now)
        rows.append(dict(zip(_KNOWN.names, row, strict=True)))
    if rows:
        wh.insert(
            """UPDATE core.frontier AS f SET
                   ref = i.ref, published_at = i.published_at, updated_at = i.now,
                   etag = CASE WHEN f.url = i.url THEN f.etag ELSE '' END,
                   last_modified = CASE WHEN f.url = i.url THEN f.last_modified ELSE '' END,
                   body_hash = CASE WHEN f.url = i.url THEN f.body_hash ELSE '' END,
                   url = i.url,
                   attempts = CASE WHEN f.state IN ('retry', 'blocked') OR NOT (i.is_changed OR i.is_gained)
                                   THEN f.attempts ELSE 0 END,
                   next_attempt_at = CASE WHEN i.is_gained THEN i.now
                                          WHEN f.state IN ('retry', 'blocked') OR NOT i.is_changed
                                          THEN f.next_attempt_at ELSE i.now END,
                   state = CASE WHEN f.state IN ('retry', 'blocked') OR NOT (i.is_changed OR i.is_gained)
                                THEN f.state ELSE 'queued' END
               FROM incoming i WHERE f.rowid = i.place""",
            pa.Table.from_pylist(rows, _KNOWN),
        )
    return sum(row["is_changed"] or row["is_gained"] for row in rows)


def forget_absent(wh: Warehouse, source_id: str, key: str, refs: Sequence[ArticleRef]) -> None:
    """Inside the caller's transaction: of articles that are gone and that this list names no more, forget what it showed.
    When it names one again, that is a change, and its page is asked for; one that it goes on naming is left in peace."""
    wh.con.execute(
        """UPDATE core.sightings SET fingerprint = '' WHERE source = $source AND list_key = $key AND fingerprint <> ''
           AND article_id IN (SELECT article_id FROM core.frontier WHERE source = $source AND state = 'gone')
           AND article_id NOT IN (SELECT unnest($named::TEXT[]))""",
        {"source": source_id, "key": key, "named": [storable_text(ref.article_id) for ref in refs]},
    )


_TIME = pa.timestamp("us", tz="UTC")
_NEW = pa.schema(
    {
        "source": pa.string(), "article_id": pa.string(), "resolved_id": pa.string(), "url": pa.string(),
        "ref": pa.string(), "published_at": _TIME, "discovered_at": _TIME, "position": pa.int32(),
        "is_stored": pa.bool_(), "backlog": pa.bool_(),
    }
)  # fmt: skip
_SHOWN = pa.schema({name: pa.string() for name in ("source", "list_key", "article_id", "fingerprint")})
_KNOWN = pa.schema(
    {
        "place": pa.int64(), "url": pa.string(), "ref": pa.string(), "published_at": _TIME, "is_changed": pa.bool_(),
        "is_gained": pa.bool_(), "now": _TIME,
    }
)  # fmt: skip


def _ref_row(ref: ArticleRef, position: int, shown: str, key: str, now: datetime) -> dict[str, Any]:
    return {
        "source": ref.source,
        "list_key": key,
        "article_id": ref.article_id,
        "url": ref.fetch_url or ref.url,
        "ref": ref.to_json(),
        "fingerprint": shown,
        "published_at": ref.published_at,
        "discovered_at": now,
        "position": position,
    }
