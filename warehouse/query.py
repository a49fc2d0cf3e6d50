"""SQL on the published file, read-only: what `tanma sql` and the listing commands ask, and the formats of answers."""

from __future__ import annotations

import csv
import io
import json
import math
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, Literal, get_args

import duckdb
import pyarrow as pa

from sources.errors import NotPublished, QueryError, WarehouseDamaged, WarehouseError

Format = Literal["csv", "json", "parquet"]

# The user's SQL may come from anywhere: it reads this file, no other file, no address, and changes no setting.
_SEALED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


@dataclass(frozen=True)
class Result:
    """The answer to a query. Times in `rows` are aware; NULL is None; duplicate column names are kept."""

    table: pa.Table

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.table.column_names)

    @cached_property
    def rows(self) -> list[tuple[Any, ...]]:
        if not self.columns:
            return []
        return list(zip(*(_values(column) for column in self.table.columns), strict=True))


Connection = duckdb.DuckDBPyConnection


def open_published(folder: Path) -> duckdb.DuckDBPyConnection:
    """Open the published file of a warehouse folder for reading; use as a context manager.

    A run may replace the file meanwhile: this connection keeps what it opened. (In one process, close it before
    opening again, else the same old state is given.) Times come out in the configured timezone. Raises NotPublished,
    WarehouseDamaged, WarehouseError.
    """
    file = folder / "tanma.duckdb"
    if not file.exists():
        raise NotPublished(f"{file}: nothing is published yet; `tanma run` or `tanma import` makes it")
    try:
        con = duckdb.connect(file, read_only=True, config=_SEALED)
    except duckdb.Error as error:
        words = str(error)
        if "Could not set lock" in words:
            raise WarehouseError(
                f"{file}: another program has opened it for writing; open it read-only there (duckdb -readonly)"
            ) from error
        if "Permission denied" in words:
            raise WarehouseError(f"{file}: must be readable for you ({words})") from error
        raise WarehouseDamaged(f"{file}: not readable as a database ({words}); the next run writes it anew") from error
    try:
        zone = con.execute("SELECT value FROM core.settings WHERE name = 'timezone'").fetchall()[0][0]
        con.execute("SET TimeZone = ?", [zone])
        con.execute("SET lock_configuration = true")
    except duckdb.Error as error:
        con.close()
        raise WarehouseDamaged(f"{file}: this is a DuckDB file, but not one that Tanma published ({error})") from error
    return con


def run_query(con: duckdb.DuckDBPyConnection, sql: str) -> Result:
    """The answer to one statement, or to the last of several. Raises QueryError with DuckDB's own words."""
    try:
        con.abort()  # what an earlier reader left of its result would be in the way
        relation = con.sql(sql)
        if relation is None:
            raise QueryError("there is no question in this: write a statement that gives rows, such as FROM stories")
        return Result(relation.to_arrow_table())
    except duckdb.Error as error:
        words = str(error).strip()
        if "read-only mode" in words:
            raise QueryError(f"the published file is for reading only: {words}") from error
        if isinstance(error, duckdb.PermissionException) or "configuration has been locked" in words:
            raise QueryError(f"a query reads this warehouse and nothing else: {words}") from error
        raise QueryError(words) from error


def write_result(result: Result, format: Format, stream: BinaryIO) -> None:
    """Write an answer as bytes: csv (UTF-8, header line), json (one array of objects), parquet.

    In csv and json a list or struct is JSON, a time ISO 8601; a second column of the same name becomes `name_2`.
    """
    if format not in get_args(Format):
        raise QueryError(f"{format}: no such format; there are {', '.join(get_args(Format))}")
    _WRITERS[format](result, stream)


def _write_csv(result: Result, stream: BinaryIO) -> None:
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
    try:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(result.columns)
        writer.writerows([_cell(value) for value in row] for row in result.rows)
    finally:
        text.detach()  # the stream is the caller's


def _write_json(result: Result, stream: BinaryIO) -> None:
    names = _distinct(result.columns)
    rows = [dict(zip(names, (_plain(value) for value in row), strict=True)) for row in result.rows]
    stream.write(json.dumps(rows, ensure_ascii=False, indent=2).encode() + b"\n")


def _write_parquet(result: Result, stream: BinaryIO) -> None:
    import pyarrow.parquet as parquet  # slow to import, and rarely wanted

    table = result.table.rename_columns(_distinct(result.columns))
    for place, field in enumerate(table.schema):
        if pa.types.is_interval(field.type):  # Parquet has no such type
            spans = [None if value is None else _plain(value) for value in _values(table.column(place))]
            table = table.set_column(place, field.name, pa.array(spans, pa.string()))
    buffer = io.BytesIO()
    parquet.write_table(table, buffer)
    stream.write(buffer.getbuffer())


_WRITERS: Mapping[str, Callable[[Result, BinaryIO], None]] = MappingProxyType(
    {"csv": _write_csv, "json": _write_json, "parquet": _write_parquet}
)


def _values(column: pa.ChunkedArray) -> list[Any]:
    """Python values: whole numbers as int though DuckDB sums to DECIMAL(38,0); times beyond Python's as text."""
    try:
        values: list[Any] = column.to_pylist()
    except (OverflowError, ValueError):
        values = column.cast(pa.int64()).cast(pa.string()).to_pylist()
        with suppress(pa.ArrowInvalid):
            values = column.cast(pa.string()).to_pylist()
    if pa.types.is_decimal(column.type) and column.type.scale == 0:
        return [None if value is None else int(value) for value in values]
    if pa.types.is_interval(column.type):
        return [None if value is None else _span(*value) for value in values]
    return values


def _span(months: int, days: int, nanoseconds: int) -> timedelta | str:
    rest = timedelta(days=days, microseconds=nanoseconds // 1000)
    return f"{months} months {rest}" if months else rest


def _cell(value: object) -> object:
    plain = _plain(value)
    if isinstance(plain, list | dict):
        return json.dumps(plain, ensure_ascii=False)
    return plain


def _plain(value: Any) -> Any:
    """What JSON can say. Not a number and infinite become null."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case Decimal():
            return float(value)
        case datetime() | date() | time():
            return value.isoformat()
        case bytes():
            return b64encode(value).decode("ascii")
        case list() | tuple():
            return [_plain(one) for one in value]
        case dict():
            return {str(key): _plain(one) for key, one in value.items()}
        case _:
            return str(value)


def _distinct(names: tuple[str, ...]) -> list[str]:
    """Each name once; a repeated one is numbered."""
    given: list[str] = []
    for name in names:
        unique, number = name, 1
        while unique in given:
            number += 1
            unique = f"{name}_{number}"
        given.append(unique)
    return given
