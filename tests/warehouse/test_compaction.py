"""Room is given back, nothing else changes, and a crash or a full disk leaves a whole file."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from stock import MADE, unpack

from sources.errors import WarehouseError
from warehouse import compaction
from warehouse.compaction import Room, compact, room
from warehouse.store import Warehouse

ROOT = Path(__file__).parents[2]
MB = 1024**2

# Random words, so that nothing packs them into less room.
FILL = """INSERT INTO core.robots SELECT 'host' || i, string_agg(md5((i * 1000 + j)::TEXT), ''), 200, now()
          FROM range({rows}) a(i), range(100) b(j) GROUP BY i ORDER BY i"""
CATALOG = """
    SELECT 'table', schema_name, table_name, sql, comment FROM duckdb_tables()
    UNION ALL SELECT 'view', schema_name, view_name, sql, comment FROM duckdb_views() WHERE NOT internal
    UNION ALL SELECT 'column', schema_name, table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal
    UNION ALL SELECT 'index', schema_name, index_name, sql, comment FROM duckdb_indexes()
    UNION ALL SELECT 'key', schema_name, table_name, constraint_text, NULL FROM duckdb_constraints()
    ORDER BY ALL"""


def open_at(folder: Path) -> Warehouse:
    return Warehouse.open(folder, holder="test", now=MADE)


def bloated(folder: Path, rows: int = 3000) -> None:
    """Of that many rows of about 3.2 kB, nine in ten are deleted again."""
    unpack(folder)
    with open_at(folder) as wh:
        with wh.transaction() as con:
            con.execute(FILL.format(rows=rows))
        wh.con.execute("CHECKPOINT")
        with wh.transaction() as con:
            con.execute("DELETE FROM core.robots WHERE host LIKE 'host%' AND NOT host LIKE '%7'")
        wh.publish()


def contents(con: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table in its physical order."""
    tables = con.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'core'").fetchall()
    return {name: con.execute(f"SELECT * FROM core.{name} ORDER BY rowid").fetchall() for (name,) in tables}


def test_a_fresh_file_holds_the_same_in_the_same_order_and_less_room(tmp_path: Path) -> None:
    bloated(tmp_path)
    with open_at(tmp_path) as wh:
        with wh.transaction() as con:
            con.execute("CREATE SEQUENCE core.doc START 5; CREATE TABLE core.later (id BIGINT DEFAULT nextval('core.doc'), word TEXT USING COMPRESSION zstd)")  # fmt: skip
            con.execute("INSERT INTO core.later (word) VALUES ('甲'), ('乙'); CREATE INDEX later_word ON core.later (word)")  # fmt: skip
            con.execute("COMMENT ON TABLE core.later IS 'of a later schema'")
        before, catalog = contents(wh.con), wh.con.execute(CATALOG).fetchall()
        assert len(before["articles"]) == 6 and len(before["robots"]) == 301
        size = wh.written_down().stat().st_size
        won = compact(wh)
        assert won == Room(wh.work_file.stat().st_size, size - wh.work_file.stat().st_size)
        assert won.size < size / 1.5
        assert contents(wh.con) == before
        assert wh.con.execute(CATALOG).fetchall() == catalog
        assert wh.con.execute("SELECT count(*), max(rowid) FROM core.robots").fetchall() == [(301, 300)]
        # It goes on: keys hold, the sequence counts on, readers get it.
        with pytest.raises(duckdb.ConstraintException), wh.transaction() as con:
            con.execute("INSERT INTO core.articles FROM core.articles LIMIT 1")
        with wh.transaction() as con:
            con.execute("INSERT INTO core.later (word) VALUES ('丙')")
        assert wh.con.execute("SELECT id FROM core.later WHERE word = '丙'").fetchall() == [(7,)]
        assert wh.publish() is True
        assert not list((tmp_path / "work").glob("tanma.compact*"))
    with duckdb.connect(tmp_path / "tanma.duckdb", read_only=True) as con:
        assert con.execute("SELECT count(*) FROM articles").fetchall() == [(6,)]


def test_what_is_dead_is_known_beforehand(tmp_path: Path) -> None:
    bloated(tmp_path)
    with open_at(tmp_path) as wh:
        guess = room(wh)
        won = compact(wh)
        assert guess.size == won.size + won.dead
        assert 0.5 * won.dead < guess.dead < 1.5 * won.dead
        assert room(wh).dead <= 2 * MB


@pytest.mark.parametrize(
    ("size", "dead", "is_worth_it"),
    [(100, 40, True), (100, 32, True), (100, 31, False), (1000, 200, True), (1000, 199, False), (20, 15, False)],
)
def test_worth_it_is_a_fifth_of_the_file_and_32_megabytes(size: int, dead: int, is_worth_it: bool) -> None:
    assert Room(size * MB, dead * MB).is_worth_it is is_worth_it


def test_a_copy_that_differs_is_thrown_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpack(tmp_path)
    with open_at(tmp_path) as wh:
        real = compaction.fingerprint

        def short(con: duckdb.DuckDBPyConnection, table: str) -> tuple[int, int | None]:
            rows, number = real(con, table)
            return (rows - 1 if table == '"core"."articles"' else rows), number

        monkeypatch.setattr(compaction, "fingerprint", short)
        with pytest.raises(WarehouseError, match=r"articles.*5 rows, which are not the 6"):
            compact(wh)
        assert wh.con.execute("SELECT count(*) FROM articles").fetchall() == [(6,)]
        assert not list((tmp_path / "work").glob("tanma.compact*"))


FULL = """
import resource, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from sources.errors import WarehouseError
from warehouse.compaction import compact
from warehouse.store import Warehouse

with Warehouse.open(Path(sys.argv[1]), holder="tanma tidy", now=datetime(2026, 11, 21, tzinfo=UTC)) as wh:
    wh.written_down()
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY))
    try:
        compact(wh)
        print("no error")
    except WarehouseError as error:
        print(type(error).__name__, error)
"""


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    bloated(tmp_path, rows=100)
    work = tmp_path / "work" / "tanma.duckdb"
    before = work.read_bytes()
    done = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=60)  # fmt: skip
    assert done.stdout.startswith("WarehouseError"), done.stdout + done.stderr
    assert "no room" in done.stdout
    assert work.read_bytes() == before
    assert not list((tmp_path / "work").glob("tanma.compact*"))


COMPACTING = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from warehouse.compaction import compact
from warehouse.store import Warehouse

with Warehouse.open(Path(sys.argv[1]), holder="tanma tidy", now=datetime(2026, 11, 21, tzinfo=UTC)) as wh:
    print("begun", flush=True)
    while True:
        compact(wh)
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_killed_at_any_moment_it_leaves_a_whole_file(tmp_path: Path) -> None:
    bloated(tmp_path)
    with open_at(tmp_path) as wh:
        before, catalog = contents(wh.con), wh.con.execute(CATALOG).fetchall()
    dice = random.Random(20261128)
    leftovers = 0
    for _ in range(20):
        child = subprocess.Popen([sys.executable, "-c", COMPACTING, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)  # fmt: skip
        assert child.stdout is not None and child.stdout.readline() == "begun\n"
        time.sleep(dice.uniform(0.0, 0.6))
        child.send_signal(signal.SIGKILL)
        child.communicate()
        leftovers += bool(list((tmp_path / "work").glob("tanma.compact*")))
        with open_at(tmp_path) as wh:
            assert contents(wh.con) == before
            assert wh.con.execute(CATALOG).fetchall() == catalog
    assert leftovers > 5  # kills that fell into the work
    with open_at(tmp_path) as wh:
        compact(wh)
        assert contents(wh.con) == before
    assert not list((tmp_path / "work").glob("tanma.compact*"))
