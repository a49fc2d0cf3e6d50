"""The outbox: which alerts go out next as one message, and what became of them.

Claim, send, settle. `claim` marks the alerts of one message as `sending` in a transaction of its own before anything
is sent, so that a killed process leaves a trace; the warehouse lock is exclusive, so rows found `sending` when a pass
starts belong to a dead one, and `recover` makes them pending again, but for those whose yes was noted (receipts.py).
Between a channel's yes and the note lies the only moment at which a kill repeats a message, and it repeats that one
alone; nothing is ever lost.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from warehouse import receipts
from warehouse.alertviews import AlertView, alert_views
from warehouse.store import Warehouse

# In `reason` of a pending alert: its channel named a time before which it wants nothing.
WAITING = "the channel asked to wait"
_DUE = "status = 'pending' AND next_attempt_at <= $now AND NOT list_contains($skip::VARCHAR[], channel)"
_BURST = 100  # stories, which are more than any service takes in a message
_SENT = "status = 'sent', sent_at = $now, next_attempt_at = NULL, last_error = NULL"


@dataclass(frozen=True, slots=True)
class Claim:
    """The alerts of one message: of one story, or, when `digest` names its rule, all that is due by that rule; with
    `burst`, the first of many stories, as many of which are told in one message as it holds.

    `attempts`: how often the most tried of them has been handed to the channel, this time included.
    """

    channel: str
    digest: str
    attempts: int
    views: tuple[AlertView, ...]
    burst: bool = False

    @property
    def alert_ids(self) -> tuple[str, ...]:
        return tuple(view.alert_id for view in self.views)


def recover(wh: Warehouse) -> int:
    """Make alerts that a killed process left `sending` pending again, due as they were; returns how many.

    Those that it had noted as accepted are `sent`.
    """
    if not wh.con.execute("SELECT 1 FROM core.alerts WHERE status = 'sending' LIMIT 1").fetchall():
        return 0  # no write: a pass that finds nothing to do must not cause a publication
    accepted = receipts.noted(wh.folder)
    with wh.transaction() as con:
        for alert_id, at in accepted.items():
            con.execute(
                f"UPDATE core.alerts SET {_SENT} WHERE status = 'sending' AND alert_id = $id",
                {"now": at, "id": alert_id},
            )
        rows = con.execute(
            "UPDATE core.alerts SET status = 'pending' WHERE status = 'sending' RETURNING alert_id"
        ).fetchall()
    receipts.clear(wh.folder)
    return len(rows)


def hold(wh: Warehouse, until: Mapping[str, datetime], now: datetime) -> None:
    """What is due of these rules waits until then. `until`: by a rule's name, when its quiet hours end.

    An alert is due outside of its rule's quiet hours; here are those that a delay, a full robot, a machine that was
    off or `tanma alerts retry` brought into them.
    """
    due = "status = 'pending' AND next_attempt_at <= $now AND rule = $rule"
    for rule, end in until.items():
        given = {"rule": rule, "now": now}
        if not wh.con.execute(f"SELECT 1 FROM core.alerts WHERE {due} LIMIT 1", given).fetchall():
            continue  # no write
        with wh.transaction() as con:
            con.execute(
                f"UPDATE core.alerts SET next_attempt_at = $end, due_at = NULL, reason = NULL WHERE {due}",
                given | {"end": end},
            )


def claim(
    wh: Warehouse,
    now: datetime,
    *,
    digests: Collection[str] = (),
    skip: Collection[str] = (),
    bursts: Collection[str] = (),
) -> Claim | None:
    """Mark the next due message as `sending` and return it; None when nothing is due.

    All due alerts of one story and channel become one message; of a rule named in `digests`, all due alerts of one
    rule and channel; of a channel in `bursts`, those of the first stories. Channels in `skip` are passed over. Alerts
    that were never tried come first, then the oldest: a message that its channel refuses time and again never stands
    in the way of the others.
    """
    con = wh.con
    given: dict[str, Any] = {"now": now, "skip": list(skip)}
    head = con.execute(
        f"""SELECT channel, rule, story_id, attempts FROM core.alerts WHERE {_DUE}
            ORDER BY attempts, created_at, story_id, alert_id LIMIT 1""",
        given,
    ).fetchall()
    if not head:
        return None
    channel, rule, story_id, attempts = head[0]
    digest = rule if rule in digests else ""
    burst = not digest and channel in bursts
    given |= {"channel": channel}
    if digest:
        same = "rule = $rule"
        given["rule"] = rule
    else:
        same = "NOT list_contains($digests::VARCHAR[], rule) AND list_contains($stories::VARCHAR[], story_id)"
        given["digests"] = list(digests)
        given["stories"] = _first_stories(con, given, attempts) if burst else [story_id]
    with wh.transaction():
        rows = con.execute(
            f"""UPDATE core.alerts SET status = 'sending', attempts = attempts + 1, reason = NULL,
                    due_at = coalesce(due_at, next_attempt_at)
                WHERE {_DUE} AND channel = $channel AND {same} RETURNING alert_id, attempts""",
            given,
        ).fetchall()
        views = alert_views(con, [row[0] for row in rows])
    return Claim(channel, digest, max(row[1] for row in rows), views, burst)


def due_messages(con: duckdb.DuckDBPyConnection, now: datetime, digests: Collection[str] = ()) -> dict[str, int]:
    """How many messages each channel has to take now, were none of them put together; a digest counts as one."""
    rows = con.execute(
        f"""SELECT channel, count(DISTINCT CASE WHEN list_contains($digests::VARCHAR[], rule) THEN 'digest ' || rule
                                                ELSE 'story ' || story_id END)
            FROM core.alerts WHERE {_DUE} GROUP BY channel""",
        {"now": now, "skip": [], "digests": list(digests)},
    ).fetchall()
    return dict(rows)


def _first_stories(con: duckdb.DuckDBPyConnection, given: Mapping[str, Any], attempts: int) -> list[str]:
    """Of those that were tried as often, so that what is refused time and again goes into no message with the others."""
    rows = con.execute(
        f"""SELECT story_id FROM core.alerts
            WHERE {_DUE} AND channel = $channel AND NOT list_contains($digests::VARCHAR[], rule)
            GROUP BY story_id HAVING min(attempts) = $attempts ORDER BY min(created_at), story_id LIMIT {_BURST}""",
        {**given, "attempts": attempts},
    ).fetchall()
    return [row[0] for row in rows]


def settle_sent(wh: Warehouse, alert_ids: Sequence[str], now: datetime) -> None:
    """The channel accepted the message."""
    _settle(wh, alert_ids, _SENT, now=now)
    receipts.clear(wh.folder)


def settle_failed(wh: Warehouse, alert_ids: Sequence[str], error: str) -> None:
    """A person must mend something; `error` holds the service's own words and no secret."""
    _settle(wh, alert_ids, "status = 'failed', next_attempt_at = NULL, last_error = $error", error=error)


def settle_retry(
    wh: Warehouse, alert_ids: Sequence[str], error: str, next_attempt_at: datetime, *, whole_channel: bool
) -> None:
    """Not now: pending again until `next_attempt_at`, and with it all else that waits for this channel.

    `whole_channel`: the service itself named the time, so alerts raised meanwhile wait too (see `resting`); otherwise
    a fresh alert is tried at once, since the trouble may lie in the message.
    """
    with wh.transaction():
        wh.con.execute(
            """UPDATE core.alerts SET status = 'pending', next_attempt_at = $at, last_error = $error, reason = $reason
               WHERE status = 'sending' AND list_contains($ids::VARCHAR[], alert_id)""",
            {
                "at": next_attempt_at,
                "error": error,
                "reason": WAITING if whole_channel else None,
                "ids": list(alert_ids),
            },
        )
        wh.con.execute(
            """UPDATE core.alerts SET next_attempt_at = $at, due_at = coalesce(due_at, next_attempt_at)
               WHERE status = 'pending' AND next_attempt_at < $at
                 AND channel = (SELECT any_value(channel) FROM core.alerts
                                WHERE list_contains($ids::VARCHAR[], alert_id))""",
            {"at": next_attempt_at, "ids": list(alert_ids)},
        )


def release(wh: Warehouse, alert_ids: Sequence[str]) -> None:
    """Give back what was claimed and not tried: pending as before."""
    _settle(wh, alert_ids, "status = 'pending', attempts = attempts - 1")


def resting(con: duckdb.DuckDBPyConnection, now: datetime) -> dict[str, datetime]:
    """The channels that asked to be left alone, each with the end of its rest."""
    rows = con.execute(
        """SELECT channel, max(next_attempt_at) FROM core.alerts
           WHERE status = 'pending' AND reason = ? AND next_attempt_at > ? GROUP BY channel""",
        [WAITING, now],
    ).fetchall()
    return dict(rows)


def next_due(con: duckdb.DuckDBPyConnection, now: datetime) -> datetime | None:
    """When the next alert falls due that is not due yet; None when none waits."""
    found: datetime | None = con.execute(
        "SELECT min(next_attempt_at) FROM core.alerts WHERE status = 'pending' AND next_attempt_at > ?", [now]
    ).fetchall()[0][0]
    return found


def failed_attempts(con: duckdb.DuckDBPyConnection, channel: str, digests: Collection[str] = ()) -> int:
    """How often the messages that still wait for this channel have been tried in vain: what its back-off grows by."""
    rows = con.execute(
        """SELECT coalesce(sum(tried), 0) FROM (
               SELECT max(attempts) AS tried FROM core.alerts
               WHERE channel = $channel AND status = 'pending' AND last_error IS NOT NULL
               GROUP BY CASE WHEN list_contains($digests::VARCHAR[], rule) THEN rule ELSE story_id END)""",
        {"channel": channel, "digests": list(digests)},
    ).fetchall()
    return int(rows[0][0])


def _settle(wh: Warehouse, alert_ids: Sequence[str], change: str, **given: Any) -> None:
    if not alert_ids:
        return  # no write
    with wh.transaction():
        wh.con.execute(
            f"""UPDATE core.alerts SET {change}
                WHERE status = 'sending' AND list_contains($ids::VARCHAR[], alert_id)""",
            given | {"ids": list(alert_ids)},
        )
