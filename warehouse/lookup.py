"""Looking rows up by an index, so that it takes the same time however many rows there are.

DuckDB 2.0 does so for one condition alone, `column IN (values)` on a column that has an index of its own. A second
condition, a join or a subquery makes it read the whole column.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import duckdb

# Values that take longer to read as a statement than a million rows of the column; DuckDB's index ends at 2,048 anyway.
_MANY = 1000


def is_empty(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether a table has no row: asked before a hundred values are looked up in one that mostly has none."""
    return not con.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchall()


def rows_by(
    con: duckdb.DuckDBPyConnection, columns: str, table: str, column: str, values: Iterable[str | int]
) -> list[tuple[Any, ...]]:
    """These columns of the rows of a table in whose `column` one of the values stands; one without an index is read
    whole. Names are ours, never anybody's input."""
    wanted = list(dict.fromkeys(values))
    if not wanted:
        return []
    if len(wanted) > _MANY:
        return con.execute(f"SELECT {columns} FROM {table} WHERE {column} IN (SELECT unnest(?))", [wanted]).fetchall()
    places = ", ".join("?" * len(wanted))
    return con.execute(f"SELECT {columns} FROM {table} WHERE {column} IN ({places})", wanted).fetchall()
