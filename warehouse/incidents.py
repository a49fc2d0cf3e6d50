"""What ops is to hear of beside the sources: channels that fail, alerts that wait too long, runs that did not happen.

Each incident is told once when it begins and once when it is over, also across restarts: it is a row until ops has
heard of its end, and goes unheard when it was over before ops could be told.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Literal

from warehouse.migrate import change_setting
from warehouse.storable import storable_text
from warehouse.store import Warehouse

Kind = Literal["channel", "backlog", "gap"]

PATIENCE = timedelta(minutes=30)  # for which an alert may wait though it is due
GAP = 3  # times the usual time between two runs, from which on a run is missed
_LEAST_GAP = timedelta(minutes=30)
_LEAST_RUNS = 6  # that tell what is usual
HEARTBEAT = "heartbeat_told"  # in core.settings


@dataclass(frozen=True, slots=True)
class Incident:
    """`over`: ops knows of it, or need not, and is to hear that it is over. A gap is over when it is found."""

    kind: Kind
    subject: str
    note: str
    began_at: datetime
    over: bool


@dataclass(frozen=True, slots=True)
class Counts:
    """What happened since a moment, for the heartbeat: `waiting` and `trouble` (sources, incidents) are of today."""

    articles: int
    outlets: int
    sent: int
    suppressed: int
    failed: int
    waiting: int
    trouble: int


def begin(wh: Warehouse, kind: Kind, subject: str, note: str, now: datetime) -> None:
    """An incident is under way; one that is known already stays as it began."""
    with wh.bookkeeping() as con:
        con.execute(
            """INSERT INTO core.incidents VALUES (?, ?, ?, ?, NULL, NULL)
               ON CONFLICT (kind, subject) DO UPDATE SET over_at = NULL""",
            [kind, subject, storable_text(note), now],
        )


def end(wh: Warehouse, kind: Kind, subject: str, now: datetime) -> None:
    """It is over, if it was there at all."""
    known = wh.con.execute(
        "SELECT told_at FROM core.incidents WHERE kind = ? AND subject = ? AND over_at IS NULL", [kind, subject]
    ).fetchall()
    if not known:
        return  # no write: this is asked after every message
    change = "DELETE FROM core.incidents" if known == [(None,)] else "UPDATE core.incidents SET over_at = $now"
    given = {"kind": kind, "subject": subject} | ({} if known == [(None,)] else {"now": now})
    with wh.bookkeeping() as con:
        con.execute(f"{change} WHERE kind = $kind AND subject = $subject", given)


def untold(wh: Warehouse) -> list[Incident]:
    """What ops is still to hear, the oldest first."""
    rows = wh.con.execute(
        """SELECT kind, subject, note, began_at, over_at IS NOT NULL FROM core.incidents
           WHERE told_at IS NULL OR over_at IS NOT NULL ORDER BY began_at, kind, subject"""
    ).fetchall()
    return [Incident(*row) for row in rows]


def mark_told(wh: Warehouse, some: Sequence[Incident], now: datetime) -> None:
    """Ops was told of these. Call it when the message has arrived, not before."""
    with wh.bookkeeping() as con:
        for one in some:
            change = "DELETE FROM core.incidents" if one.over else "UPDATE core.incidents SET told_at = $now"
            given = {"kind": one.kind, "subject": one.subject} | ({} if one.over else {"now": now})
            con.execute(f"{change} WHERE kind = $kind AND subject = $subject", given)


def judge_backlog(wh: Warehouse, now: datetime) -> None:
    """Begin and end the incidents of channels for which alerts wait longer than PATIENCE though they are due. Of a
    channel that refuses its messages ops knows already, whatever waits for it."""
    rows = wh.con.execute(
        """SELECT channel, count(*), min(coalesce(due_at, next_attempt_at)) AS since FROM core.alerts
           WHERE status = 'pending' GROUP BY channel HAVING since < ?""",
        [now - PATIENCE],
    ).fetchall()
    late = {channel: (count, since) for channel, count, since in rows}
    rows = wh.con.execute(
        "SELECT kind, subject FROM core.incidents WHERE kind IN ('backlog', 'channel') AND over_at IS NULL"
    ).fetchall()
    known = {subject for kind, subject in rows if kind == "backlog"}
    refusing = {subject for kind, subject in rows if kind == "channel"}
    for channel, (count, since) in late.items():
        if channel not in known | refusing:
            begin(wh, "backlog", channel, str(count), since)
    for channel in known - late.keys():
        end(wh, "backlog", channel, now)


def judge_gap(wh: Warehouse, run_id: str, longest: timedelta = timedelta()) -> None:
    """Note, when this run of collecting begins, that none began for much longer than usual, or since ops was told so.

    Where sources are read at a pace of their own, what is usual by day is not by night: up to twice `longest`, after
    which one of them is read however quiet it is, nothing was missed. A fresh monitor, of which nobody knows what is
    usual, misses nothing.
    """
    rows = wh.con.execute(
        """SELECT started_at, run_id FROM core.runs WHERE kind = 'collect' ORDER BY started_at DESC, run_id DESC LIMIT 21"""
    ).fetchall()
    told = missed = _told_silence(wh.folder)
    if missed is None and len(rows) > _LEAST_RUNS and rows[0][1] == run_id:
        gaps = [later - earlier for (later, _), (earlier, _) in pairwise(rows)]
        usual = timedelta(seconds=round(_usual(gaps[1:]).total_seconds()))
        if gaps[0] > max(GAP * usual, _LEAST_GAP, 2 * longest):
            missed = rows[1][0], usual
    if missed is not None:
        since, usual = missed
        with wh.bookkeeping() as con:
            con.execute(
                "INSERT OR REPLACE INTO core.incidents VALUES ('gap', ?, ?, ?, NULL, ?)",
                [since.isoformat(), str(round(usual.total_seconds())), since, rows[0][0]],
            )
    if told:
        _write_silence(wh.folder, *told, over=True)


def _usual(gaps: Sequence[timedelta]) -> timedelta:
    """The longest of most: sources of several intervals are read in bunches, and the pause between two bunches is as
    usual as those within. A few pauses that were longer than all others were missed runs themselves."""
    return sorted(gaps)[(len(gaps) - 1) * 17 // 20]


def note_silence(folder: Path, since: datetime, usual: timedelta) -> None:
    """Ops was told, by somebody who has no warehouse open, that nothing is collected: the next run says that it is."""
    _write_silence(folder, since, usual, over=False)


def silence_told(folder: Path) -> bool:
    """Whether ops knows of a silence that lasts, or that ends with the run that is under way."""
    return _silence(folder).exists()


def forget_silence(folder: Path) -> None:
    """A run has ended since: the next silence is another one."""
    _silence(folder).unlink(missing_ok=True)


def _write_silence(folder: Path, since: datetime, usual: timedelta, *, over: bool) -> None:
    told = json.dumps({"since": since.isoformat(), "usual": usual.total_seconds(), "over": over})
    _silence(folder).write_text(told, "utf-8")


def _told_silence(folder: Path) -> tuple[datetime, timedelta] | None:
    """The silence that ops knows of and that no run has ended."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        told = json.loads(_silence(folder).read_text("utf-8"))
        if told["over"]:
            return None
        return datetime.fromisoformat(told["since"]), timedelta(seconds=told["usual"])
    return None


def _silence(folder: Path) -> Path:
    return folder / "work" / "silence.json"


def heartbeat_since(wh: Warehouse, now: datetime) -> datetime:
    """When ops got its last heartbeat; for the first that there will be, now, which is kept."""
    rows = wh.con.execute("SELECT value FROM core.settings WHERE name = ?", [HEARTBEAT]).fetchall()
    if rows:
        return datetime.fromisoformat(rows[0][0])
    mark_heartbeat(wh, now)
    return now


def mark_heartbeat(wh: Warehouse, now: datetime) -> None:
    """Ops got one."""
    with wh.bookkeeping() as con:
        change_setting(con, HEARTBEAT, now.isoformat())


def counts(wh: Warehouse, since: datetime) -> Counts:
    """What a heartbeat says of the time since then."""
    row = wh.con.execute(
        """SELECT
             (SELECT count(*) FROM core.articles WHERE first_seen_at > $since),
             (SELECT count(DISTINCT outlet) FROM core.articles WHERE first_seen_at > $since),
             (SELECT count(*) FROM core.alerts WHERE status = 'sent' AND sent_at > $since),
             (SELECT count(*) FROM core.alerts WHERE status = 'suppressed' AND created_at > $since),
             (SELECT count(*) FROM core.alerts WHERE status = 'failed' AND created_at > $since),
             (SELECT count(*) FROM core.alerts WHERE status IN ('pending', 'sending')),
             (SELECT count(*) FROM core.source_health WHERE state NOT IN ('ok', 'quiet'))
               + (SELECT count(*) FROM core.incidents WHERE over_at IS NULL)""",
        {"since": since},
    ).fetchall()[0]
    return Counts(*row)
