"""A reader of the published file that goes on with the new one when a run has replaced it; what its prompt completes."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb

from warehouse.query import Result, Stream, open_published, run_query, stream_query

_VIEWS = "schema_name = 'main' AND NOT internal"


@dataclass(frozen=True)
class Vocabulary:
    """What can stand in a question: views with their columns, functions and keywords (lower case), and tracked names."""

    views: dict[str, tuple[str, ...]]
    words: tuple[str, ...]
    names: tuple[str, ...]


class Reader:
    """The published file of a warehouse folder, open. Use as a context manager.

    Opening raises NotPublished, WarehouseDamaged, WarehouseError, as open_published does.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen = self._signature()
        self._con: duckdb.DuckDBPyConnection | None = open_published(folder)

    def renew(self) -> bool:
        """Open the file anew when another stands in its place; whether that was so. A missing one changes nothing.

        Raises as opening does; the next call tries again.
        """
        now = self._signature()
        if now == self._seen and self._con is not None:
            return False
        if now is None:
            return False
        self.close()  # one process is given the same old state while it still has it open
        self._con = open_published(self._folder)
        self._seen = now
        return True

    def ask(self, sql: str) -> Stream:
        """Raises QueryError."""
        return stream_query(self._open(), sql)

    def views(self) -> Result:
        """Each view with what it is."""
        return run_query(self._open(), f"SELECT view_name, comment FROM duckdb_views() WHERE {_VIEWS} ORDER BY ALL")

    def describe(self, view: str) -> Result:
        """The columns of a view with their types and what they are; no rows when there is no such view."""
        named = "'" + view.replace("'", "''") + "'"
        return run_query(
            self._open(),
            f"""SELECT column_name, data_type, comment FROM duckdb_columns()
                WHERE {_VIEWS} AND table_name = {named} ORDER BY column_index""",
        )

    def vocabulary(self) -> Vocabulary:
        """What a prompt can complete."""
        con = self._open()
        columns = run_query(
            con,
            f"""SELECT table_name, list(column_name ORDER BY column_index) FROM duckdb_columns()
                WHERE {_VIEWS} GROUP BY ALL ORDER BY ALL""",
        )
        words = run_query(
            con,
            """SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category <> 'unreserved'
               UNION SELECT function_name FROM duckdb_functions()
               WHERE regexp_full_match(function_name, '[a-z][a-z0-9_]+') AND NOT starts_with(function_name, 'pragma')
               ORDER BY ALL""",
        )
        names = run_query(
            con,
            """SELECT DISTINCT unnest([entity_id, name] || aliases) AS known FROM entities
               UNION SELECT outlet FROM articles WHERE outlet <> '' ORDER BY ALL""",
        )
        return Vocabulary(
            {view: tuple(names) for view, names in columns.rows},
            tuple(row[0] for row in words.rows),
            tuple(row[0] for row in names.rows),
        )

    def interrupt(self) -> None:
        """Stop the question that another thread is asking; it raises QueryError there."""
        if self._con is not None:
            self._con.interrupt()

    def close(self) -> None:
        if self._con is not None:
            con, self._con = self._con, None
            con.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self) -> duckdb.DuckDBPyConnection:
        if self._con is None:
            self.renew()
        if self._con is None:
            self._con = open_published(self._folder)
        return self._con

    def _signature(self) -> tuple[int, int, int] | None:
        with suppress(FileNotFoundError):
            stat = (self._folder / "tanma.duckdb").stat()
            return stat.st_ino, stat.st_mtime_ns, stat.st_size
        return None
