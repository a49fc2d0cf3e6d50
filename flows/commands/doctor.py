"""`tanma doctor`: what is wrong on this machine, and how to mend it."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import typer

from flows.check import check
from flows.commands.screen import print_json, table
from flows.config import Config, load_config
from flows.server import answering_server
from sources.errors import NotPublished, WarehouseError

LOW_DISK = 1_000_000_000  # bytes; a run needs room for a second copy of the warehouse
PACKAGES = ("tanma", "duckdb", "prefect", "fastapi", "apprise", "httpx", "selectolax")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `remedy` is empty when there is nothing to mend."""

    what: str
    state: Literal["ok", "note", "wrong"]
    found: str
    remedy: str = ""


def doctor_command(config_file: Path, *, as_json: bool) -> None:
    """Exit 1 when something is wrong."""
    findings = list(_findings(config_file))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        table(("what", "state", "found", "remedy"), [(f.what, f.state, f.found, f.remedy) for f in findings])
    if any(finding.state == "wrong" for finding in findings):
        raise typer.Exit(1)


def _findings(config_file: Path) -> Iterator[Finding]:
    yield _python()
    for name in PACKAGES:
        yield _package(name)
    report = check(config_file, os.environ)
    for problem in report.problems:
        yield Finding("configuration", "wrong", str(problem), "mend the file; `tanma check` says when it is right")
    if report.problems:
        return
    config = load_config(config_file, os.environ)
    count = len(report.warnings)
    yield Finding(
        "configuration", "ok", f"{config_file}, {count} warnings", "`tanma check` shows them" if count else ""
    )
    yield _disk(config)
    yield from _warehouse(config)
    api = answering_server(config.warehouse)
    if api:
        yield Finding("Prefect server", "ok", api)
    else:
        yield Finding("Prefect server", "note", "none answers", "`tanma serve` starts one; `tanma run` works without")
    if set(config.channels) == {"terminal"}:
        yield Finding("channels", "note", "only the terminal", "name a channel under `channels:` in the configuration")
    else:
        yield Finding("channels", "ok", ", ".join(config.channels))


def _python() -> Finding:
    found = f"{platform.python_version()} on {platform.system()}"
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Finding("Python", "ok", found)
    return Finding("Python", "wrong", found, "install Python 3.11, 3.12 or 3.13")


def _package(name: str) -> Finding:
    try:
        return Finding(name, "ok", version(name))
    except PackageNotFoundError:
        return Finding(name, "wrong", "not installed", "install tanma anew, with its lock file")


def _disk(config: Config) -> Finding:
    place = config.warehouse
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    found = f"{free / 1e9:.1f} GB free at {config.warehouse}"
    if not os.access(place, os.W_OK):
        return Finding(
            "disk", "wrong", f"{place} cannot be written", "give the user that runs tanma the right to write"
        )
    if free < LOW_DISK:
        return Finding("disk", "wrong", found, "make room: a run needs a second copy of the warehouse")
    return Finding("disk", "ok", found)


def _backup(config: Config, made: list[datetime]) -> Finding:
    if made:
        return Finding("backups", "ok", f"{len(made)}, the newest of {made[0]:%Y-%m-%d %H:%M} UTC")
    if not config.backup.keep:
        return Finding("backups", "note", "none, as `backup: {keep: 0}` wants it")
    return Finding(
        "backups", "note", "none yet", "`tanma tidy` makes them, which `tanma serve` runs; `tanma backup` now"
    )


def _warehouse(config: Config) -> Iterator[Finding]:
    from warehouse.backups import backups
    from warehouse.invariants import violations
    from warehouse.migrate import migrations
    from warehouse.query import open_published, run_query
    from warehouse.store import lock_holder

    holder = lock_holder(config.warehouse)
    yield Finding("lock", "note", f"held by {holder}") if holder else Finding("lock", "ok", "free")
    try:
        with open_published(config.warehouse) as con:
            articles, last_run = run_query(
                con, "SELECT (SELECT count(*) FROM articles), (SELECT max(ended_at) FROM runs)"
            ).rows[0]
            unhealthy = run_query(con, "SELECT source, state, note FROM source_health WHERE state <> 'ok'").rows
            failed = run_query(con, "SELECT count(*) FROM alerts WHERE status = 'failed'").rows[0][0]
            newest = migrations()[-1].version
            is_of_today = run_query(con, "SELECT max(version) FROM core.schema_version").rows[0][0] == newest
            broken = list(violations(con, "quick")) if is_of_today else []  # else the next run upgrades it
    except NotPublished as error:
        yield Finding("warehouse", "note", str(error), "`tanma run` makes it")
        return
    except (WarehouseError, OSError) as error:
        yield Finding("warehouse", "wrong", str(error), "restore a copy, or mend the folder's rights")
        return
    yield Finding("warehouse", "ok", f"{articles} articles, last run ended {last_run}")
    for rule in broken:
        yield Finding("invariant", "wrong", f"{rule.name}: {rule.count:,} rows", rule.remedy)
    yield _backup(config, [one.made_at for one in backups(config.warehouse)])
    for source, state, note in unhealthy:
        yield Finding(f"source {source}", "wrong", f"{state}: {note}", f"`tanma sources check {source}`")
    if failed:
        remedy = "`tanma alerts list --status failed`, mend, `tanma alerts retry`"
        yield Finding("alerts", "wrong", f"{failed} failed", remedy)
