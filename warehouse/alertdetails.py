"""What stands around one alert, out of the published file: for `tanma alerts show`."""

from __future__ import annotations

from typing import Any

import duckdb

from warehouse.scan.findings import ALERTING_ROLES

_MENTION = ("surface", "role", "how", "confidence", "central", "reason", "snippet")
_OTHER = ("alert_id", "name", "rule", "channel", "status", "reason")


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
