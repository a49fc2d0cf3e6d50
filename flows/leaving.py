"""At the end of every run: how things stand is left for `tanma status` (flows.statusfile) and for those who scrape.

Counters go on from run to run; when the file is lost they begin again at nought, as scrapers expect of a restart.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any

from flows.config import Config
from flows.metrics import openmetrics
from flows.statusfile import read_status, replace_text, status_file
from warehouse.standing import newest_backup, sizes, standing, traffic
from warehouse.store import Warehouse

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that ended: its row, which `sources` it read, and the `counts` of its row."""

    run_id: str
    kind: str
    status: str
    seconds: float
    counts: Mapping[str, int]
    sources: tuple[str, ...] = ()


@contextmanager
def leaving_status(config: Config, wh: Warehouse, ended: Ended, now: datetime) -> Iterator[None]:
    """Around what publishes: how things stand is asked before, since publishing closes the file, and is written after,
    also when publishing failed, into status.json and the file that `metrics:` names. Adds no error of its own: a run is
    not failed by what tells of it."""
    document: dict[str, Any] = {}
    with _at_worst_a_warning(), wh.reading():
        document = _document(config, wh, ended, now)
    try:
        yield
    finally:
        if document:
            with _at_worst_a_warning():
                document["bytes"] = sizes(config.warehouse)
                replace_text(status_file(config.warehouse), json.dumps(document, ensure_ascii=False, indent=1))
                if config.metrics is not None:
                    replace_text(config.metrics, openmetrics(document))


@contextmanager
def _at_worst_a_warning() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001 - see leaving_status
        _log.warning("what `tanma status` reads could not be written: %s", error)


def _document(config: Config, wh: Warehouse, ended: Ended, now: datetime) -> dict[str, Any]:
    before = read_status(config.warehouse)
    found = json.loads(json.dumps(asdict(standing(wh.con, now)), default=_plain))
    backup = newest_backup(config.warehouse)
    return {
        "written_at": now.isoformat(),
        "version": version("tanma"),
        **found,
        "sources": _sources(config, found["sources"], before.get("sources"), ended, now),
        "newest_backup_at": backup.isoformat() if backup else None,
        "totals": _totals(before.get("totals"), wh, ended),
    }


def _sources(
    config: Config, rows: Iterable[dict[str, Any]], before: object, ended: Ended, now: datetime
) -> list[dict[str, Any]]:
    """The configured sources: source_health, how often they are to be read, when they were, and the pause before that."""
    known = {row["source"]: row for row in rows}
    earlier = {row["source"]: row for row in before} if isinstance(before, list) else {}
    found = []
    for source in config.sources:
        last = earlier.get(source.id, {})
        read_at, pause = last.get("read_at"), last.get("pause", 0.0)
        if source.id in ended.sources:
            pause = (now - datetime.fromisoformat(read_at)).total_seconds() if read_at else 0.0
            read_at = now.isoformat()
        row = known.get(source.id, {"source": source.id, "state": "never run"})
        found.append(row | {"every": source.every.total_seconds(), "read_at": read_at, "pause": pause})
    return found


def _totals(before: object, wh: Warehouse, ended: Ended) -> dict[str, dict[str, int]]:
    """Counters: name → label values, joined by a space, → count."""
    totals: dict[str, dict[str, int]] = {}
    if isinstance(before, dict):
        totals = {name: dict(values) for name, values in before.items() if isinstance(values, dict)}

    def add(name: str, labels: str, count: int) -> None:
        values = totals.setdefault(name, {})
        values[labels] = values.get(labels, 0) + count

    add("runs", f"{ended.kind} {ended.status}", 1)
    for what in ("stored", "updated", "duplicates", "failed"):
        add("articles", what, ended.counts.get(what, 0))
    add("mentions", "", ended.counts.get("mentions", 0))
    for what in ("sent", "undelivered"):
        add("messages", what, ended.counts.get(what, 0))
    for one in traffic(wh.con, ended.run_id):
        add("requests", f"{one.source} {one.outcome}", one.requests)
        add("received_bytes", one.source, one.bytes)
    return totals


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
