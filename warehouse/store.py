"""The warehouse file: open it alone, change it in transactions, publish it by rename.

The writer works on `<folder>/work/tanma.duckdb`; readers open `<folder>/tanma.duckdb`, a copy that is replaced whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from sources.errors import WarehouseError
from warehouse.connection import connect, is_the_files_fault, translated, wal_of
from warehouse.lock import WriterLock
from warehouse.migrate import apply_views, change_setting, migrate, migrations, schema_version
from warehouse.snapshot import copy_whole, discard, finish_replacement, sync_folder
from warehouse.watchlist import Entity


class Warehouse:
    """An open warehouse, held by this process alone. Use as a context manager."""

    def __init__(self, folder: Path, lock: WriterLock) -> None:
        self.folder = folder
        self._lock = lock
        self._con: duckdb.DuckDBPyConnection | None = None
        self._changing = False

    @classmethod
    def open(
        cls, folder: Path, *, holder: str, now: datetime, wait: float = 0.0, timezone: ZoneInfo | None = None
    ) -> Warehouse:
        """Lock the folder, create or upgrade its file, open it. A missing work file is made from the published one.

        `holder` is told to those who find it locked; `wait` is how many seconds to try for the lock; `timezone`
        is where the days of entity_daily begin, None: where they did. Times come out in UTC whatever it is.
        Raises WarehouseBusy, SchemaTooNew, WarehouseDamaged, WarehouseError.
        """
        try:
            (folder / "work").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WarehouseError(f"{folder}: {error.strerror}; the warehouse folder must be writable") from error
        lock = WriterLock.take(folder / "work" / "lock", holder=holder, now=now, wait=wait)
        warehouse = cls(folder, lock)
        try:
            warehouse._prepare(now, timezone)
        except BaseException:
            warehouse.close()
            raise
        return warehouse

    @property
    def published(self) -> Path:
        return self.folder / "tanma.duckdb"

    @property
    def work_file(self) -> Path:
        return self.folder / "work" / "tanma.duckdb"

    @property
    def con(self) -> duckdb.DuckDBPyConnection:
        """The one connection. Its times come out in UTC. Read whole results (fetchall): what is left of one result
        makes DuckDB refuse the next registration."""
        if self._con is None:
            if not self._lock.held:
                raise WarehouseError(f"{self.folder}: this warehouse is closed; open it again")
            # What a run asks is small: a second thread is woken for each statement and finds nothing to do, at half the
            # cost of it again (tests/benchmarks/bench_growth.py). Compacting has a connection of its own.
            self._con = connect(self.work_file, threads=1)
            # What a run commits stays in the log beside the file: to write it down as the file is closed rewrites whole
            # blocks, two megabytes for a pass that found nothing new, and a small server makes 150 of those a day.
            self._con.execute("PRAGMA disable_checkpoint_on_shutdown")
        return self._con

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """All or nothing, of something that readers can see: the next publish() publishes.

        Raises WarehouseError (nothing was changed) when the disk is full or the file is damaged.
        """
        with self.bookkeeping() as con:
            yield con
            self.mark_changed()

    def mark_changed(self) -> None:
        """Inside a transaction, bookkeeping too: readers can see what it changes, the next publish() publishes."""
        self.con.execute("UPDATE core.publication SET changes = changes + 1")

    @contextmanager
    def bookkeeping(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """All or nothing, of rows that no reader waits for: they are published with the next visible change.

        Inside another transaction it is a part of that one, and an error has to leave both.
        """
        if self._changing:
            yield self.con
            return
        with self.reading():
            con = self.con
            con.begin()
            self._changing = True
            try:
                yield con
                con.commit()
            except BaseException:
                with suppress(duckdb.Error):  # already rolled back by DuckDB itself
                    con.rollback()
                raise
            finally:
                self._changing = False

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Around what reads the file: a damaged block, or a disk that fails, comes out as WarehouseDamaged or another
        WarehouseError, and the file is opened anew when it is next used. A statement that is wrong stays duckdb.Error."""
        try:
            yield
        except duckdb.Error as error:
            if not is_the_files_fault(error):
                raise
            self._close_file()
            raise translated(error, self.work_file) from error

    def insert(self, sql: str, rows: pa.Table) -> None:
        """Run a statement that reads the Arrow table `incoming`: hundreds of times faster than a row at a time."""
        con = self.con
        con.complete()
        con.register("incoming", rows)
        try:
            con.execute(sql).fetchall()
        finally:
            with suppress(duckdb.Error):  # in an aborted transaction: what aborted it is the error to tell
                con.unregister("incoming")

    def sync_entities(self, entities: Sequence[Entity], now: datetime) -> None:
        """Make core.entities hold the watchlist; who is no longer in it stays, inactive. Writes only what differs."""
        known = {
            row[0]: row[1:]
            for row in self.con.execute(
                "SELECT entity_id, kind, name, aliases, groups, context, never, active FROM core.entities"
            ).fetchall()
        }
        wanted = {entity.entity_id: _columns(entity) for entity in entities}
        changed = [
            (entity_id, *columns, now) for entity_id, columns in wanted.items() if known.get(entity_id) != columns
        ]
        dropped = [entity_id for entity_id, columns in known.items() if entity_id not in wanted and columns[-1]]
        if not changed and not dropped:
            return
        rows = pa.Table.from_pylist([dict(zip(_ENTITIES.names, row, strict=True)) for row in changed], _ENTITIES)
        with self.transaction() as con:
            con.execute(
                "UPDATE core.entities SET active = false, updated_at = ? WHERE entity_id IN (SELECT unnest(?::TEXT[]))",
                [now, dropped],
            )
            self.insert("INSERT OR REPLACE INTO core.entities BY NAME FROM incoming", rows)

    def written_down(self) -> Path:
        """The work file, closed and holding all that was committed, to be copied or replaced whole; it is opened
        again when it is next used. Raises WarehouseError, with nothing lost."""
        try:
            self.con.execute("CHECKPOINT")
            self._close_file()
        except duckdb.Error as error:
            raise translated(error, self.work_file) from error
        if wal_of(self.work_file).exists():
            raise WarehouseError(f"{self.work_file}: not all of it could be written down; it is kept as it is")
        return self.work_file

    def publish(self) -> bool:
        """Replace the published file when something that readers see has changed since it was made, or it is missing.

        A crash at any moment leaves the old published file or the new one, and the next publish() makes up for it.
        Readers with the old file open keep it. Raises WarehouseError, the published file untouched.
        """
        changes: int = self.con.execute("SELECT changes FROM core.publication").fetchall()[0][0]
        if self._stamp_file.exists() and self._stamp_file.read_bytes() == self._stamp(changes):
            return False
        copy_whole(self.written_down(), self.published)
        # Of somebody who opened the published file for writing: it belongs to the file that was just replaced.
        wal_of(self.published).unlink(missing_ok=True)
        with suppress(OSError):  # without the stamp the next run publishes once more
            self._stamp_file.write_bytes(self._stamp(changes))
        return True

    def close(self) -> None:
        """Close the file and release the lock. What was not published is published by the next run.

        What was committed is in the file or in the log beside it (.wal), which belong together.
        """
        try:
            if self._con is not None and _size(wal_of(self.work_file)) > _LONG:
                with suppress(duckdb.Error):  # it is in the log, as before
                    self._con.execute("CHECKPOINT")
            self._close_file()
        finally:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _stamp_file(self) -> Path:
        return self.folder / "work" / "published.json"

    def _stamp(self, changes: int) -> bytes:
        """Names the published file as it now is and the change it holds; a file put there by others differs."""
        try:
            stat = self.published.stat()
        except FileNotFoundError:
            return b"missing"
        names = {"changes": changes, "inode": stat.st_ino, "bytes": stat.st_size, "modified": stat.st_mtime_ns}
        return json.dumps(names).encode()

    def _prepare(self, now: datetime, timezone: ZoneInfo | None) -> None:
        """Leave a work file of the newest schema behind, open."""
        try:
            finish_replacement(self.work_file)
        except OSError as error:
            raise WarehouseError(f"{self.work_file}: {error.strerror}; its folder must be writable") from error
        if not self.work_file.exists():
            wal_of(self.work_file).unlink(missing_ok=True)  # says nothing without its file
            if self.published.exists():
                copy_whole(self.published, self.work_file)
            else:
                self._create(now)
        try:
            version = schema_version(self.con, str(self.work_file))
            if version < migrations()[-1].version:
                copy_whole(self.written_down(), self.work_file.with_name(f"tanma.v{version:04}.duckdb"))
                migrate(self.con, version, now)
            with self.bookkeeping() as con:
                changed = apply_views(con)
                if timezone is not None:
                    changed |= change_setting(con, "timezone", timezone.key)
                if changed:
                    con.execute("UPDATE core.publication SET changes = changes + 1")
        except duckdb.Error as error:
            raise translated(error, self.work_file) from error

    def _create(self, now: datetime) -> None:
        """Made under another name: a crash half-way leaves no file that looks damaged."""
        new = self.work_file.with_name("tanma.new.duckdb")
        discard(new)
        with connect(new) as con:
            migrate(con, 0, now)
        new.rename(self.work_file)
        sync_folder(self.work_file.parent)

    def _close_file(self) -> None:
        if self._con is not None:
            con, self._con = self._con, None
            con.close()


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


_LONG = 250_000  # bytes of a log: twenty-five passes that found nothing, which the next reads in 30 ms
_ENTITIES = pa.schema(
    [(name, pa.string()) for name in ("entity_id", "kind", "name")]
    + [(name, pa.list_(pa.string())) for name in ("aliases", "groups", "context", "never")]
    + [("active", pa.bool_()), ("updated_at", pa.timestamp("us", tz="UTC"))]
)


def _columns(entity: Entity) -> tuple[Any, ...]:
    lists = (entity.aliases, entity.groups, entity.context, entity.never)
    return (entity.kind, entity.name, *(list(words) for words in lists), True)
