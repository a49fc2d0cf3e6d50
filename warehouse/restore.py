"""Putting a backup, or any published file, in the place of the warehouse.

The file is copied, brought to today's schema and looked at; the files that it replaces are kept beside. Alerts that
were sent since the backup was made are carried over where the replaced file can still be read, so that nobody is told
twice. A crash at any moment leaves the old warehouse or the restored one, whole.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb

from sources.errors import NotPublished, SchemaTooNew, WarehouseDamaged, WarehouseError
from warehouse import receipts
from warehouse.carryover import carry_over
from warehouse.compaction import read_whole
from warehouse.connection import connect, translated, wal_of
from warehouse.invariants import Violation, violations
from warehouse.lock import WriterLock
from warehouse.migrate import apply_views, migrate, schema_version
from warehouse.snapshot import copy_whole, discard, finish_replacement, put_in_place, sync_folder

REPLACED = "replaced"
CANDIDATE = "tanma.restore.duckdb"  # beside the work file, while it is made and looked at


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file holds, to tell it from another."""

    articles: int
    alerts: int
    newest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Restored:
    """What was done. `carried`: alerts whose fate is known from the replaced file; None when that could not be read,
    and alerts may repeat. `replaced`: where the old files are now."""

    carried: int | None
    replaced: Sequence[Path]


class Restoration:
    """A file that was looked at and may be put in place. Use as a context manager: it holds the warehouse's lock.

    `contents` is the file's, `violations` what is wrong with it, `current` the warehouse's (None: it cannot be read).
    """

    def __init__(self, folder: Path, file: Path, lock: WriterLock, now: datetime) -> None:
        self._folder, self._lock, self._now = folder, lock, now
        self._work = folder / "work" / "tanma.duckdb"
        self._published = folder / "tanma.duckdb"
        self._candidate = folder / "work" / CANDIDATE
        try:
            finish_replacement(self._work)
            discard(self._candidate)  # of a restore that was killed
        except OSError as error:
            raise WarehouseError(f"{self._work}: {error.strerror}; its folder must be writable") from error
        self.contents, self.violations = self._prepare(file)
        self._old = self._readable()
        self.current: Contents | None = None
        if self._old is not None:
            with connect(self._old, read_only=True) as con:
                self.current = _contents(con)

    @classmethod
    def begin(cls, folder: Path, file: Path, now: datetime) -> Restoration:
        """Take the lock, copy the file and look at the copy to its end; the warehouse is not touched yet.

        Raises WarehouseBusy, NotPublished (there is no such file), WarehouseDamaged, SchemaTooNew, WarehouseError.
        """
        if not file.is_file():
            raise NotPublished(f"{file}: there is no such file; backups stand in {folder / 'backups'}")
        try:
            (folder / "work").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WarehouseError(f"{folder}: {error.strerror}; the warehouse folder must be writable") from error
        lock = WriterLock.take(folder / "work" / "lock", holder="tanma restore", now=now, wait=0.0)
        try:
            return cls(folder, file, lock, now)
        except BaseException:
            discard(folder / "work" / CANDIDATE)
            lock.release()
            raise

    def put_in_place(self) -> Restored:
        """Make the file the warehouse's work file. Publishing is left to Warehouse.open(…).publish(), which a run does
        too. Killed at any moment, the next run finds the old file with the WAL beside it, or the new one without (see
        snapshot.put_in_place). Raises WarehouseError, the old warehouse in place."""
        noted = receipts.noted(self._folder)
        carried = None if self._old is None else carry_over(self._old, self._candidate, noted)
        aside = self._folder / REPLACED
        stem = f"tanma-{self._now.astimezone(UTC):%Y%m%dT%H%M%S}Z"
        replaced: list[Path] = []
        try:
            # The published file is the newest that readers have, if the work file is beyond reading.
            kept = (
                [(self._work, "")] if self._old == self._work else [(self._work, ""), (self._published, ".published")]
            )
            for file, word in kept:
                if file.exists():
                    aside.mkdir(exist_ok=True)
                    replaced.append(_keep(file, aside / f"{stem}{word}.duckdb"))
            # Without this stamp the next publication replaces the published file, whatever it counts.
            (self._folder / "work" / "published.json").unlink(missing_ok=True)
            if wal_of(self._work).exists():  # of a file that could not be opened, or not be written to
                aside.mkdir(exist_ok=True)
                _keep(wal_of(self._work), wal_of(aside / f"{stem}.duckdb"))
            if aside.exists():
                sync_folder(aside)
            put_in_place(self._candidate, self._work)
        except OSError as error:
            raise WarehouseError(
                f"{self._work}: could not be replaced ({error.strerror}); mend that and run `tanma restore` again"
            ) from error
        return Restored(carried, replaced)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        discard(self._candidate)
        self._lock.release()

    def _prepare(self, file: Path) -> tuple[Contents, list[Violation]]:
        """A copy of today's schema, read to its end. A file with changes beside it (.wal) is taken with them."""
        copy_whole(file, self._candidate)
        if wal_of(file).exists():
            copy_whole(wal_of(file), wal_of(self._candidate))
        try:
            with connect(self._candidate) as con:
                version = schema_version(con, str(file))
                if version == 0:
                    raise WarehouseDamaged(f"{file}: this database is empty; name a backup or a published file")
                migrate(con, version, self._now)
                con.begin()
                apply_views(con)
                con.execute("UPDATE core.publication SET changes = changes + 1")
                con.commit()
                read_whole(con)
                return _contents(con), list(violations(con, "all"))
        except duckdb.Error as error:
            raise _of(file, error) from error
        except WarehouseDamaged as error:
            if isinstance(error.__cause__, duckdb.Error):
                raise _of(file, error.__cause__) from error
            raise

    def _readable(self) -> Path | None:
        """The newest file of the warehouse that can be read to its end: the work file, with what a crash left beside
        it; else the published one. What is only in use, or no room, or not ours to open, is no reason to pass a file
        over: that is raised."""
        for file in (self._work, self._published):
            try:
                if file.exists() and self._is_whole(file):
                    return file
            except (WarehouseDamaged, SchemaTooNew):
                continue
        return None

    def _is_whole(self, file: Path) -> bool:
        try:
            with connect(file, read_only=file == self._published) as con:
                if schema_version(con, str(file)):
                    read_whole(con)
                    return True
                return False
        except duckdb.Error as error:
            raise translated(error, file) from error


def _of(file: Path, error: duckdb.Error) -> WarehouseError:
    """What is wrong with the file that was named to us; what opened it says of a damaged warehouse what to do with it."""
    told = translated(error, file)
    if isinstance(told, WarehouseDamaged):
        return WarehouseDamaged(f"{file}: not readable as a database ({error}); restore another file")
    return told


def _contents(con: duckdb.DuckDBPyConnection) -> Contents:
    row = con.execute(
        """SELECT (SELECT count(*) FROM core.articles), (SELECT count(*) FROM core.alerts),
                  (SELECT max(updated_at) FROM core.articles)"""
    ).fetchall()[0]
    return Contents(*row)


def _keep(file: Path, aside: Path) -> Path:
    """A second name for the file, which costs nothing; a copy where the file system knows no such thing."""
    try:
        os.link(file, aside)
    except OSError:
        copy_whole(file, aside)
    return aside
