"""`tanma doctor`: what is wrong on this machine, and how to mend it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import typer

from flows.check import check
from flows.commands.findings import Finding, ago, show, wrong
from flows.commands.findings import as_json as findings_as_json
from flows.commands.machine import disk, installed, python
from flows.commands.screen import print_json
from flows.commands.status import judged, known
from flows.config import OPS, TERMINAL, Config, load_config
from flows.reach import Reached, reach, skew
from flows.server import REFUSES, find_server
from flows.session import utc_now
from sources.address import redact
from sources.errors import NotPublished, TanmaError, WarehouseError

SKEW, LARGE_SKEW = timedelta(seconds=30), timedelta(minutes=5)
BACKUP_LATE = 3  # times `backup: {every: …}`
LONG_HELD = timedelta(hours=6)
FAILED_STATES = ("Failed", "Crashed", "TimedOut", "PartlyFailed")


def doctor_command(config_file: Path, *, offline: bool, as_json: bool) -> None:
    """Exit 1 when something is wrong. `offline`: neither the outlets nor Prefect are asked."""
    findings = list(_findings(config_file, utc_now(), offline=offline))
    if as_json:
        print_json(findings_as_json(findings))
    else:
        show(findings)
    if wrong(findings):
        raise typer.Exit(1)


def _findings(config_file: Path, now: datetime, *, offline: bool) -> Iterator[Finding]:
    yield python()
    yield from installed()
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
    reached = [] if offline else asyncio.run(reach(config.network, config.make_sources(), utc_now))
    yield _clock(config, reached, now)
    yield from map(_host, reached)
    yield disk(config.warehouse)
    yield from _lock(config, now)
    yield from _warehouse(config)
    left: dict[str, Any] = {}
    with suppress(WarehouseError):  # said above
        left = known(config.warehouse, now)
    yield from judged(left, now, config.timezone) if left else ()
    if not offline:
        yield from _prefect(config, now)
    yield from _channels(config, left)


# -- the world


def _clock(config: Config, reached: Sequence[Reached], now: datetime) -> Finding:
    """The outlets' own clocks tell whether ours is right; times in alerts and digests come from it."""
    local = f"{now.astimezone(config.timezone):%Y-%m-%d %H:%M:%S} {config.timezone.key}"
    ahead = skew(reached)
    if ahead is None:
        return Finding("clock", "ok", f"{local}; nobody was asked whether that is right")
    words = f"{local}, {ago(abs(ahead.total_seconds()))} {'ahead of' if ahead > timedelta() else 'behind'} the outlets' clocks"
    if abs(ahead) > LARGE_SKEW:
        return Finding(
            "clock", "wrong", words, "set the clock: `timedatectl set-ntp true`; alerts and digests go by it"
        )
    if abs(ahead) > SKEW:
        return Finding("clock", "note", words, "`timedatectl set-ntp true` keeps it right")
    return Finding("clock", "ok", f"{local}, as the outlets' clocks have it")


def _host(one: Reached) -> Finding:
    what = f"host {one.host}"
    of = f"of {', '.join(one.sources)}"
    if one.blocked:
        remedy = (
            "it shows us a challenge, which Tanma never solves: wait, ask less often, or read the outlet another way"
        )
        return Finding(what, "wrong", f"{of}: {one.error}", remedy)
    if one.error:
        remedy = (
            "if others answer, wait; if none does, look at this machine's network, DNS and firewall (no proxy is used)"
        )
        return Finding(what, "wrong", f"{of}: {one.error}", remedy)
    if one.closed:
        remedy = "take the source out, or ask the outlet; `obey_robots: false` only where you have its leave"
        return Finding(what, "wrong", f"{of}: its robots.txt closes {', '.join(one.closed)}", remedy)
    pause = f", asks for {one.delay.total_seconds():g} s between requests" if one.delay else ""
    return Finding(what, "ok", f"{of}: answers in {one.seconds:.1f} s, its robots.txt lets us{pause}")


def _prefect(config: Config, now: datetime) -> Iterator[Finding]:
    from flows.prefectfacts import prefect_facts

    found = find_server(config.warehouse)
    if found.trouble:
        words = f"{redact(found.api)} {found.trouble}" if found.api else "none answers"
        if found.trouble.startswith(REFUSES):
            yield Finding("Prefect server", "wrong", words, "give Tanma the one of the two that the server knows")
        else:
            yield Finding("Prefect server", "note", words, "`tanma serve` starts one; `tanma run` works without")
        return
    try:
        facts = prefect_facts(found.api)
    except TanmaError as error:
        yield Finding("Prefect server", "wrong", str(error), "look at its log; an API key is PREFECT_API_KEY")
        return
    yield Finding("Prefect server", "ok", f"{redact(found.api)}, version {facts.version}")
    if not facts.deployments:
        yield Finding("schedules", "wrong", "this server has no deployment of Tanma", "`tanma serve`, or `prefect deploy --all`")  # fmt: skip
    elif facts.paused:
        yield Finding("schedules", "wrong", f"paused: {', '.join(facts.paused)}", "resume them in Prefect's UI")
    else:
        then = f", next run {facts.next_at.astimezone(config.timezone):%H:%M}" if facts.next_at else ""
        yield Finding("schedules", "ok", f"{len(facts.deployments)} deployments{then}")
    if facts.late:
        yield Finding("late runs", "note", f"{facts.late} are due and not begun", "is a runner or worker there? `tanma serve`, or `prefect worker start`")  # fmt: skip
    bad = [one for one in facts.ended if one[1] in FAILED_STATES]
    if facts.ended:
        name, state, at = facts.ended[0]
        words = f"the last one, {name}, ended {ago((now - at).total_seconds())} ago as {state}"
        if bad:
            words += f"; of the last {len(facts.ended)}, {len(bad)} met trouble, last {bad[0][0]}: {bad[0][1]}"
        yield Finding("flow runs", "note" if bad else "ok", words, "their page in Prefect's UI says why" if bad else "")


# -- the warehouse


def _lock(config: Config, now: datetime) -> Iterator[Finding]:
    from warehouse.lock import lock_holder

    holder = lock_holder(config.warehouse)
    if not holder:
        yield Finding("lock", "ok", "free")
        return
    since = holder.rpartition(" since ")[2]
    try:
        long = now - datetime.fromisoformat(since) > LONG_HELD
    except ValueError:
        long = False
    remedy = "it has been long; if it does nothing, end that process: the kernel frees the lock" if long else ""
    yield Finding("lock", "note", f"held by {holder}", remedy)


def _warehouse(config: Config) -> Iterator[Finding]:
    from warehouse.invariants import violations
    from warehouse.migrate import migrations
    from warehouse.query import open_published, run_query

    try:
        with open_published(config.warehouse) as con:
            unhealthy = run_query(con, "SELECT source, state, note FROM source_health WHERE state NOT IN ('ok', 'quiet')").rows  # fmt: skip
            failed = run_query(con, "SELECT count(*) FROM alerts WHERE status = 'failed'").rows[0][0]
            newest = migrations()[-1].version
            version = run_query(con, "SELECT max(version) FROM core.schema_version").rows[0][0]
            broken = list(violations(con, "quick")) if version == newest else []  # else the next run upgrades it
    except NotPublished as error:
        yield Finding("warehouse", "note", str(error), "`tanma run` makes it")
        return
    except (WarehouseError, OSError) as error:
        yield Finding("warehouse", "wrong", str(error), "restore a copy, or mend the folder's rights")
        return
    yield _schema(int(version), newest)
    for rule in broken:
        yield Finding("invariant", "wrong", f"{rule.name}: {rule.count:,} rows", rule.remedy)
    yield _backup(config)
    for source, state, note in unhealthy:
        yield Finding(f"source {source}", "wrong", f"{state}: {note}", f"`tanma sources check {source}`")
    if failed:
        remedy = "`tanma alerts list --status failed`, mend, `tanma alerts retry`"
        yield Finding("alerts", "wrong", f"{failed} failed", remedy)


def _schema(version: int, newest: int) -> Finding:
    if version > newest:
        return Finding("schema", "wrong", f"{version}, this Tanma knows {newest}", "install the newer Tanma again")
    if version < newest:
        return Finding("schema", "note", f"{version}", f"the next run brings it to {newest}, and keeps a copy of the old file first")  # fmt: skip
    return Finding("schema", "ok", f"{version}")


def _backup(config: Config) -> Finding:
    from warehouse.backups import backups

    made = [one.made_at for one in backups(config.warehouse)]
    if made:
        words = f"{len(made)}, the newest of {made[0]:%Y-%m-%d %H:%M} UTC"
        if config.backup.keep and utc_now() - made[0] > BACKUP_LATE * config.backup.every:
            return Finding("backups", "note", words, "`tanma tidy` makes them; is it scheduled? `tanma serve` runs it")
        return Finding("backups", "ok", words)
    if not config.backup.keep:
        return Finding("backups", "note", "none, as `backup: {keep: 0}` wants it")
    return Finding(
        "backups", "note", "none yet", "`tanma tidy` makes them, which `tanma serve` runs; `tanma backup` now"
    )


def _channels(config: Config, left: Mapping[str, Any]) -> Iterator[Finding]:
    """What each took last; nothing is sent here."""
    if set(config.channels) == {TERMINAL}:
        yield Finding("channels", "note", "only the terminal", "name a channel under `channels:` in the configuration")
        return
    if OPS not in config.channels:
        yield Finding("channel ops", "note", "there is none", "name a channel `ops`: it hears what breaks, once each")
    kept = {one["channel"]: one for one in left.get("channels", ())}
    for name in config.channels:
        if name == TERMINAL:
            continue
        one = kept.get(name)
        if one is None:
            yield Finding(f"channel {name}", "ok", "no alert for it yet", "`tanma channels test` sends a message")
        elif one["failed"] or one["late"]:
            words = f"{one['failed']} failed, {one['late']} overdue"
            yield Finding(
                f"channel {name}", "wrong", words, f"`tanma channels test {name}`, mend, `tanma alerts retry`"
            )
        else:
            sent = f", the last {one['last_sent_at'][:16]}" if one["last_sent_at"] else ""
            yield Finding(f"channel {name}", "ok", f"{one['sent']} sent{sent}, {one['pending']} waiting")
