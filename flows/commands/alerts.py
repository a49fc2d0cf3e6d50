"""`tanma alerts list|show|retry|mute`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import typer

from flows.commands.screen import print_json, say, table
from flows.config import load_config
from flows.durations import read_duration
from flows.moments import read_since
from flows.session import utc_now
from sources.errors import ConfigError, NotPublished, Problem
from warehouse import alertdetails, alerts, editions
from warehouse.query import open_published
from warehouse.schedule import quiet_until
from warehouse.store import Warehouse

STATUSES = ("pending", "sending", "sent", "failed", "suppressed")


def list_command(
    config_file: Path, status: str, limit: int, *, rule: str = "", channel: str = "", since: str = "", as_json: bool
) -> None:
    """What the published file holds; a run under way may be a little ahead of it."""
    config = load_config(config_file, os.environ)
    if status and status not in STATUSES:
        raise ConfigError([Problem("--status", None, status, f"expected one of {', '.join(STATUSES)}")])
    try:
        begin = read_since(since, utc_now(), config.timezone) if since else None
    except ValueError as error:
        raise ConfigError([Problem("--since", None, since, str(error))]) from None
    rows: list[dict[str, Any]] = []
    with suppress(NotPublished), open_published(config.warehouse) as con:
        rows = alerts.list_alerts(con, status or None, limit, rule=rule or None, channel=channel or None, since=begin)
    if as_json:
        print_json(rows)
    else:
        columns = ("alert_id", "created_at", "status", "channel", "rule", "name", "title", "reason", "last_error")
        table(columns, [[row.get(column) for column in columns] for row in rows])


def show_command(config_file: Path, alert_id: str, *, as_json: bool) -> None:
    """What the published file holds of one alert. Raises ConfigError for an id that it does not know."""
    config = load_config(config_file, os.environ)
    with open_published(config.warehouse) as con:
        found = alerts.list_alerts(con, alert_id=alert_id)
        if not found:
            words = "no alert has this id; `tanma alerts list` shows them"
            raise ConfigError([Problem("alerts show", None, alert_id, words)])
        [alert] = found
        mentions = alertdetails.mentions(con, alert["article_id"], alert["entity_id"])
        story = editions.members(con, alert["story_id"])
        others = alertdetails.others(con, alert_id, alert["story_id"])
    todo = _what_next(alert, utc_now())
    if as_json:
        print_json({**alert, "next": todo, "mentions": mentions, "story": story, "others": others})
        return
    table(("alert", ""), [(name, value) for name, value in alert.items() if value not in (None, "")])
    for heading, rows in (("mentions", mentions), ("story", story), ("other alerts of the story", others)):
        if rows:
            typer.echo(f"\n{heading}")
            table(tuple(rows[0]), [list(row.values()) for row in rows])
    typer.echo(f"\nnext: {todo}")


def _what_next(alert: Mapping[str, Any], now: datetime) -> str:
    """What becomes of an alert by itself, and what a person can do."""
    alert_id, channel, due = alert["alert_id"], alert["channel"], alert["next_attempt_at"]
    match alert["status"]:
        case "sent":
            return f"nothing: {channel} accepted it"
        case "sending":
            return "it is on its way; what a killed run left so is sent by the next one"
        case "failed":
            return f"mend {channel} (`tanma channels test {channel}`), then `tanma alerts retry {alert_id}`"
        case "suppressed":
            return _never(str(alert["reason"]), alert["rule"])
    when = "the next run sends it" if due is None or due <= now else f"it waits until {due:%Y-%m-%d %H:%M}"
    again = f", after an error; `tanma alerts retry {alert_id}` makes it due now" if alert["last_error"] else ""
    return when + again


def _never(reason: str, rule: str) -> str:
    key = {alerts.COOLDOWN: "cooldown"}.get(reason) or ("max_age" if reason.startswith("older than ") else "")
    if reason == alerts.RESCANNED:
        return "it is not sent unless `tanma rescan --alert` raises it"
    return "nothing: it is never sent" + (
        f"; `{key}` of the rule {rule} in tanma.yaml decides for later ones" if key else ""
    )


def retry_command(config_file: Path, alert_ids: Sequence[str] | None) -> None:
    """Failed alerts become pending again."""
    config = load_config(config_file, os.environ)
    with Warehouse.open(config.warehouse, holder="tanma alerts retry", now=utc_now()) as wh:
        count = alerts.retry(wh, alert_ids, utc_now())
        wh.publish()
    say(f"{count} alerts are pending again; the next run sends them")
    for rule in config.rules:
        if count and (end := quiet_until(rule, utc_now(), config.timezone)):
            say(
                f"those of {rule.name} wait for the end of its quiet hours, {end.astimezone(config.timezone):%Y-%m-%d %H:%M}"
            )


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
