"""`tanma import`."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import typer

from flows.check import load_both
from flows.commands.screen import print_json, say, shown_progress, stdout_for_json, table
from flows.imports import ImportOptions
from flows.progress import current_progress
from flows.runner import run_import
from flows.session import utc_now
from sources.errors import ConfigError, Problem
from sources.times import read_time


def import_command(
    config_file: Path, paths: Sequence[Path], *, outlet: str, at: str, alert: bool, as_json: bool
) -> None:
    """Exit 1 when a file failed; files that are no articles are told and are no failure."""
    setup = load_both(config_file, os.environ)
    options = ImportOptions(outlet=outlet, taken_at=_moment(at, setup[0].timezone), alert=alert)
    with shown_progress(), stdout_for_json(as_json):
        outcomes = run_import(setup, paths, options, say=say)
        counts = Counter(outcome.status for outcome in outcomes)
        current_progress.get().finish(
            "import", ", ".join(f"{n} {status}" for status, n in counts.items()) or "no files"
        )
    if as_json:
        print_json([outcome.as_json() for outcome in outcomes])
    else:
        table(
            ("path", "status", "articles", "reason"),
            [(outcome.path, outcome.status, outcome.article_ids, outcome.reason) for outcome in outcomes],
        )
    if any(outcome.status == "failed" for outcome in outcomes):
        raise typer.Exit(1)


def _moment(at: str, timezone: ZoneInfo) -> datetime | None:
    if not at:
        return None
    try:
        exact = datetime.fromisoformat(at)
        return exact if exact.tzinfo else exact.replace(tzinfo=timezone)
    except ValueError:
        pass  # not ISO: one of the forms that pages use
    read = read_time(at, now=utc_now())
    if read is None:
        raise ConfigError(
            [Problem("--at", None, at, "not a time that can be read; expected for instance 2024-03-05 10:00")]
        )
    return read[0]
