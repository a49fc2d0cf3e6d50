"""`tanma status`: does it go on? For a glance, for cron, for a container's health check.

Reads what the last run left (flows.statusfile), and the published file only when that is newer: `tanma alerts retry` or a
restore have no run. It asks nobody, opens nothing for writing, and imports neither Prefect nor, mostly, DuckDB.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import typer

from flows.commands.findings import Finding, ago, as_json, show, wrong
from flows.commands.screen import print_json
from flows.processes import process
from flows.server import announced
from flows.statusfile import read_status, status_file
from flows.yamlfile import read_yaml
from sources.errors import WarehouseError
from warehouse.lock import lock_holder

WELL = ("ok", "quiet")
GAP = 3  # times its usual pause, after which a source is late: as warehouse.incidents has it
START = timedelta(minutes=1)  # in which a run may begin and end, beside its interval
BACK = timedelta(minutes=5)  # by which a run may have ended later than now, on machines whose clocks differ
REMEDY = "`tanma init` writes an example"


def status_command(config_file: Path, *, as_json: bool) -> None:
    """Exit 1 when something is wrong. Trouble of an outlet or a channel is a note: starting anew would not mend it."""
    now = datetime.now(UTC)
    warehouse, zone = _places(config_file)
    try:
        document = known(warehouse, now)
        findings = judged(document, now, zone)
    except WarehouseError as error:
        document, findings = {}, [Finding("warehouse", "wrong", str(error), "`tanma doctor`")]
    findings += [*_lock(warehouse), _serve(warehouse)]
    if as_json:
        print_json(_document(document, findings, now))
    else:
        show(findings)
    if wrong(findings):
        raise typer.Exit(1)


def known(warehouse: Path, now: datetime) -> dict[str, Any]:
    """What is known of a warehouse: a document of flows.statusfile, empty when no run ended yet. Raises WarehouseError."""
    document, published = read_status(warehouse), warehouse / "tanma.duckdb"
    if not published.exists():
        return document
    # A run publishes before it leaves its document; what others published since is newer.
    if document and published.stat().st_mtime <= status_file(warehouse).stat().st_mtime:
        return document
    return document | _published(warehouse, document, now)


def judged(document: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> list[Finding]:
    """Runs, sources, alerts, incidents and heartbeat, from a document of flows.statusfile."""
    if not document:
        remedy = "`tanma run` makes one pass, `tanma serve` goes on making them"
        return [Finding("runs", "wrong", "no run has ended yet", remedy)]
    return [
        *_runs(document, now, zone),
        _sources(document["sources"]),
        _alerts(document["channels"]),
        *_incidents(document["incidents"]),
        _heartbeat(document["heartbeat_at"], zone),
        Finding("warehouse", "ok", f"{document['articles']:,} articles"),
    ]


def next_due(document: Mapping[str, Any]) -> datetime | None:
    """When the next source is to be read; None when none was read yet."""
    return min(
        (_moment(one["read_at"]) + timedelta(seconds=one["every"]) for one in _read(document)), default=None
    )  # fmt: skip


# -- what is read


def _places(config_file: Path) -> tuple[Path, ZoneInfo]:
    """The warehouse and the timezone alone: reading all of tanma.yaml costs three times as much as all else here."""
    values = read_yaml(config_file, remedy=REMEDY).filled(os.environ)
    values = values if isinstance(values, dict) else {}
    try:
        zone = ZoneInfo(str(values.get("timezone", "Asia/Shanghai")))
    except (OSError, ValueError, KeyError):  # `tanma check` tells; here it is only how times are shown
        zone = ZoneInfo("UTC")
    return config_file.absolute().parent / Path(str(values.get("warehouse", "data"))).expanduser(), zone


def _published(warehouse: Path, document: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """As the published file has it; how often sources are read stands in the document alone."""
    from warehouse.standing import published_standing  # late: DuckDB is slow to import

    found = json.loads(json.dumps(asdict(published_standing(warehouse, now)), default=datetime.isoformat))
    paces = {one["source"]: one for one in document.get("sources", ())}
    unread = {"every": 0.0, "read_at": None, "pause": 0.0}
    merged = [{**unread, **paces.get(one["source"], {}), **one} for one in found["sources"]]
    runs = {run["kind"]: run for run in (*found["runs"], *document.get("runs", ()))}
    return {**found, "sources": merged, "runs": list(runs.values())}


# -- how it is


def _runs(document: Mapping[str, Any], now: datetime, zone: ZoneInfo) -> list[Finding]:
    """The last collecting, sources that are not read any more, and a run of another kind that failed."""
    findings = []
    last = next((run for run in document["runs"] if run["kind"] == "collect"), None)
    if last is None:
        findings.append(Finding("runs", "note", "nothing was collected yet", "`tanma run`, or `tanma serve`"))
    else:
        ended = _moment(last["ended_at"])
        due = next_due(document)
        words = (
            f"last collecting ended {_shown(ended, zone)}, {ago((now - ended).total_seconds())} ago: {last['status']}"
        )
        words += f"; the next is due by {_shown(due, zone)}" if due else ""
        if ended > now + BACK:
            findings.append(Finding("runs", "wrong", words, "the clock was set back, or is wrong: `tanma doctor`"))
        elif late := _late(document, now):
            words = f"{words}; not read as planned: {', '.join(late)}"
            findings.append(Finding("runs", "wrong", words, "look at the log of `tanma serve`, and `tanma check`"))
        elif last["status"] == "failed":
            findings.append(
                Finding("runs", "wrong", words, "look at the log of `tanma serve`; `tanma run` tries again")
            )
        else:
            findings.append(Finding("runs", "ok", words))
    for run in document["runs"]:
        if run["kind"] != "collect" and run["status"] == "failed":
            findings.append(Finding(f"runs: {run['kind']}", "wrong", f"the last one failed, {_shown(_moment(run['ended_at']), zone)}", "`tanma doctor`"))  # fmt: skip
    return findings


def _late(document: Mapping[str, Any], now: datetime) -> list[str]:
    """Sources that were not read for three times their usual pause: as planned, or as it was before the last time, so
    that whoever calls `tanma run` once an hour is not told that a quarter of an hour was planned."""
    return [
        one["source"]
        for one in _read(document)
        if now - _moment(one["read_at"]) > timedelta(seconds=GAP * max(one["every"], one["pause"])) + START
    ]


def _read(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for one in document["sources"] if one["read_at"]]


def _sources(sources: Sequence[Mapping[str, Any]]) -> Finding:
    trouble = [one for one in sources if one["state"] not in (*WELL, "never run")]
    if not trouble:
        return Finding("sources", "ok", f"{len(sources)}, none in trouble")
    words = ", ".join(f"{one['source']} {one['state']}" for one in trouble)
    return Finding("sources", "note", f"{len(trouble)} of {len(sources)} in trouble: {words}", "`tanma sources list`")


def _alerts(channels: Sequence[Mapping[str, Any]]) -> Finding:
    counts = {what: sum(one[what] for one in channels) for what in ("pending", "late", "failed")}
    words = f"{counts['pending']} waiting, {counts['failed']} failed"
    if counts["late"]:
        words += f", {counts['late']} overdue"
    if counts["failed"]:
        return Finding("alerts", "note", words, "`tanma alerts list --status failed`, mend, `tanma alerts retry`")
    if counts["late"]:
        return Finding("alerts", "note", words, "`tanma alerts list --status pending` has what the channel said")
    return Finding("alerts", "ok", words)


def _incidents(incidents: Sequence[Sequence[str]]) -> list[Finding]:
    return [Finding(f"incident: {kind}", "note", subject, "`tanma doctor`") for kind, subject in incidents]


def _heartbeat(told: str | None, zone: ZoneInfo) -> Finding:
    return Finding("heartbeat", "ok", _shown(_moment(told), zone) if told else "none yet")


def _lock(warehouse: Path) -> list[Finding]:
    holder = lock_holder(warehouse)
    return (
        [Finding("lock", "note", f"held by {holder}", "a run, mostly; `tanma doctor` when it lasts")] if holder else []
    )


def _serve(warehouse: Path) -> Finding:
    """Whether the `tanma serve` that wrote itself down is there: by its process, nobody is asked."""
    pid = announced(warehouse).get("pid")
    if pid is None:
        return Finding("serve", "ok", "not running here")
    if isinstance(pid, int) and process(pid):
        return Finding("serve", "ok", f"runs (pid {pid})")
    return Finding("serve", "note", f"pid {pid} is not there", "it was killed, or runs in another container")


def _document(document: Mapping[str, Any], findings: Sequence[Finding], now: datetime) -> dict[str, Any]:
    due = next_due(document) if document else None
    return {
        "healthy": not wrong(findings),
        "now": now,
        "next_due": due,
        "findings": as_json(findings),
        **{
            key: document[key]
            for key in ("runs", "sources", "channels", "incidents", "heartbeat_at")
            if key in document
        },
    }


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _shown(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"
