"""Whole copies of the warehouse: `<warehouse>/backups/tanma-20261128T043000Z.duckdb`. Each can be queried and restored."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from sources.errors import WarehouseDamaged, WarehouseError
from warehouse.compaction import read_whole
from warehouse.connection import connect, translated
from warehouse.migrate import schema_version
from warehouse.snapshot import copy_whole, discard, sync_folder
from warehouse.store import Warehouse

FOLDER = "backups"
_NAME = re.compile(r"tanma-(\d{8}T\d{6})Z\.duckdb")
_STAMP = "%Y%m%dT%H%M%S"
UNCHECKED = "unchecked.duckdb"
_SLACK = 24  # a daily backup that is a twenty-fourth of a day early is not put off to the next day
_SPARE = 64 * 1024**2  # bytes of the disk that are left alone


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy that was checked. `made_at` is the time in its name."""

    file: Path
    made_at: datetime
    bytes: int


def backups(folder: Path) -> list[Backup]:
    """The backups of a warehouse folder that were made by back_up, the newest first; others' files are left out.

    Raises WarehouseError."""
    place = folder / FOLDER
    try:
        return sorted(_found(place), key=lambda one: one.made_at, reverse=True)
    except OSError as error:
        raise WarehouseError(f"{place}: could not be read ({error.strerror}); mend that and run again") from error


def _found(place: Path) -> Iterator[Backup]:
    for file in place.iterdir() if place.is_dir() else ():
        match = _NAME.fullmatch(file.name)
        if match and file.is_file() and not file.is_symlink():
            with suppress(ValueError):
                made_at = datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC)
                yield Backup(file, made_at, file.stat().st_size)


def is_due(folder: Path, every: timedelta, now: datetime) -> bool:
    """Whether the newest backup is as old as that, a little less granted."""
    known = backups(folder)
    return not known or now - known[0].made_at >= every - every / _SLACK


def back_up(wh: Warehouse, now: datetime, target: Path | None = None) -> Backup:
    """Copy the work file as it is committed now, read the copy to its end, and only then give it its name: `target`,
    or the one among the backups that says `now`.

    A crash leaves no file that looks like a backup; what it leaves goes with the next one to that folder. Raises WarehouseError, which leaves an older file of that name as
    it was.
    """
    file = target or wh.folder / FOLDER / name_at(now)
    unchecked = file.with_name(_unchecked_of(wh.folder) if target else UNCHECKED)
    source = wh.written_down()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        discard(unchecked)
        _need_room(source, file.parent)
        copy_whole(source, unchecked)
        rows = _read(source)
        if not _holds(unchecked, rows):
            raise WarehouseError(f"{unchecked}: the copy differs from {source}; it is no backup; look at the disk")
        unchecked.replace(file)
        sync_folder(file.parent)
    except OSError as error:
        raise WarehouseError(f"{file}: could not be written ({error.strerror}); there is no new backup") from error
    finally:
        with suppress(OSError):
            discard(unchecked)
    return Backup(file, now, file.stat().st_size)


def name_at(now: datetime) -> str:
    """What a backup made now is called."""
    return f"tanma-{now.astimezone(UTC):{_STAMP}}Z.duckdb"


def rotate(folder: Path, keep: int) -> list[Backup]:
    """Delete the oldest backups but `keep`; which they were. What back_up did not make is never touched.

    Raises WarehouseError."""
    old = backups(folder)[keep:]
    for one in old:
        try:
            one.file.unlink(missing_ok=True)
        except OSError as error:
            raise WarehouseError(
                f"{one.file}: this old backup could not be deleted ({error.strerror}); mend that, or delete it by hand"
            ) from error
    return old


def _unchecked_of(folder: Path) -> str:
    """Of this warehouse in somebody's folder, where another warehouse may be copied to at the same time."""
    return f".tanma-{hashlib.sha256(bytes(folder.resolve())).hexdigest()[:8]}.{UNCHECKED}"


def _holds(copy: Path, rows: dict[str, tuple[int, int | None]]) -> bool:
    try:
        return _read(copy) == rows
    except WarehouseDamaged:
        return False


def _read(file: Path) -> dict[str, tuple[int, int | None]]:
    try:
        with connect(file, read_only=True) as con:
            schema_version(con, str(file))
            return read_whole(con)
    except duckdb.Error as error:
        raise translated(error, file) from error


def _need_room(source: Path, folder: Path) -> None:
    size, free = source.stat().st_size, shutil.disk_usage(folder).free
    if free < 2 * size + _SPARE:  # the next run publishes, which takes as much again
        raise WarehouseError(
            f"{folder}: no room for a backup of {size / 1e6:,.0f} MB beside a published copy ({free / 1e6:,.0f} MB are "
            "free); keep fewer (`backup: {keep: …}` in tanma.yaml), free some, or name another disk: `tanma backup FILE`"
        )
