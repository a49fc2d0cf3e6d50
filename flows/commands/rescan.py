"""`tanma rescan`."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import typer

from flows.check import load_both
from flows.commands.screen import print_json, say, shown_progress, stdout_for_json, table
from flows.durations import read_duration
from flows.progress import current_progress
from flows.rescan import RescanReport
from flows.runner import run_rescan
from sources.errors import ConfigError, Problem

_NAMED = 10  # names of which is told how many mentions came and went


def rescan_command(config_file: Path, *, since: str, alert: bool, as_json: bool) -> None:
    """Exit 1 when a message could not be delivered. Raises ConfigError, WarehouseBusy."""
    span = read_span("--since", since) if since else None
    setup = load_both(config_file, os.environ)
    with shown_progress(), stdout_for_json(as_json):
        report = run_rescan(setup, span, alert=alert, say=say)
        current_progress.get().finish("rescan", f"{report.done.articles:,} articles")
    if as_json:
        print_json(report.as_json())
    else:
        _show(report, alert)
    for error in report.delivered.errors:
        say(error)
    if not report.delivered.ok:
        raise typer.Exit(1)


def read_span(option: str, text: str) -> timedelta:
    """A span of time given on the command line. Raises ConfigError, naming the option."""
    try:
        span = read_duration(text)
    except ValueError as error:
        raise ConfigError([Problem(option, None, text, str(error))]) from None
    if not span:
        raise ConfigError([Problem(option, None, text, "expected some time, such as 30d")])
    return span


def _show(report: RescanReport, alert: bool) -> None:
    done, names = report.done, report.names
    if names:
        table(("name", "added", "removed"), names[:_NAMED])
    if len(names) > _NAMED:
        say(f"and {len(names) - _NAMED} names more; --json lists them all")
    say(
        f"{done.articles:,} articles scanned: {done.added.total():,} mentions added, {done.removed.total():,} removed, "
        f"{done.revised:,} judged anew, in {done.changed:,} articles"
    )
    if alert:
        sent = report.delivered
        say(
            f"{done.raised:,} alerts raised; messages: {sent.sent} sent, {sent.retried} to be sent again, "
            f"{sent.waiting} waiting, {sent.failed} failed"
        )
    elif done.withheld:
        say(f"{done.withheld:,} alerts were withheld; `tanma rescan --alert` raises them, however old the articles are")
