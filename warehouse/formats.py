"""Answers as bytes: csv, json, parquet, written a batch at a time."""

from __future__ import annotations

import csv
import io
import json
import math
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, BinaryIO, Literal, get_args

import pyarrow as pa

from sources.errors import QueryError

Format = Literal["csv", "json", "parquet"]
Batches = Iterable[pa.RecordBatch]


def rows_of(batch: pa.RecordBatch) -> list[tuple[Any, ...]]:
    """The rows of a batch as Python values: times aware, NULL None, whole numbers int; a time beyond Python's is text."""
    return list(zip(*(_values(column) for column in batch.columns), strict=True))


def write_batches(schema: pa.Schema, batches: Batches, format: Format, stream: BinaryIO) -> None:
    """Write an answer as bytes: csv (UTF-8, header line), json (one array of objects), parquet.

    In csv and json a list or struct is JSON, a time ISO 8601; a second column of the same name becomes `name_2`, in
    parquet too. One batch is in memory at a time. Raises QueryError for an unknown format.
    """
    if format not in get_args(Format):
        raise QueryError(f"{format}: no such format; there are {', '.join(get_args(Format))}")
    _WRITERS[format](schema, batches, stream)


def _write_csv(schema: pa.Schema, batches: Batches, stream: BinaryIO) -> None:
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
    try:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(schema.names)
        for batch in batches:
            writer.writerows([_cell(value) for value in row] for row in rows_of(batch))
    finally:
        text.detach()  # the stream is the caller's


def _write_json(schema: pa.Schema, batches: Batches, stream: BinaryIO) -> None:
    names = _distinct(schema.names)
    before = b"[\n  "
    for batch in batches:
        for row in rows_of(batch):
            one = json.dumps(dict(zip(names, map(_plain, row), strict=True)), ensure_ascii=False, indent=2)
            stream.write(before + one.replace("\n", "\n  ").encode())
            before = b",\n  "
    stream.write(b"[]\n" if before.startswith(b"[") else b"\n]\n")


def _write_parquet(schema: pa.Schema, batches: Batches, stream: BinaryIO) -> None:
    import pyarrow.parquet as parquet  # slow to import, and rarely wanted

    names = _distinct(schema.names)
    # Parquet has no type for spans of months and days: they become text.
    spans = [place for place, field in enumerate(schema) if pa.types.is_interval(field.type)]
    fields = [
        pa.field(name, pa.string() if place in spans else field.type)
        for place, (name, field) in enumerate(zip(names, schema, strict=True))
    ]
    target = pa.PythonFile(stream, mode="w")
    with parquet.ParquetWriter(target, pa.schema(fields)) as writer:
        for batch in batches:
            columns = list(batch.columns)
            for place in spans:
                values = [None if value is None else _plain(value) for value in _values(columns[place])]
                columns[place] = pa.array(values, pa.string())
            writer.write_batch(pa.record_batch(columns, schema=pa.schema(fields)))


_WRITERS: Mapping[str, Callable[[pa.Schema, Batches, BinaryIO], None]] = MappingProxyType(
    {"csv": _write_csv, "json": _write_json, "parquet": _write_parquet}
)


def _values(column: pa.Array) -> list[Any]:
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


def _distinct(names: Iterable[str]) -> list[str]:
    """Each name once; a repeated one is numbered."""
    given: list[str] = []
    for name in names:
        unique, number = name, 1
        while unique in given:
            number += 1
            unique = f"{name}_{number}"
        given.append(unique)
    return given
