"""What is still to be read: articles that lists named, the lists themselves, and each host's robots.txt.

States of an article: queued (never read, or shown changed) · stored · partial (only a part of the text is stored) ·
and the words of FetchError.status. Due is what has a `next_attempt_at` that has come; settled rows have none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

import pyarrow as pa

from sources.article import ArticleRef, Validators
from sources.errors import FetchError
from warehouse.store import Warehouse

FINAL = frozenset({"gone", "not_an_article"})


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
    """An article that is due. `attempts` counts failures since it was queued; `validators` are those of its page."""

    ref: ArticleRef
    attempts: int
    validators: Validators


@dataclass(frozen=True, slots=True)
class ListState:
    """What is known of a list; `failures` counts those in a row."""

    validators: Validators = field(default_factory=Validators)
    failures: int = 0
    next_attempt_at: datetime | None = None


class RobotsRow(NamedTuple):
    """A robots.txt as last read; `fetched_at` is aware."""

    host: str
    text: str
    status: int
    fetched_at: datetime


class _RobotsText(Protocol):
    """What save_robots reads of a robots.txt, whoever made it."""

    @property
    def text(self) -> str: ...
    @property
    def status(self) -> int: ...
    @property
    def fetched_at(self) -> datetime: ...


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
        "SELECT etag, last_modified, body_hash, failures, next_attempt_at FROM core.lists WHERE source = ? AND url = ?",
        [source_id, url],
    ).fetchall()
    return ListState(Validators(*rows[0][:3]), rows[0][3], rows[0][4]) if rows else ListState()


def has_succeeded(wh: Warehouse, source_id: str) -> bool:
    """Whether a list of this source was ever read; until then its articles are old ones, not news."""
    return bool(
        wh.con.execute(
            "SELECT 1 FROM core.lists WHERE source = ? AND last_success_at IS NOT NULL LIMIT 1", [source_id]
        ).fetchall()
    )


def record_discovery(
    wh: Warehouse, source_id: str, list_url: str, validators: Validators, refs: Sequence[ArticleRef], now: datetime
) -> int:
    """Take in what a list named, and its validators, in one transaction: how many are now to be read.

    New: a ref that this source never named, unless its whole text is stored already (through another source or an
    import). Again: a known ref whose fingerprint changed; it keeps its place in the back-off when it was failing.
    """
    # A list that names an article twice means its first place. The row and its ref must agree on the source's id:
    # a ref that comes out of due() finds its row by it.
    first = {ref.article_id: (position, ref) for position, ref in reversed(list(enumerate(refs)))}
    named = [_ref_row(replace(ref, source=source_id), position, now) for position, ref in first.values()]
    rows = pa.Table.from_pylist(named, _REFS)
    with wh.bookkeeping() as con:
        wh.insert(
            """CREATE OR REPLACE TEMP TABLE named AS
               SELECT i.*, f.article_id IS NULL AS is_new,
                      f.fingerprint IS NOT NULL AND f.fingerprint <> i.fingerprint AS is_changed,
                      a.kind IS NOT NULL AND a.kind <> 'partial' AS is_stored
               FROM incoming i
               LEFT JOIN core.frontier f ON f.source = i.source AND f.article_id = i.article_id
               LEFT JOIN core.articles a ON a.article_id = i.article_id""",
            rows,
        )
        con.execute(
            """INSERT INTO core.frontier BY NAME
               SELECT source, article_id, url, ref, fingerprint, published_at, discovered_at, position,
                      CASE WHEN is_stored THEN 'stored' ELSE 'queued' END AS state, 0 AS attempts,
                      CASE WHEN is_stored THEN NULL ELSE discovered_at END AS next_attempt_at,
                      discovered_at AS updated_at, '' AS etag, '' AS last_modified, '' AS body_hash
               FROM named WHERE is_new"""
        )
        con.execute(
            """UPDATE core.frontier AS f SET
                   ref = n.ref, fingerprint = n.fingerprint, published_at = n.published_at,
                   updated_at = n.discovered_at,
                   etag = CASE WHEN f.url = n.url THEN f.etag ELSE '' END,
                   last_modified = CASE WHEN f.url = n.url THEN f.last_modified ELSE '' END,
                   body_hash = CASE WHEN f.url = n.url THEN f.body_hash ELSE '' END,
                   url = n.url,
                   attempts = CASE WHEN f.state IN ('retry', 'blocked') THEN f.attempts ELSE 0 END,
                   next_attempt_at = CASE WHEN f.state IN ('retry', 'blocked') THEN f.next_attempt_at
                                          ELSE n.discovered_at END,
                   state = CASE WHEN f.state IN ('retry', 'blocked') THEN f.state ELSE 'queued' END
               FROM named n WHERE n.is_changed AND f.source = n.source AND f.article_id = n.article_id"""
        )
        queued = con.execute("SELECT count(*) FROM named WHERE is_changed OR (is_new AND NOT is_stored)").fetchall()
        con.execute("DROP TABLE named")
        con.execute(
            """INSERT OR REPLACE INTO core.lists
               (source, url, etag, last_modified, body_hash, failures, next_attempt_at, last_success_at, status, error)
               VALUES (?, ?, ?, ?, ?, 0, NULL, ?, 'ok', NULL)""",
            [source_id, list_url, validators.etag, validators.last_modified, validators.body_hash, now],
        )
    return int(queued[0][0])


def record_list_unchanged(wh: Warehouse, source_id: str, url: str, now: datetime) -> None:
    """The list answered that nothing changed: what it failed with before is over."""
    with wh.bookkeeping() as con:
        con.execute(
            """UPDATE core.lists SET failures = 0, next_attempt_at = NULL, last_success_at = ?, status = 'ok',
                                     error = NULL
               WHERE source = ? AND url = ?""",
            [now, source_id, url],
        )


def record_list_failure(
    wh: Warehouse, source_id: str, url: str, error: FetchError, now: datetime, next_attempt_at: datetime | None
) -> None:
    """Count a failure of a list; its validators stay. `next_attempt_at` None: ask at the next run."""
    with wh.bookkeeping() as con:
        con.execute(
            """INSERT INTO core.lists
               (source, url, etag, last_modified, body_hash, failures, next_attempt_at, status, error)
               VALUES (?, ?, '', '', '', 1, ?, ?, ?)
               ON CONFLICT (source, url) DO UPDATE SET failures = failures + 1,
                   next_attempt_at = excluded.next_attempt_at, status = excluded.status, error = excluded.error""",
            [source_id, url, next_attempt_at, error.status, str(error)],
        )


# -- articles ---------------------------------------------------------------------------------------------------------


def due(wh: Warehouse, source_id: str, now: datetime, limit: int) -> list[Queued]:
    """What this source has to read now, newest first, at most `limit`."""
    rows = wh.con.execute(
        """SELECT ref, attempts, etag, last_modified, body_hash FROM core.frontier
           WHERE source = ? AND next_attempt_at <= ?
           ORDER BY coalesce(published_at, discovered_at) DESC, position LIMIT ?""",
        [source_id, now, limit],
    ).fetchall()
    return [Queued(ArticleRef.from_json(row[0]), row[1], Validators(*row[2:])) for row in rows]


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
            [error.status, again, now, str(error), ref.source, ref.article_id],
        )
        if error.status == "gone":
            con.execute(
                "UPDATE core.articles SET gone_at = ? WHERE article_id = ? AND gone_at IS NULL", [now, ref.article_id]
            )


def record_unchanged(wh: Warehouse, ref: ArticleRef, now: datetime) -> None:
    """The article's page answered that nothing changed: settled, or tried again later when only a part is stored."""
    with wh.bookkeeping():
        settle(wh, [(ref, None)], now)


def settle(wh: Warehouse, read: Sequence[tuple[ArticleRef, Validators | None]], now: datetime) -> None:
    """Inside the caller's transaction and after the load: these refs were read. `Validators` None keeps the old ones.

    What is stored only in part is due again, at growing intervals.
    """
    if not read:
        return
    tried = dict(
        wh.con.execute(
            """SELECT f.source || chr(10) || f.article_id, f.attempts
               FROM core.frontier f JOIN core.articles a USING (article_id)
               WHERE a.kind = 'partial' AND f.article_id IN (SELECT unnest(?::TEXT[]))""",
            [[ref.article_id for ref, _ in read]],
        ).fetchall()
    )
    rows = {}
    for ref, validators in read:
        key = f"{ref.source}\n{ref.article_id}"
        fields = _fields(validators) if validators else (None, None, None)
        attempts = tried[key] + 1 if key in tried else 0
        again = next_try(attempts, "partial", None, now) if attempts else None
        row = (ref.source, ref.article_id, "partial" if attempts else "stored", attempts, again, now, *fields)
        rows[key] = dict(zip(_SETTLED.names, row, strict=True))
    wh.insert(
        """UPDATE core.frontier AS f SET state = i.state, attempts = i.attempts, next_attempt_at = i.next_attempt_at,
               updated_at = i.updated_at, error = NULL, etag = coalesce(i.etag, f.etag),
               last_modified = coalesce(i.last_modified, f.last_modified),
               body_hash = coalesce(i.body_hash, f.body_hash)
           FROM incoming i WHERE f.source = i.source AND f.article_id = i.article_id""",
        pa.Table.from_pylist(list(rows.values()), _SETTLED),
    )


# -- robots.txt -------------------------------------------------------------------------------------------------------


def load_robots(wh: Warehouse) -> dict[str, RobotsRow]:
    """Every robots.txt that was read, by host."""
    rows = wh.con.execute("SELECT host, text, status, fetched_at FROM core.robots").fetchall()
    return {row[0]: RobotsRow(*row) for row in rows}


def save_robots(wh: Warehouse, robots: Mapping[str, _RobotsText]) -> None:
    """Keep what is newer than what is stored; writes nothing when nothing is."""
    known = load_robots(wh)
    fresh = [
        [host, one.text, one.status, one.fetched_at]
        for host, one in robots.items()
        if host not in known or known[host].fetched_at != one.fetched_at
    ]
    if fresh:
        with wh.bookkeeping() as con:
            con.executemany("INSERT OR REPLACE INTO core.robots VALUES (?, ?, ?, ?)", fresh)


_TEXT = ("source", "article_id", "url", "ref", "fingerprint")
_TIME = pa.timestamp("us", tz="UTC")
_REFS = pa.schema(
    [(name, pa.string()) for name in _TEXT]
    + [("published_at", _TIME), ("discovered_at", _TIME), ("position", pa.int32())]
)
_SETTLED = pa.schema(
    {
        "source": pa.string(), "article_id": pa.string(), "state": pa.string(), "attempts": pa.int32(),
        "next_attempt_at": _TIME, "updated_at": _TIME, "etag": pa.string(), "last_modified": pa.string(),
        "body_hash": pa.string(),
    }
)  # fmt: skip


def _ref_row(ref: ArticleRef, position: int, now: datetime) -> dict[str, object]:
    return {
        "source": ref.source,
        "article_id": ref.article_id,
        "url": ref.fetch_url or ref.url,
        "ref": ref.to_json(),
        "fingerprint": ref.fingerprint,
        "published_at": ref.published_at,
        "discovered_at": now,
        "position": position,
    }


def _fields(validators: Validators) -> tuple[str, str, str]:
    return validators.etag, validators.last_modified, validators.body_hash
