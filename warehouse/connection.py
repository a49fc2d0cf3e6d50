"""Opening a database file, and what DuckDB's errors mean for whoever runs Tanma."""

from __future__ import annotations

import errno
from pathlib import Path

import duckdb

from sources.errors import SchemaTooNew, WarehouseBusy, WarehouseDamaged, WarehouseError

# Of every connection to a file. The memory is DuckDB's alone; by itself it takes four fifths of the machine's for a
# cache. The index that is looked up takes half of this at a million articles; what does not fit goes to files beside the
# database. Nothing is fetched behind the user's back.
SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "1GB",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",  # a table that is not there is no variable of ours that has its name
}
_FULL = ("No space left", "quota exceeded", "File too large")


def connect(path: Path, *, read_only: bool = False, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """Open a file, whose times come out in UTC. `threads`: None for all processors.

    Raises WarehouseBusy, SchemaTooNew, WarehouseDamaged, WarehouseError.
    """
    config = SETTINGS if threads is None else SETTINGS | {"threads": threads}
    try:
        con = duckdb.connect(path, read_only=read_only, config=config)
        con.execute("SET TimeZone = 'UTC'")
        return con
    except duckdb.Error as error:
        raise translated(error, path) from error


def wal_of(file: Path) -> Path:
    """Where DuckDB keeps what is committed and not yet in the file itself."""
    return file.with_name(file.name + ".wal")


def quoted(file: Path) -> str:
    """A path as it stands in a statement that takes no parameter for it (ATTACH, COPY)."""
    return "'" + str(file).replace("'", "''") + "'"


def is_the_files_fault(error: duckdb.Error) -> bool:
    """Whether the disk or the file is to blame, and not the statement."""
    return isinstance(error, duckdb.IOException | duckdb.FatalException) or any(
        words in str(error) for words in ("Failed to commit", "orrupt database")
    )


def is_full(error: Exception) -> bool:
    """Whether there is no room left for what was to be written: on the disk, of a quota, of the largest file allowed."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return any(words in str(error) for words in _FULL)


def translated(error: duckdb.Error, path: Path) -> WarehouseError:
    """DuckDB has one exception for many causes; the words tell them apart."""
    words = str(error).strip()
    if "Could not set lock" in words:
        return WarehouseBusy(
            f"{path}: another program has opened this file; close it there, and query the published one"
        )
    if "newer" in words and "version" in words:
        return SchemaTooNew(f"{path}: written by a newer DuckDB; install the newest Tanma ({words})")
    if is_full(error):
        return WarehouseError(f"{path}: no room on the disk; nothing was changed; free some and run again ({words})")
    if "Permission denied" in words or "Read-only file system" in words:
        return WarehouseError(f"{path}: must be writable for whoever runs Tanma ({words})")
    if "Failed to commit" in words:
        return WarehouseError(f"{path}: could not be written; nothing was changed ({words})")
    return WarehouseDamaged(
        f"{path}: not readable as a database ({words}); move it aside, and the next run goes on from the published file"
    )
