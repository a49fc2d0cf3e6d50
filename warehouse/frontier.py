"""What is still to be read: articles that lists named, and the lists themselves.

States of an article: queued (never read, or shown changed) · stored · partial (only a part of the text is stored) ·
and the words of FetchError.status. Due is what has a `next_attempt_at` that has come; settled rows have none.

An article is kept under the id by which its lists name it. When its page says another (a short address of WeChat's),
that is its `resolved_id`, under which it is stored. Lists are kept under refs.list_key, which holds no secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

import duckdb
import pyarrow as pa

from sources.article import ArticleRef, Validators
from sources.errors import FetchError
from warehouse.discovery import FINAL, forget_absent, take_in
from warehouse.lookup import rows_by
from warehouse.refs import list_key
from warehouse.storable import storable_text
from warehouse.store import Warehouse
from warehouse.withdrawn import mark_back, mark_gone


class _Pace(NamedTuple):
    first: timedelta
    factor: int
    longest: timedelta


# How long to wait after the first failure, how it grows, where it ends. Never given up: outlets come back after weeks.
_PACES: Mapping[str, _Pace] = {
    "retry": _Pace(timedelta(minutes=2), 2, timedelta(hours=12)),
    "blocked": _Pace(timedelta(minutes=30), 2, timedelta(days=1)),
    "layout_changed": _Pace(timedelta(hours=1), 2, timedelta(days=1)),
    "broken": _Pace(timedelta(hours=6), 2, timedelta(days=7)),
    "partial": _Pace(timedelta(hours=1), 3, timedelta(days=7)),
}
_LONGEST_WISH = timedelta(days=7)  # of a Retry-After


@dataclass(frozen=True, slots=True)
class Queued:
    """An article that is due. `attempts` counts failures since it was queued; `validators` are those of its page.

    `backlog`: it stood in a list when its source was read for the first time, so it is no news. `again`: it is stored,
    and looked at again while it is young (warehouse.rechecks).
    """

    ref: ArticleRef
    attempts: int
    validators: Validators
    backlog: bool
    again: bool = False


@dataclass(frozen=True, slots=True)
class ListState:
    """What is known of a list; `failures` counts those in a row, `was_read`: it was read whole at least once."""

    validators: Validators = field(default_factory=Validators)
    failures: int = 0
    next_attempt_at: datetime | None = None
    was_read: bool = False


def next_try(attempts: int, status: str, retry_after: timedelta | None, now: datetime) -> datetime | None:
    """When to ask again after the `attempts`-th failure in a row (from 1); None for what is final.

    `status` is FetchError.status or `partial`. The server's own wish counts when it is longer, up to a week.
    """
    if status in FINAL:
        return None
    pace = _PACES.get(status, _PACES["retry"])
    growth: int = pace.factor ** min(max(attempts, 1) - 1, 16)
    wait = min(pace.first * growth, pace.longest)
    return now + max(wait, min(retry_after or timedelta(), _LONGEST_WISH))


# -- lists ------------------------------------------------------------------------------------------------------------


def list_state(wh: Warehouse, source_id: str, url: str) -> ListState:
    """The state of a list of a source; that of a list never read when it is new."""
    rows = wh.con.execute(
        """SELECT etag, last_modified, body_hash, failures, next_attempt_at, last_success_at IS NOT NULL
           FROM core.lists WHERE source = ? AND list_key = ?""",
        [source_id, list_key(url)],
    ).fetchall()
    return ListState(Validators(*rows[0][:3]), *rows[0][3:]) if rows else ListState()


def failing_list(wh: Warehouse, source_id: str, urls: Sequence[str]) -> tuple[str, str] | None:
    """(FetchError.status, message) of the first of these lists whose last answer was a failure; None when all fare
    well. A list that is not asked because it failed lately still fails."""
    rows = wh.con.execute(
        "SELECT list_key, status, error FROM core.lists WHERE source = ? AND status <> 'ok'", [source_id]
    ).fetchall()
    failing = {key: (status, error or "") for key, status, error in rows}
    return next((failing[key] for key in map(list_key, urls) if key in failing), None)


def emptied(wh: Warehouse, source_id: str, url: str) -> bool:
    """Whether this list ever named an article, so that naming none is something to notice."""
    return bool(
        wh.con.execute(
            "SELECT 1 FROM core.sightings WHERE source = ? AND list_key = ? LIMIT 1", [source_id, list_key(url)]
        ).fetchall()
    )


def names_known(wh: Warehouse, source_id: str, refs: Sequence[ArticleRef], before: datetime) -> bool:
    """Whether a source had named any of these articles before that moment."""
    return bool(
        wh.con.execute(
            """SELECT 1 FROM core.frontier
               WHERE source = ? AND discovered_at < ? AND article_id IN (SELECT unnest(?::TEXT[])) LIMIT 1""",
            [source_id, before, [storable_text(ref.article_id) for ref in refs]],
        ).fetchall()
    )


def record_discovery(
    wh: Warehouse, source_id: str, list_url: str, validators: Validators, refs: Sequence[ArticleRef], now: datetime
) -> int:
    """Take in what a list named, and its validators, in one transaction: how many are now to be read.

    New: a ref that this source never named, unless its whole text is stored already (through another source or an
    import). Again: a known ref that this very list showed otherwise before (lists of one source may show an article
    differently), which keeps its place in the back-off when it was failing; and one that is not stored and for which
    this list now brings a text, which is due at once; and one that is gone and that this list did not name the last
    time. What another list knew of an article is never lost.
    """
    key = list_key(list_url)
    with wh.bookkeeping() as con:
        to_read = take_in(wh, source_id, key, refs, now)
        forget_absent(wh, source_id, key, refs)
        con.execute(
            """INSERT INTO core.lists (source, list_key, first_asked_at, etag, last_modified, body_hash, failures,
                                       next_attempt_at, last_success_at, status, error)
               VALUES ($source, $key, $now, $etag, $modified, $hash, 0, NULL, $now, 'ok', NULL)
               ON CONFLICT (source, list_key) DO UPDATE SET
                   etag = excluded.etag, last_modified = excluded.last_modified, body_hash = excluded.body_hash,
                   failures = 0, next_attempt_at = NULL, last_success_at = excluded.last_success_at, status = 'ok',
                   error = NULL""",
            {
                "source": source_id, "key": key, "now": now,
                "etag": validators.etag, "modified": validators.last_modified, "hash": validators.body_hash,
            },
        )  # fmt: skip
    return to_read


def queue(wh: Warehouse, source_id: str, list_url: str, refs: Sequence[ArticleRef], now: datetime) -> int:
    """Take in what a part of a list named, as record_discovery does; of the list itself nothing is said."""
    with wh.bookkeeping():
        return take_in(wh, source_id, list_key(list_url), refs, now)


def ask_again(wh: Warehouse, source_id: str, url: str) -> None:
    """Have the next run read a list, whatever it held and however it failed."""
    with wh.bookkeeping() as con:
        con.execute(
            """UPDATE core.lists SET next_attempt_at = NULL, etag = '', last_modified = '', body_hash = ''
               WHERE source = ? AND list_key = ?""",
            [source_id, list_key(url)],
        )


def record_list_unchanged(wh: Warehouse, source_id: str, url: str, now: datetime) -> None:
    """The list answered that nothing changed: what it failed with before is over."""
    with wh.bookkeeping() as con:
        con.execute(
            """UPDATE core.lists SET failures = 0, next_attempt_at = NULL, last_success_at = ?, status = 'ok',
                                     error = NULL
               WHERE source = ? AND list_key = ?""",
            [now, source_id, list_key(url)],
        )


def record_list_failure(
    wh: Warehouse, source_id: str, url: str, error: FetchError, now: datetime, next_attempt_at: datetime | None
) -> None:
    """Count a failure of a list; its validators stay. `next_attempt_at` None: ask at the next run."""
    with wh.bookkeeping() as con:
        con.execute(
            """INSERT INTO core.lists (source, list_key, first_asked_at, etag, last_modified, body_hash, failures,
                                       next_attempt_at, status, error)
               VALUES (?, ?, ?, '', '', '', 1, ?, ?, ?)
               ON CONFLICT (source, list_key) DO UPDATE SET failures = failures + 1,
                   next_attempt_at = excluded.next_attempt_at, status = excluded.status, error = excluded.error""",
            [source_id, list_key(url), now, next_attempt_at, error.status, storable_text(str(error))],
        )


def forgive(wh: Warehouse, now: datetime) -> None:
    """No outlet could be reached, so it was none of theirs: what failed in passing is asked for at the next run, and
    counts as never failed. Else a day without network would be followed by half a day of waiting."""
    with wh.bookkeeping() as con:
        con.execute("UPDATE core.lists SET failures = 0, next_attempt_at = NULL WHERE status = 'retry'")
        con.execute("UPDATE core.frontier SET attempts = 1, next_attempt_at = ? WHERE state = 'retry'", [now])


# -- articles ---------------------------------------------------------------------------------------------------------


def due(wh: Warehouse, source_id: str, now: datetime, limit: int) -> list[Queued]:
    """What this source has to read now, at most `limit`: what was never tried before what failed, then newest first.

    A pass leaves a refusing host alone after a few pages; those that it refused must not take every later pass's turn.
    """
    rows = wh.con.execute(
        """SELECT ref, attempts, etag, last_modified, body_hash, backlog FROM core.frontier
           WHERE source = ? AND next_attempt_at <= ?
           ORDER BY attempts, coalesce(published_at, discovered_at) DESC, position LIMIT ?""",
        [source_id, now, limit],
    ).fetchall()
    return [Queued(ArticleRef.from_json(row[0]), row[1], Validators(*row[2:5]), row[5]) for row in rows]


def newest_states(wh: Warehouse, source_id: str, limit: int) -> list[str]:
    """The states of the articles that a source named last, those not yet read left out: what its pages are like now."""
    rows = wh.con.execute(
        """SELECT state FROM core.frontier WHERE source = ? AND state <> 'queued'
           ORDER BY discovered_at DESC, position LIMIT ?""",
        [source_id, limit],
    ).fetchall()
    return [row[0] for row in rows]


def record_failure(
    wh: Warehouse, ref: ArticleRef, error: FetchError, now: datetime, next_attempt_at: datetime | None
) -> None:
    """Write down why an article could not be read and when to try again (never, for what is final).

    A stored article that is gone keeps its text and is marked in core.articles.gone_at.
    """
    again = None if error.status in FINAL else next_attempt_at
    with wh.bookkeeping() as con:
        con.execute(
            """UPDATE core.frontier
               SET state = ?, attempts = attempts + 1, next_attempt_at = ?, updated_at = ?, error = ?
               WHERE source = ? AND article_id = ?""",
            [error.status, again, now, storable_text(str(error)), ref.source, ref.article_id],
        )
        if error.status == "gone":
            mark_gone(wh, ref, _stored_as(con, ref), now)


def record_unchanged(wh: Warehouse, ref: ArticleRef, now: datetime) -> None:
    """The article's page answered that nothing changed: settled, or tried again later when only a part is stored."""
    with wh.bookkeeping() as con:
        mark_back(wh, [_stored_as(con, ref)])
        settle(wh, [(ref, None)], now)


def record_found_elsewhere(wh: Warehouse, ref: ArticleRef, article_id: str, now: datetime) -> None:
    """The page of a ref only points to an article, which is stored: the ref is settled, and known to be that article."""
    with wh.bookkeeping() as con:
        resolve(con, {ref.article_id: article_id})
        settle(wh, [(ref, None)], now)


def is_stored_whole(wh: Warehouse, article_id: str) -> bool:
    """Whether an article is stored, and not only a part of it."""
    return bool(
        wh.con.execute(
            "SELECT 1 FROM core.articles WHERE article_id = ? AND kind <> 'partial'", [article_id]
        ).fetchall()
    )


def is_newer(wh: Warehouse, article_id: str, moment: datetime) -> bool:
    """Whether an article is stored whole, and was read after that moment."""
    rows = wh.con.execute(
        "SELECT updated_at FROM core.articles WHERE article_id = ? AND kind <> 'partial'", [article_id]
    ).fetchall()
    return bool(rows) and rows[0][0] > moment


def is_old(wh: Warehouse, ref: ArticleRef, before: datetime) -> bool:
    """Whether an article stood in a list when that was read for the first time, or was named before that moment."""
    return bool(
        wh.con.execute(
            "SELECT 1 FROM core.frontier WHERE source = ? AND article_id = ? AND (backlog OR discovered_at < ?)",
            [ref.source, ref.article_id, before],
        ).fetchall()
    )


def settle(
    wh: Warehouse,
    read: Sequence[tuple[ArticleRef, Validators | None]],
    now: datetime,
    kinds: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Inside the caller's transaction and after the load: these refs were read. `Validators` None keeps the old ones;
    `kinds`: those of stored articles, as far as they are known.

    What is stored only in part is due again, at growing intervals. What is stored whole is no backlog any more: a
    later version of it is judged as news.
    """
    if not read:
        return
    known = rows_by(
        wh.con, "source, article_id, coalesce(resolved_id, article_id), attempts, rowid", "core.frontier", "article_id",
        [ref.article_id for ref, _ in read],
    )  # fmt: skip
    asked = [row[2] for row in known if row[2] not in kinds]
    kinds = {**kinds, **dict(rows_by(wh.con, "article_id, kind", "core.articles", "article_id", asked))}
    tried = {(row[0], row[1]): row[3] for row in known if kinds.get(row[2]) == "partial"}
    places = {(row[0], row[1]): row[4] for row in known}
    rows = {}
    for ref, validators in read:
        key = (ref.source, ref.article_id)
        if key not in places:
            continue
        fields = _fields(validators) if validators else (None, None, None)
        attempts = tried[key] + 1 if key in tried else 0
        again = next_try(attempts, "partial", None, now) if attempts else None
        row = (places[key], "partial" if attempts else "stored", attempts, again, now, *fields)
        rows[key] = dict(zip(_SETTLED.names, row, strict=True))
    wh.insert(
        """UPDATE core.frontier AS f SET state = i.state, attempts = i.attempts, next_attempt_at = i.next_attempt_at,
               updated_at = i.updated_at, error = NULL, backlog = f.backlog AND i.state = 'partial', etag = coalesce(i.etag, f.etag),
               last_modified = coalesce(i.last_modified, f.last_modified),
               body_hash = coalesce(i.body_hash, f.body_hash)
           FROM incoming i WHERE f.rowid = i.place""",
        pa.Table.from_pylist(list(rows.values()), _SETTLED),
    )


def resolved_ids(con: duckdb.DuckDBPyConnection, article_ids: Sequence[str]) -> dict[str, str]:
    """The ids under which articles are stored, by the ids that lists give them, where these differ."""
    rows = rows_by(con, "article_id, resolved_id", "core.frontier", "article_id", article_ids)
    return {article_id: resolved for article_id, resolved in rows if resolved is not None}


def _stored_as(con: duckdb.DuckDBPyConnection, ref: ArticleRef) -> str:
    return resolved_ids(con, [ref.article_id]).get(ref.article_id, ref.article_id)


def resolve(con: duckdb.DuckDBPyConnection, stored_as: Mapping[str, str]) -> None:
    """Inside the caller's transaction: the articles that lists name so are stored under these ids."""
    rows = rows_by(con, "article_id, resolved_id, rowid", "core.frontier", "article_id", stored_as)
    for listed, resolved, place in rows:
        if resolved != stored_as[listed]:
            con.execute("UPDATE core.frontier SET resolved_id = ? WHERE rowid = ?", [stored_as[listed], place])


_TIME = pa.timestamp("us", tz="UTC")
_SETTLED = pa.schema(
    {
        "place": pa.int64(), "state": pa.string(), "attempts": pa.int32(), "next_attempt_at": _TIME,
        "updated_at": _TIME, "etag": pa.string(), "last_modified": pa.string(), "body_hash": pa.string(),
    }
)  # fmt: skip


def _fields(validators: Validators) -> tuple[str, str, str]:
    return validators.etag, validators.last_modified, validators.body_hash
