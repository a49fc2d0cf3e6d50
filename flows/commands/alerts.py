"""`tanma alerts list|retry|mute`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from flows.commands.screen import print_json, say, table
from flows.config import load_config
from flows.durations import read_duration
from flows.session import utc_now
from sources.errors import ConfigError, NotPublished, Problem
from warehouse import alerts
from warehouse.query import open_published
from warehouse.store import Warehouse

STATUSES = ("pending", "sending", "sent", "failed", "suppressed")


def list_command(config_file: Path, status: str, limit: int, *, as_json: bool) -> None:
    """What the published file holds; a run under way may be a little ahead of it."""
    config = load_config(config_file, os.environ)
    if status and status not in STATUSES:
        raise ConfigError([Problem("--status", None, status, f"expected one of {', '.join(STATUSES)}")])
    rows: list[dict[str, Any]] = []
    with suppress(NotPublished), open_published(config.warehouse) as con:
        rows = alerts.list_alerts(con, status or None, limit)
    if as_json:
        print_json(rows)
    else:
        columns = ("alert_id", "created_at", "status", "channel", "rule", "name", "title", "reason", "last_error")
        table(columns, [[row.get(column) for column in columns] for row in rows])


def retry_command(config_file: Path, alert_ids: Sequence[str] | None) -> None:
    """Failed alerts become pending again."""
    config = load_config(config_file, os.environ)
    with Warehouse.open(config.warehouse, holder="tanma alerts retry", now=utc_now()) as wh:
        count = alerts.retry(wh, alert_ids, utc_now())
        wh.publish()
    say(f"{count} alerts are pending again; the next run sends them")


def mute_command(config_file: Path, what: str, lasting: str) -> None:
    """`what` is an entity_id or a story_id that the warehouse knows. Raises ConfigError for another."""
    config = load_config(config_file, os.environ)
    try:
        until = utc_now() + read_duration(lasting)
    except ValueError as error:
        raise ConfigError([Problem("--for", None, lasting, str(error))]) from None
    if until <= utc_now():
        raise ConfigError([Problem("--for", None, lasting, "expected some time, such as 12h or 7d")])
    with Warehouse.open(config.warehouse, holder="tanma alerts mute", now=utc_now()) as wh:
        alerts.mute(wh, what, until, utc_now())
        wh.publish()
    say(f"{what} is muted until {until.astimezone(config.timezone):%Y-%m-%d %H:%M}")
