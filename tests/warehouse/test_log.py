"""What a run commits stays in DuckDB's log beside the work file while that is small."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from warehouse import store
from warehouse.connection import wal_of
from warehouse.store import Warehouse

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
STAYS = "INSERT INTO core.settings VALUES (?, ?)"


def state(file: Path) -> tuple[int, int, int]:
    found = file.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def keep(folder: Path, number: int) -> None:
    """A run that writes a hundred bytes and publishes nothing."""
    with Warehouse.open(folder, holder="test", now=NOW) as wh:
        with wh.bookkeeping() as con:
            con.execute(STAYS, [f"n{number}", "x" * 100])
        assert wh.publish() is False


def kept(folder: Path) -> int:
    with Warehouse.open(folder, holder="test", now=NOW) as wh:
        found: int = wh.con.execute("SELECT count(*) FROM core.settings WHERE name LIKE 'n%'").fetchall()[0][0]
        return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Warehouse.open(tmp_path, holder="test", now=NOW) as wh:
        wh.publish()
    return tmp_path


def test_a_run_that_publishes_nothing_leaves_the_file_as_it_is(folder: Path) -> None:
    work = folder / "work" / "tanma.duckdb"
    before, published = state(work), state(folder / "tanma.duckdb")
    keep(folder, 1)
    keep(folder, 2)
    assert (state(work), state(folder / "tanma.duckdb")) == (before, published)
    assert 0 < wal_of(work).stat().st_size < 10_000
    assert kept(folder) == 2


def test_a_log_that_grows_long_is_written_down(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_LONG", 2_000)
    work, sizes = folder / "work" / "tanma.duckdb", []
    for number in range(30):
        keep(folder, number)
        sizes.append(wal_of(work).stat().st_size if wal_of(work).exists() else 0)
    assert max(sizes) <= 2_000 and sizes.count(0) >= 2 and any(sizes)
    assert kept(folder) == 30


def test_what_is_published_and_backed_up_holds_what_was_in_the_log(folder: Path) -> None:
    keep(folder, 1)
    with Warehouse.open(folder, holder="test", now=NOW) as wh:
        wh.mark_changed()
        assert wh.publish() is True
        assert not wal_of(wh.work_file).exists()
    (folder / "work" / "tanma.duckdb").unlink()
    assert kept(folder) == 1  # from the published one


def test_an_upgrade_backs_up_what_was_in_the_log(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from warehouse.migrate import Migration, migrations

    keep(folder, 1)
    newer = [*migrations(), Migration(9999, "newer", "CREATE TABLE core.newer (a INT)")]
    monkeypatch.setattr(store, "migrations", lambda: newer)
    monkeypatch.setattr("warehouse.migrate.migrations", lambda: newer)
    version = newer[-2].version
    assert kept(folder) == 1
    (folder / "work" / f"tanma.v{version:04}.duckdb").replace(folder / "work" / "tanma.duckdb")
    wal_of(folder / "work" / "tanma.duckdb").unlink(missing_ok=True)
    assert kept(folder) == 1
