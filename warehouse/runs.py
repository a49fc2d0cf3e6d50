"""What was done: runs, requests, and how each source fares."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import pyarrow as pa

from warehouse.health import WELL, HealthState
from warehouse.storable import storable_text
from warehouse.store import Warehouse


class Fetch(Protocol):
    """What record_fetches reads of a request, whoever recorded it. `url` holds no secret; `seconds` is how long it
    took; `http_status` None: there was no answer."""

    @property
    def url(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def outcome(self) -> str: ...
    @property
    def http_status(self) -> int | None: ...
    @property
    def bytes(self) -> int: ...
    @property
    def seconds(self) -> float: ...


def begin_run(wh: Warehouse, kind: str, via: str, now: datetime) -> str:
    """Write down that a run has begun and return its id: its start in UTC, `20261121T213000`, counted on if need be.

    The lock is ours, so a run that still stands as running was killed: it becomes `interrupted`.
    """
    stem = f"{now.astimezone(UTC):%Y%m%dT%H%M%S}"
    with wh.bookkeeping() as con:
        con.execute("UPDATE core.runs SET status = 'interrupted' WHERE status = 'running'")
        same = con.execute("SELECT count(*) FROM core.runs WHERE starts_with(run_id, ?)", [stem]).fetchall()[0][0]
        run_id = f"{stem}-{same + 1}" if same else stem
        con.execute("INSERT INTO core.runs VALUES (?, ?, ?, 'running', ?, NULL, '{}')", [run_id, kind, via, now])
    return run_id


def end_run(wh: Warehouse, run_id: str, counts: Mapping[str, int], status: str, now: datetime) -> float:
    """Write down how a run ended and what it counted; return how many seconds it took."""
    with wh.bookkeeping() as con:
        started: list[tuple[datetime]] = con.execute(
            "UPDATE core.runs SET ended_at = ?, status = ?, counts = ? WHERE run_id = ? RETURNING started_at",
            [now, status, json.dumps(dict(counts)), run_id],
        ).fetchall()
    return (now - started[0][0]).total_seconds()


def record_fetches(wh: Warehouse, run_id: str, made: Mapping[str, Iterable[Fetch]]) -> None:
    """Write down requests by the id of the source for which they were made; an empty id: for none in particular."""
    rows = [
        {
            "run_id": run_id,
            "source": source_id,
            "url": fetch.url,
            "fetched_at": fetch.at,
            "outcome": fetch.outcome,
            "http_status": fetch.http_status,
            "bytes": fetch.bytes,
            "seconds": fetch.seconds,
        }
        for source_id, fetches in made.items()
        for fetch in fetches
    ]
    if rows:
        with wh.bookkeeping():
            wh.insert("INSERT INTO core.fetches BY NAME FROM incoming", pa.Table.from_pylist(rows, _FETCHES))


def reached_nobody(wh: Warehouse, run_id: str) -> bool:
    """Whether a run asked several hosts and not one of them answered, whatever: then it is the network of this machine."""
    answered, hosts = wh.con.execute(
        """SELECT count(http_status), count(DISTINCT split_part(url, '/', 3)) FROM core.fetches WHERE run_id = ?""",
        [run_id],
    ).fetchall()[0]
    return bool(answered == 0 and hosts > 1)


@dataclass(frozen=True, slots=True)
class Incident:
    """A state of a source that ops does not know of yet: trouble, or the end of it (`ok` or `quiet`)."""

    source: str
    state: HealthState
    note: str


def record_health(wh: Warehouse, source_id: str, state: HealthState, now: datetime, note: str) -> None:
    """Write down how a source fares. Only a change of its state is something that readers wait for."""
    known = wh.con.execute("SELECT state FROM core.source_health WHERE source = ?", [source_id]).fetchall()
    with wh.bookkeeping() if known == [(state,)] else wh.transaction() as con:
        con.execute(
            """INSERT INTO core.source_health (source, state, since, checked_at, last_success_at, note)
               VALUES ($source, $state, $now, $now, $success, $note)
               ON CONFLICT (source) DO UPDATE SET
                   since = CASE WHEN source_health.state = excluded.state THEN source_health.since
                                ELSE excluded.since END,
                   state = excluded.state, checked_at = excluded.checked_at, note = excluded.note,
                   last_success_at = coalesce(excluded.last_success_at, source_health.last_success_at)""",
            {
                "source": source_id, "state": state, "now": now, "success": now if state in WELL else None,
                "note": storable_text(note),
            },
        )  # fmt: skip


def untold(wh: Warehouse) -> list[Incident]:
    """What ops is still to be told: the sources whose state is another than the one told last, longest first.

    ok and quiet are both well: going from one to the other is no news, and a source is taken for well at first.
    """
    rows = wh.con.execute(
        """SELECT source, state, note FROM core.source_health
           WHERE replace(if(state = 'quiet', 'ok', state), 'failing', 'blocked')
                 <> replace(if(told_state = 'quiet', 'ok', told_state), 'failing', 'blocked')
             AND (state <> 'failing' OR checked_at - since >= INTERVAL 30 MINUTE)
           ORDER BY since, source"""
    ).fetchall()
    return [Incident(*row) for row in rows]


def mark_told(wh: Warehouse, source_ids: Sequence[str]) -> None:
    """Ops was told of the state in which these sources are. Call it when the message has arrived, not before."""
    with wh.bookkeeping() as con:
        con.execute(
            "UPDATE core.source_health SET told_state = state WHERE source IN (SELECT unnest(?::TEXT[]))",
            [list(source_ids)],
        )


_FETCHES = pa.schema(
    {
        "run_id": pa.string(), "source": pa.string(), "url": pa.string(), "fetched_at": pa.timestamp("us", tz="UTC"),
        "outcome": pa.string(), "http_status": pa.int32(), "bytes": pa.int64(), "seconds": pa.float64(),
    }
)  # fmt: skip
