"""How things stand, in numbers: for `tanma status`, `tanma doctor` and those who scrape. Reads, writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from sources.errors import WarehouseError
from warehouse.backups import backups
from warehouse.incidents import HEARTBEAT, PATIENCE
from warehouse.query import open_published


@dataclass(frozen=True, slots=True)
class LastRun:
    """The last run of a kind that ended; `seconds` is how long it took."""

    kind: str
    run_id: str
    status: str
    ended_at: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class SourceStanding:
    """A row of source_health."""

    source: str
    state: str
    since: datetime
    checked_at: datetime
    last_success_at: datetime | None
    note: str


@dataclass(frozen=True, slots=True)
class ChannelStanding:
    """The outbox of a channel by the words of alerts.status; `late` of the pending ones are due for longer than
    incidents.PATIENCE."""

    channel: str
    pending: int
    sending: int
    sent: int
    failed: int
    suppressed: int
    late: int
    last_sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Traffic:
    """The requests of one run for one source (empty: robots.txt) with one outcome."""

    source: str
    outcome: str
    requests: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Standing:
    """`heartbeat_at`: when ops got its last one, None: never. `incidents`: those under way, as (kind, subject)."""

    articles: int
    runs: tuple[LastRun, ...]
    sources: tuple[SourceStanding, ...]
    channels: tuple[ChannelStanding, ...]
    incidents: tuple[tuple[str, str], ...]
    heartbeat_at: datetime | None


def standing(con: duckdb.DuckDBPyConnection, now: datetime) -> Standing:
    """From the work file or the published one, of today's schema. Raises duckdb.Error."""
    rows = con.execute("SELECT value FROM core.settings WHERE name = ?", [HEARTBEAT]).fetchall()
    return Standing(
        articles=con.execute("SELECT count(*) FROM core.articles").fetchall()[0][0],
        runs=tuple(
            LastRun(*row)
            for row in con.execute(
                """SELECT kind, arg_max(run_id, ended_at), arg_max(status, ended_at), max(ended_at),
                          arg_max(epoch(ended_at - started_at), ended_at)
                   FROM core.runs WHERE ended_at IS NOT NULL GROUP BY kind ORDER BY kind"""
            ).fetchall()
        ),
        sources=tuple(
            SourceStanding(*row)
            for row in con.execute(
                "SELECT source, state, since, checked_at, last_success_at, note FROM core.source_health ORDER BY source"
            ).fetchall()
        ),
        channels=_channels(con, now),
        incidents=tuple(
            con.execute("SELECT kind, subject FROM core.incidents WHERE over_at IS NULL ORDER BY ALL").fetchall()
        ),
        heartbeat_at=datetime.fromisoformat(rows[0][0]) if rows else None,
    )


def published_standing(folder: Path, now: datetime) -> Standing:
    """From the published file of a warehouse folder. Raises NotPublished, WarehouseError."""
    with open_published(folder) as con:
        try:
            return standing(con, now)
        except duckdb.Error as error:  # of an older schema, of which there is no other sign as quick
            words = "was published by another version of Tanma; the next run writes it anew"
            raise WarehouseError(f"{folder / 'tanma.duckdb'}: {words}") from error


def traffic(con: duckdb.DuckDBPyConnection, run_id: str) -> list[Traffic]:
    """What a run asked for, and what came."""
    rows = con.execute(
        """SELECT source, outcome, count(*), sum(coalesce(bytes, 0))::BIGINT FROM core.fetches
           WHERE run_id = ? GROUP BY ALL ORDER BY ALL""",
        [run_id],
    ).fetchall()
    return [Traffic(*row) for row in rows]


def sizes(folder: Path) -> dict[str, int]:
    """Bytes of the work file and of the published one; of a file that is not there, 0."""
    places = {"work": folder / "work" / "tanma.duckdb", "published": folder / "tanma.duckdb"}
    return {name: place.stat().st_size if place.exists() else 0 for name, place in places.items()}


def newest_backup(folder: Path) -> datetime | None:
    """When the newest backup was made; None when there is none."""
    return next((one.made_at for one in backups(folder)), None)


def _channels(con: duckdb.DuckDBPyConnection, now: datetime) -> tuple[ChannelStanding, ...]:
    rows = con.execute(
        """SELECT channel,
                  count(*) FILTER (status = 'pending'), count(*) FILTER (status = 'sending'),
                  count(*) FILTER (status = 'sent'), count(*) FILTER (status = 'failed'),
                  count(*) FILTER (status = 'suppressed'),
                  count(*) FILTER (status = 'pending' AND coalesce(due_at, next_attempt_at) < ?),
                  max(sent_at)
           FROM core.alerts GROUP BY channel ORDER BY channel""",
        [now - PATIENCE],
    ).fetchall()
    return tuple(ChannelStanding(*row) for row in rows)
