"""SQL on the published file, read-only: what `tanma sql` and the listing commands ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import pyarrow as pa

from sources.errors import NotPublished, QueryError, WarehouseBusy, WarehouseDamaged, WarehouseError
from warehouse.connection import SETTINGS, translated
from warehouse.formats import Format as Format
from warehouse.formats import rows_of, write_batches

_BATCH = 10_000  # rows
_TRIES = 20  # to open a file; a run replaces it once, at its end
_STOPPED = "stopped before it was done"

# The user's SQL may come from anywhere: it reads this file, no other file, no address, and changes no setting.
_SEALED = {**SETTINGS, "enable_external_access": "false"}


@dataclass(frozen=True)
class Result:
    """The answer to a query. Times in `rows` are aware; NULL is None; duplicate column names are kept."""

    table: pa.Table

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.table.column_names)

    @cached_property
    def rows(self) -> list[tuple[Any, ...]]:
        return [row for batch in self.table.to_batches() for row in rows_of(batch)] if self.columns else []


@dataclass(frozen=True)
class Stream:
    """The answer to a query, a batch at a time and once: for answers larger than memory."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.schema.names)

    def rows(self) -> Iterator[tuple[Any, ...]]:
        return (row for batch in self.batches for row in rows_of(batch))


Connection = duckdb.DuckDBPyConnection


def open_published(folder: Path) -> duckdb.DuckDBPyConnection:
    """Open the published file of a warehouse folder for reading; use as a context manager.

    A run may replace the file meanwhile: this connection keeps what it opened. (In one process, close it before
    opening again, else the same old state is given.) Times come out in the configured timezone. Raises NotPublished,
    SchemaTooNew (of DuckDB), WarehouseDamaged, WarehouseError.
    """
    file = folder / "tanma.duckdb"
    if not file.exists():
        raise NotPublished(f"{file}: nothing is published yet; `tanma run` or `tanma import` makes it")
    try:
        con = connect_published(file, _SEALED)
    except duckdb.Error as error:
        words, meant = str(error), translated(error, file)
        if isinstance(meant, WarehouseBusy):
            raise WarehouseError(
                f"{file}: another program has opened it for writing; open it read-only there (duckdb -readonly)"
            ) from error
        if "Permission denied" in words:
            raise WarehouseError(f"{file}: must be readable for you ({words})") from error
        if isinstance(meant, WarehouseDamaged):
            words = f"not readable as a database ({words}); the next run writes it anew"
            raise WarehouseDamaged(f"{file}: {words}") from error
        raise meant from error
    try:
        zone = con.execute("SELECT value FROM core.settings WHERE name = 'timezone'").fetchall()[0][0]
        con.execute("SET TimeZone = ?", [zone])
        con.execute("SET lock_configuration = true")
    except duckdb.Error as error:
        con.close()
        raise WarehouseDamaged(f"{file}: this is a DuckDB file, but not one that Tanma published ({error})") from error
    return con


def connect_published(file: Path, config: Mapping[str, str | bool | int | float | list[str]]) -> Connection:
    """Open a file for reading that runs replace by rename, one and the same from beginning to end.

    To open a file DuckDB (2.0.0) opens its path three times: in the moment of a replacement it gets two files mixed, and
    fails (`No more data remaining in MetadataReader`, `Could not read enough bytes`) or worse. Then it is opened anew.
    Raises duckdb.Error.
    """
    for _ in range(_TRIES):
        before = _identity(file)
        try:
            con = duckdb.connect(file, read_only=True, config=dict(config))
        except duckdb.Error:
            if _identity(file) == before:
                raise
            continue
        if _identity(file) == before:
            return con
        con.close()
    return duckdb.connect(file, read_only=True, config=dict(config))


def _identity(file: Path) -> tuple[int, int, int] | None:
    try:
        stat = file.stat()
    except FileNotFoundError:
        return None
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def run_query(con: duckdb.DuckDBPyConnection, sql: str) -> Result:
    """The answer to one statement, or to the last of several. Raises QueryError with DuckDB's own words."""
    with _in_our_words():
        return Result(_relation(con, sql).to_arrow_table())


def stream_query(con: duckdb.DuckDBPyConnection, sql: str) -> Stream:
    """As run_query, without holding the answer: the first batch is there, the others come as they are taken.

    Taking one may raise QueryError, also when con.interrupt() was called from another thread. The connection answers
    nothing else until the answer is read to its end or given up by asking the next question.
    """
    with _in_our_words():
        reader = _relation(con, sql).to_arrow_reader(_BATCH)
    batches = _translated(reader)
    first = next(batches, None)  # most of what can go wrong does so before a line is written
    return Stream(reader.schema, batches if first is None else chain((first,), batches))


def write_result(result: Result | Stream, format: Format, stream: BinaryIO) -> None:
    """Write an answer as bytes; of a Stream, a batch at a time: see warehouse.formats.write_batches."""
    if isinstance(result, Stream):
        write_batches(result.schema, result.batches, format, stream)
    else:
        write_batches(result.table.schema, result.table.to_batches(), format, stream)


def _relation(con: duckdb.DuckDBPyConnection, sql: str) -> duckdb.DuckDBPyRelation:
    con.abort()  # what an earlier reader left of its result would be in the way
    relation = con.sql(sql)
    if relation is None:
        raise QueryError("there is no question in this: write a statement that gives rows, such as FROM stories")
    return relation


def _translated(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    try:
        yield from reader
    except (pa.ArrowException, OSError) as error:  # Arrow's, with DuckDB's words in them
        words = str(error).strip()
        raise QueryError(_STOPPED if words.startswith("INTERRUPT") else words) from None


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except duckdb.InterruptException:
        raise QueryError(_STOPPED) from None
    except duckdb.Error as error:
        words = str(error).strip()
        if "read-only mode" in words:
            raise QueryError(f"the published file is for reading only: {words}") from error
        if isinstance(error, duckdb.PermissionException) or "configuration has been locked" in words:
            raise QueryError(f"a query reads this warehouse and nothing else: {words}") from error
        raise QueryError(words) from error
