"""`tanma alerts simulate`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date, timedelta, tzinfo
from pathlib import Path
from typing import Any

import typer

from flows.check import load_both
from flows.commands.rescan import read_span
from flows.commands.screen import print_json, safe, shown_progress, table
from flows.session import utc_now
from flows.simulate import Outcome, simulated
from warehouse.simulate import Bill


def simulate_command(config_file: Path, since: str, *, as_json: bool) -> None:
    """Try the rules on the published file; nothing is sent or changed. Raises ConfigError, NotPublished."""
    span = read_span("--since", since)
    config, entities = load_both(config_file, os.environ)
    with shown_progress():
        outcome = simulated(config, entities, span, utc_now())
    if as_json:
        print_json(_document(outcome, span, config.timezone))
    else:
        _show(outcome, span, config.timezone)


def _document(outcome: Outcome, span: timedelta, zone: tzinfo) -> dict[str, Any]:
    return {
        "days": span / timedelta(days=1),
        "articles": outcome.articles,
        "rules": [{"rule": one.rule, "channel": one.channel, "when": one.when, **_bill(one)} for one in outcome.rules],
        "channels": [{"channel": one.channel, **_bill(one)} for one in outcome.channels],
        "first": [
            {
                "at": told.at.astimezone(zone),
                "channel": told.channel,
                "rules": list(dict.fromkeys(alert.rule for alert in told.alerts)),
                "digest": bool(told.digest),
                "alerts": len(told.alerts),
                "text": text,
            }
            for told, text in outcome.first
        ],
    }


def _bill(one: Bill) -> dict[str, Any]:
    day, most = one.busiest or (None, 0)
    return {
        "messages": one.messages,
        "alerts": one.alerts,
        "waiting": one.waiting,
        "suppressed": dict(one.suppressed),
        "busiest_day": {"day": day, "messages": most} if day else None,
    }


def _show(outcome: Outcome, span: timedelta, zone: tzinfo) -> None:
    sent = sum(one.messages for one in outcome.channels)
    typer.echo(
        f"{outcome.articles:,} articles of the last {span / timedelta(days=1):g} days: these rules would have sent "
        f"{sent:,} messages"
    )
    table(
        ("rule", "channel", "when", "messages", "alerts", "still due", "suppressed", "busiest day"),
        [
            (
                one.rule, one.channel, one.when, f"{one.messages:,}", f"{one.alerts:,}", f"{one.waiting:,}",
                _reasons(one), _busiest(one.busiest),
            )
            for one in outcome.rules
        ],
    )  # fmt: skip
    _section("in all, a story that several rules tell at once being one message")
    table(
        ("channel", "messages", "alerts", "busiest day"),
        [(one.channel, f"{one.messages:,}", f"{one.alerts:,}", _busiest(one.busiest)) for one in outcome.channels],
    )
    if outcome.first:
        _section("the first messages of each channel")
    for told, text in outcome.first:
        typer.echo(f"\n→ {told.channel}  {told.at.astimezone(zone):%Y-%m-%d %H:%M}")
        _indented(text.splitlines())


def _indented(lines: Sequence[str]) -> None:
    for line in lines:
        typer.echo(f"  {safe(line)}".rstrip())


def _section(title: str) -> None:
    typer.echo(f"\n{title}")


def _reasons(one: Bill) -> str:
    return " · ".join(f"{reason} {count:,}" for reason, count in one.suppressed.items())


def _busiest(busiest: tuple[date, int] | None) -> str:
    return "" if busiest is None else f"{busiest[0]} ({busiest[1]:,})"
