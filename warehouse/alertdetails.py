"""One alert with all that is known of it, out of the published file: for `tanma alerts show`."""

from __future__ import annotations

from typing import Any

import duckdb

from warehouse.scan.findings import ALERTING_ROLES

_ALERT = (
    "alert_id", "status", "reason", "created_at", "rule", "channel", "entity_id", "name", "story_id", "article_id",
    "title", "outlet", "url", "published_at", "attempts", "next_attempt_at", "sent_at", "last_error",
)  # fmt: skip
_MENTION = ("surface", "role", "how", "confidence", "central", "reason", "snippet")
_OTHER = ("alert_id", "name", "rule", "channel", "status", "reason")


def details(con: duckdb.DuckDBPyConnection, alert_id: str) -> dict[str, Any] | None:
    """The alert with its name and the article that raised it; None when there is none of this id."""
    rows = _dicts(
        con,
        _ALERT,
        """SELECT a.alert_id, a.status, a.reason, a.created_at, a.rule, a.channel, a.entity_id,
                  coalesce(e.name, a.entity_id), a.story_id, a.article_id, r.title, r.outlet, r.url, r.published_at,
                  a.attempts, a.next_attempt_at, a.sent_at, a.last_error
           FROM alerts a
           LEFT JOIN entities e ON e.entity_id = a.entity_id
           LEFT JOIN articles r ON r.article_id = a.article_id
           WHERE a.alert_id = ?""",
        [alert_id],
    )
    return rows[0] if rows else None


def mentions(con: duckdb.DuckDBPyConnection, article_id: str, entity_id: str) -> list[dict[str, Any]]:
    """Where alerts look, the mentions of a name in the newest version of an article, the surest first."""
    return _dicts(
        con,
        _MENTION,
        f"""SELECT {", ".join(_MENTION)} FROM mentions
            WHERE article_id = ? AND entity_id = ? AND list_contains(?::VARCHAR[], role)
            ORDER BY confidence DESC, role = 'title', start_char NULLS LAST""",
        [article_id, entity_id, sorted(ALERTING_ROLES)],
    )


def others(con: duckdb.DuckDBPyConnection, alert_id: str, story_id: str) -> list[dict[str, Any]]:
    """The other alerts of its story: who else was told, of whom else."""
    return _dicts(
        con,
        _OTHER,
        """SELECT a.alert_id, coalesce(e.name, a.entity_id), a.rule, a.channel, a.status, a.reason
           FROM alerts a LEFT JOIN entities e ON e.entity_id = a.entity_id
           WHERE a.story_id = ? AND a.alert_id <> ? ORDER BY a.created_at, a.rule, a.channel, a.alert_id""",
        [story_id, alert_id],
    )


def _dicts(
    con: duckdb.DuckDBPyConnection, columns: tuple[str, ...], sql: str, values: list[object]
) -> list[dict[str, Any]]:
    return [dict(zip(columns, row, strict=True)) for row in con.execute(sql, values).fetchall()]
