"""`tanma tidy`, `tanma backup`, `tanma restore`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import typer

from flows.commands.screen import print_json, say, shown_progress, stdout_for_json, table
from flows.config import Config, load_config
from flows.keeping import TidyReport, back_up_now, tidy_dry
from flows.runner import run_tidy
from flows.session import utc_now
from sources.errors import ConfigError, Problem, WarehouseBusy
from warehouse.restore import Contents, Restoration, Restored
from warehouse.retention import Removed
from warehouse.store import Warehouse

_PATIENCE = 60.0  # seconds for a run that takes the warehouse the moment it was restored


def tidy_command(config_file: Path, *, dry_run: bool, as_json: bool) -> None:
    """Exit 1 when a step failed or an invariant is broken. Raises ConfigError, WarehouseBusy, NotPublished."""
    config = load_config(config_file, os.environ)
    if dry_run:
        rows = tidy_dry(config, utc_now())
        if as_json:
            print_json({"removed": [asdict(one) for one in rows]})
        else:
            _show_removed(rows)
            say("nothing was changed: --dry-run")
        return
    with shown_progress(), stdout_for_json(as_json):
        report = run_tidy(config, say=say)
    if as_json:
        print_json(report.as_json())
    else:
        _show(report)
    for trouble in report.troubles:
        say(trouble)
    if not report.ok:
        raise typer.Exit(1)


def backup_command(config_file: Path, file: Path | None) -> None:
    """Raises ConfigError, WarehouseBusy, WarehouseError."""
    made = back_up_now(load_config(config_file, os.environ), file, utc_now())
    say(f"{made.bytes / 1e6:,.1f} MB, read to the end and found whole; `tanma restore {made.file}` puts it back")
    typer.echo(str(made.file))


def restore_command(config_file: Path, file: Path, *, yes: bool) -> None:
    """Exit 1 when the restored file breaks an invariant. Raises ConfigError, WarehouseBusy, WarehouseDamaged,
    SchemaTooNew, NotPublished."""
    config = load_config(config_file, os.environ)
    with Restoration.begin(config.warehouse, file, utc_now()) as restoration:
        say(f"{file}: {_told(restoration.contents)}; read to the end")
        current = restoration.current
        say(f"{config.warehouse}: {_told(current) if current else 'cannot be read'}; will be replaced, and kept beside")
        for broken in restoration.violations:
            say(str(broken))
        _confirm(yes)
        done = restoration.put_in_place()
    _publish(config)
    _show_restored(done)
    if restoration.violations:
        raise typer.Exit(1)


def _confirm(yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        words = "nobody is there to be asked: say --yes to restore without a question"
        raise ConfigError([Problem("restore", None, "--yes", words)])
    if not typer.confirm("Restore it?", err=True):
        say("nothing was changed")
        raise typer.Exit(0)


def _publish(config: Config) -> None:
    """A run that was quicker publishes in our place."""
    try:
        with Warehouse.open(
            config.warehouse, holder="tanma restore", now=utc_now(), wait=_PATIENCE, timezone=config.timezone
        ) as wh:
            wh.publish()
    except WarehouseBusy as busy:
        say(f"restored, and published by the run that is under way ({busy})")


def _show_restored(done: Restored) -> None:
    if done.carried is None:
        say("what it replaces could not be read: alerts sent since this backup was made may be sent once more")
    elif done.carried:
        say(f"{done.carried:,} alerts settled since this backup was made are known, and are not sent again")
    for file in done.replaced:
        say(f"kept: {file}; delete it when you do not need it any more")
    say("restored and published; the next run goes on from here")


def _told(contents: Contents) -> str:
    newest = f", the newest stored {contents.newest_at:%Y-%m-%d %H:%M} UTC" if contents.newest_at else ""
    return f"{contents.articles:,} articles{newest}, {contents.alerts:,} alerts"


def _show_removed(removed: Sequence[Removed]) -> None:
    rows = [(one.what, one.rows, "" if one.bytes is None else f"{one.bytes / 1e6:,.1f}") for one in removed]
    table(("what", "rows", "MB of text"), rows)


def _show(report: TidyReport) -> None:
    if report.skipped:
        say(report.skipped)
        return
    _show_removed(report.removed)
    if report.backup:
        say(f"backup: {report.backup}")
    for old in report.dropped:
        say(f"backup that gave way: {old}")
    shrunk = "compacted" if report.compacted else "not compacted, which would win too little"
    checks = f"{len(report.violations)} invariants broken" if report.violations else "every invariant holds"
    say(
        f"file: {report.size_before / 1e6:,.1f} MB before, {report.size_after / 1e6:,.1f} MB now ({shrunk}); {checks}; "
        f"{report.seconds:.1f} s; {'published' if report.published else 'nothing to publish'}"
    )
