"""Keeping a warehouse in shape: backup, what an upgrade left to do, letting go, compaction, invariants.

No Prefect here: see flows.tidy.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from flows.config import Config
from flows.leaving import Ended, leaving_status
from flows.progress import Progress, current_progress
from flows.regrouping import regrouping
from flows.session import Clock, utc_now
from sources.errors import WarehouseDamaged, WarehouseError
from warehouse import backups, runs
from warehouse.compaction import compact, room
from warehouse.invariants import Violation, violations
from warehouse.leftovers import discard_leftovers
from warehouse.query import open_published
from warehouse.retention import Removed, let_go, overdue
from warehouse.store import Warehouse


@dataclass(slots=True)
class TidyReport:
    """What a tidy did. Sizes are bytes of the work file; `backup` is the one it made, if one was due; `dropped` older
    ones that gave way. `errors` are steps that failed, the others were done all the same. `damaged`: a step could not
    read the work file, and the published one was left as it was."""

    removed: list[Removed] = field(default_factory=list)
    size_before: int = 0
    size_after: int = 0
    compacted: bool = False
    backup: Path | None = None
    dropped: list[Path] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    damaged: bool = False
    seconds: float = 0.0
    published: bool = False
    skipped: str = ""

    @property
    def ok(self) -> bool:
        return not (self.violations or self.errors)

    @property
    def troubles(self) -> list[str]:
        return [*self.errors, *map(str, self.violations)]

    def in_words(self) -> str:
        """What was done, in a line: the name of its run."""
        rows = sum(one.rows for one in self.removed)
        parts = ["backed up"] * bool(self.backup) + [f"let go of {rows:,} rows"] * bool(rows)
        parts += ["compacted"] * self.compacted + [f"{len(self.troubles)} in trouble"] * bool(self.troubles)
        return ", ".join(parts) or "everything is in order"

    def counts(self) -> dict[str, int]:
        """For the run's row."""
        gone = {one.what: one.rows for one in self.removed if one.rows}
        return gone | {
            "bytes_before": self.size_before,
            "bytes_after": self.size_after,
            "violations": len(self.violations),
        }

    def as_json(self) -> dict[str, Any]:
        return {"ok": self.ok, **asdict(self)}


def tidy_pass(config: Config, *, via: str, clock: Clock = utc_now, wait: float = 0.0) -> TidyReport:
    """Back up what is due, let go of what is old, compact when it is worth it, look at every invariant, publish.

    A step that fails (no room for a backup, a damaged block) is told and stops no other. A damaged file is not
    published: the published one may be the last that is whole. Raises WarehouseBusy, WarehouseError when the warehouse
    itself cannot be opened or written.
    """
    progress, report = current_progress.get(), TidyReport()
    with Warehouse.open(config.warehouse, holder="tanma tidy", now=clock(), wait=wait, timezone=config.timezone) as wh:
        run_id = runs.begin_run(wh, "tidy", via, clock())
        status = "failed"
        try:
            report.size_before = wh.written_down().stat().st_size
            with _told(report):
                discard_leftovers(config.warehouse)
            with _told(report):
                _back_up(config, wh, report, clock())
            with _told(report), wh.reading():
                for _ in regrouping(wh, progress, clock()):
                    pass
            with _told(report), wh.reading(), _step(progress, "let go") as advance:
                report.removed = let_go(wh, config.keep, clock(), lambda _, rows: advance(rows))
            with _told(report):
                _compact(wh, report, progress)
            with _told(report), wh.reading(), _step(progress, "check", idle="every invariant holds") as advance:
                for broken in violations(wh.con, "all"):
                    report.violations.append(broken)
                    advance(1)
            report.size_after = wh.written_down().stat().st_size
            status = "ok" if report.ok else "partial"
        except BaseException as error:
            if not isinstance(error, Exception):  # Ctrl-C, a cancelled flow
                status = "interrupted"
            raise
        finally:
            report.seconds = runs.end_run(wh, run_id, report.counts(), status, clock())
            ended = Ended(run_id, "tidy", status, report.seconds, {})
            with leaving_status(config, wh, ended, clock()):
                if not report.damaged:
                    report.published = wh.publish()
    return report


def tidy_dry(config: Config, now: datetime) -> list[Removed]:
    """What a tidy would let go of, as the published file has it. Changes nothing. Raises NotPublished."""
    with open_published(config.warehouse) as con:
        return overdue(con, config.keep, now)


def back_up_now(config: Config, target: Path | None, now: datetime) -> backups.Backup:
    """A backup whether or not one is due; a `target` that is a folder gets one with a name of its own.

    Raises WarehouseBusy, WarehouseError.
    """
    with Warehouse.open(config.warehouse, holder="tanma backup", now=now, timezone=config.timezone) as wh:
        if target is None:
            return backups.back_up(wh, now)
        target = target / backups.name_at(now) if target.is_dir() else target
        if target.resolve() in (wh.work_file.resolve(), wh.published.resolve()):
            raise WarehouseError(f"{target}: this is the warehouse itself; name another file")
        return backups.back_up(wh, now, target)


def _back_up(config: Config, wh: Warehouse, report: TidyReport, now: datetime) -> None:
    """Before anything is let go, so that the backup holds it."""
    if not config.backup.keep:
        return
    if backups.is_due(config.warehouse, config.backup.every, now):
        report.backup = backups.back_up(wh, now).file
    report.dropped = [one.file for one in backups.rotate(config.warehouse, config.backup.keep)]


def _compact(wh: Warehouse, report: TidyReport, progress: Progress) -> None:
    if not room(wh).is_worth_it:
        return
    with _step(progress, "compact") as advance:
        compact(wh)
        report.compacted = True
        advance(1)


@contextmanager
def _told(report: TidyReport) -> Iterator[None]:
    """A step whose failure is told once, whichever steps meet it, and stops no other."""
    try:
        yield
    except WarehouseError as error:
        report.damaged |= isinstance(error, WarehouseDamaged)
        if str(error) not in report.errors:
            report.errors.append(str(error))


@contextmanager
def _step(progress: Progress, name: str, idle: str = "nothing to do") -> Iterator[Any]:
    """A bar whose end is not known beforehand: it grows as it goes. `idle` is said when there was nothing."""
    done = 0
    progress.begin(name, 0)

    def advance(steps: int) -> None:
        nonlocal done
        done += steps
        progress.begin(name, steps)
        progress.advance(name, steps)

    yield advance
    progress.finish(name, f"{done:,}" if done else idle)
