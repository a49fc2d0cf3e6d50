"""A published file that is replaced while somebody opens it: one state or the other, never an error, never a mixture."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from warehouse.query import connect_published

REAL = duckdb.connect


def a_file(path: Path, rows: int) -> Path:
    with REAL(path) as con:
        con.execute(f"CREATE TABLE t AS SELECT i, repeat('字', 100) AS text FROM range({rows}) r(i)")
    return path


def count(con: duckdb.DuckDBPyConnection) -> int:
    with con:
        return int(con.execute("SELECT count(*) FROM t").fetchall()[0][0])


@pytest.fixture
def published(tmp_path: Path) -> Path:
    a_file(tmp_path / "new.duckdb", 20)
    return a_file(tmp_path / "tanma.duckdb", 10)


def replaced_within(monkeypatch: pytest.MonkeyPatch, published: Path, then: Callable[[], None]) -> list[int]:
    """DuckDB opens the file, and in the middle of that a run replaces it. Returns where each opening is counted."""
    opened: list[int] = []

    def connect(path: Path, **options: Any) -> duckdb.DuckDBPyConnection:
        con = REAL(path, **options)
        opened.append(1)
        if len(opened) == 1:
            shutil.copy(published.with_name("new.duckdb"), published.with_name("tmp"))
            published.with_name("tmp").replace(published)
            try:
                then()
            except duckdb.Error:
                con.close()
                raise
        return con

    monkeypatch.setattr(duckdb, "connect", connect)
    return opened


def test_what_may_be_mixed_is_opened_anew(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = replaced_within(monkeypatch, published, lambda: None)
    assert count(connect_published(published, {})) == 20
    assert len(opened) == 2


def test_an_error_of_the_mixture_is_not_told(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def mixed() -> None:
        raise duckdb.IOException("IO Error: No more data remaining in MetadataReader")

    opened = replaced_within(monkeypatch, published, mixed)
    assert count(connect_published(published, {})) == 20
    assert len(opened) == 2


def test_a_file_that_stays_as_it_is_and_is_none_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "tanma.duckdb").write_bytes(b"no database" * 1000)
    with pytest.raises(duckdb.Error):
        connect_published(tmp_path / "tanma.duckdb", {})
    with pytest.raises(duckdb.Error):
        connect_published(tmp_path / "nothing.duckdb", {})
