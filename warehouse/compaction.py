"""Giving room back. DuckDB reuses what was deleted, and its file never shrinks: the rows are copied into a fresh file."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from sources.errors import WarehouseError
from warehouse.connection import connect, quoted, translated
from warehouse.snapshot import discard, sync_file, sync_folder
from warehouse.store import Warehouse

NEW = "tanma.compact.duckdb"  # beside the work file, while it is made
WORTH_SHARE, WORTH_BYTES = 0.2, 32 * 1024**2  # of the file, at least; and in all
_SPARE = 64 * 1024**2  # bytes of the disk that are left alone


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes of the work file, and how many of them hold nothing any more (an estimate)."""

    size: int
    dead: int

    @property
    def is_worth_it(self) -> bool:
        """Whether a fresh file would be smaller by a fifth, and by 32 MB."""
        return self.dead >= max(WORTH_SHARE * self.size, WORTH_BYTES)


def room(wh: Warehouse) -> Room:
    """Free blocks count whole; of the blocks of a table, the share of its rows that were deleted.
    Raises WarehouseError."""
    path = wh.written_down()
    with wh.reading():
        return Room(path.stat().st_size, _dead(wh.con))


def _dead(con: duckdb.DuckDBPyConnection) -> int:
    block, free = con.execute("SELECT block_size, free_blocks FROM pragma_database_size()").fetchall()[0]
    dead = 0.0
    for table in _tables(con):
        rows, places = con.execute(f"SELECT count(*), coalesce(max(rowid) + 1, 0) FROM {table}").fetchall()[0]
        if places > rows:
            blocks = con.execute(
                f"""SELECT count(DISTINCT block) FROM (
                        SELECT unnest(list_append(additional_block_ids, block_id)) AS block
                        FROM pragma_storage_info('{table}')) WHERE block >= 0"""
            ).fetchall()[0][0]
            dead += blocks * (1 - rows / places)
    return int((free + dead) * block)


def compact(wh: Warehouse) -> Room:
    """Put a fresh file with the same rows, in the same order, in the place of the work file; what room it won.

    Everything is copied: tables whatever they are, keys, indexes, views, comments, sequences. Each table's rows are
    compared before the rename, and a crash at any moment leaves the old file or the new one, whole. Raises
    WarehouseError with the old file in place, as when the disk has no room for both.
    """
    old = wh.written_down()
    new = old.with_name(NEW)
    size = old.stat().st_size
    discard(new)
    if shutil.disk_usage(old.parent).free < size + _SPARE:
        raise WarehouseError(
            f"{old.parent}: compacting needs room for a second copy of the warehouse ({size / 1e6:,.0f} MB); "
            "nothing was changed; free some and run `tanma tidy` again"
        )
    try:
        with connect(new) as con:
            con.execute(f"ATTACH {quoted(old)} AS old (READ_ONLY)")
            con.execute(f"COPY FROM DATABASE old TO {_name(con)}")
            for table in _tables(con):
                if (of_old := fingerprint(con, f"old.{table}")) != (of_new := fingerprint(con, table)):
                    raise WarehouseError(
                        f"{new}: the copy of {table} has {of_new[0]:,} rows, which are not the {of_old[0]:,} of the old "
                        "file; nothing was changed; run `tanma tidy` again, and report it if it says so again"
                    )
            con.execute("DETACH old")
            con.execute("CHECKPOINT")
    except duckdb.Error as error:
        discard(new)
        raise translated(error, new) from error
    except BaseException:
        discard(new)
        raise
    sync_file(new)
    new.replace(old)
    sync_folder(old.parent)
    return Room(old.stat().st_size, size - old.stat().st_size)


def fingerprint(con: duckdb.DuckDBPyConnection, table: str) -> tuple[int, int | None]:
    """Number of rows of a table, and a number that is the same for the same rows. Every block of it is read, and
    DuckDB checks each block's sum as it reads it."""
    rows: tuple[int, int | None] = con.execute(f"SELECT count(*), bit_xor(hash(t)) FROM {table} t").fetchall()[0]
    return rows


def read_whole(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, int | None]]:
    """The fingerprint of every table. Raises duckdb.Error when a block is damaged."""
    return {table: fingerprint(con, table) for table in _tables(con)}


def _tables(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    rows = con.execute(
        """SELECT '"' || schema_name || '"."' || table_name || '"' FROM duckdb_tables()
           WHERE database_name = current_database() AND NOT internal AND NOT temporary ORDER BY 1"""
    ).fetchall()
    for row in rows:
        yield row[0]


def _name(con: duckdb.DuckDBPyConnection) -> str:
    return f'"{con.execute("SELECT current_database()").fetchall()[0][0]}"'
