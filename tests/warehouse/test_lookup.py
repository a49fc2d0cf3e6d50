"""Rows looked up by a few values and by thousands, in a column with an index and in one without."""

from __future__ import annotations

import duckdb
import pytest

from warehouse.lookup import rows_by


@pytest.fixture(scope="module")
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("CREATE TABLE t (number INTEGER, name TEXT PRIMARY KEY, story TEXT)")
    con.execute("INSERT INTO t SELECT n, 'n' || n, 's' || n // 2 FROM range(5000) r(n)")
    return con


@pytest.mark.parametrize("count", [0, 1, 1000, 1001, 4000])
def test_the_same_rows_however_many_values(con: duckdb.DuckDBPyConnection, count: int) -> None:
    asked = [f"n{number}" for number in range(count)]
    assert sorted(rows_by(con, "number", "t", "name", [*asked, "n9999", *asked])) == [(n,) for n in range(count)]
    assert sorted(rows_by(con, "name", "t", "number", range(count))) == sorted((name,) for name in asked)
    stories = rows_by(con, "number, story", "t", "story", (f"s{number}" for number in range(count // 2)))
    assert sorted(stories) == [(n, f"s{n // 2}") for n in range(count // 2 * 2)]
