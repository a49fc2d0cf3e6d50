"""One file, one writer: open, lock, transaction, upgrade, damage."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pytest

from sources.errors import SchemaTooNew, WarehouseBusy, WarehouseDamaged, WarehouseError
from warehouse import store
from warehouse.lock import lock_holder
from warehouse.migrate import Migration, migrations
from warehouse.store import Warehouse
from warehouse.watchlist import Entity

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

HOLDER = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from warehouse.store import Warehouse

with Warehouse.open(Path(sys.argv[1]), holder="tanma run", now=datetime(2026, 11, 21, 8, 0, tzinfo=UTC)) as wh:
    print("held", flush=True)
    time.sleep(60)
"""


def open_at(folder: Path, **options: object) -> Warehouse:
    return Warehouse.open(folder, holder="test", now=NOW, **options)  # type: ignore[arg-type]


def python(program: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def names(wh: Warehouse) -> list[tuple[object, ...]]:
    return wh.con.execute("SELECT entity_id, active FROM entities ORDER BY ALL").fetchall()


def test_times_go_in_and_come_out_aware(tmp_path: Path) -> None:
    shanghai = datetime(2026, 11, 21, 16, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
    with open_at(tmp_path, timezone=ZoneInfo("Asia/Shanghai")) as wh:
        with wh.transaction() as con:
            con.execute("INSERT INTO core.mutes VALUES ('person:甲', NULL, ?, ?, 'test')", [shanghai, NOW])
        until = wh.con.execute("SELECT until FROM core.mutes").fetchall()[0][0]
    assert until == shanghai
    assert until.utcoffset() is not None
    assert until.hour == 8


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with open_at(tmp_path) as wh:
        with pytest.raises(ZeroDivisionError), wh.transaction() as con:
            con.execute("INSERT INTO core.settings VALUES ('x', 'y')")
            raise ZeroDivisionError
        assert wh.con.execute("SELECT count(*) FROM core.settings WHERE name = 'x'").fetchall() == [(0,)]
        with wh.transaction() as con:
            con.execute("INSERT INTO core.settings VALUES ('x', 'z')")
    with open_at(tmp_path) as wh:
        assert wh.con.execute("SELECT value FROM core.settings WHERE name = 'x'").fetchall() == [("z",)]


def test_a_closed_warehouse_is_not_opened_again_without_its_lock(tmp_path: Path) -> None:
    wh = open_at(tmp_path)
    wh.close()
    with pytest.raises(WarehouseError, match="closed"):
        _ = wh.con


def test_bulk_insert_works_behind_a_result_that_was_not_read_to_its_end(tmp_path: Path) -> None:
    with open_at(tmp_path) as wh:
        wh.con.execute("FROM range(10)").fetchone()
        wh.insert("INSERT INTO core.settings FROM incoming", pa.table({"name": ["x"], "value": ["y"]}))
        assert wh.con.execute("SELECT value FROM core.settings WHERE name = 'x'").fetchall() == [("y",)]


def test_who_leaves_the_watchlist_stays_inactive_and_may_come_back(tmp_path: Path) -> None:
    both = [Entity("person", "甲", ("Jia",), ("组",)), Entity("company", "乙")]
    with open_at(tmp_path) as wh:
        wh.sync_entities(both, NOW)
        wh.sync_entities(both[1:], LATER)
        assert names(wh) == [("company:乙", True), ("person:甲", False)]
        wh.sync_entities(both, LATER)
        assert names(wh) == [("company:乙", True), ("person:甲", True)]
        assert wh.con.execute("SELECT aliases, groups FROM entities WHERE name = '甲'").fetchall() == [
            (["Jia"], ["组"])
        ]
        assert wh.con.execute("SELECT updated_at FROM core.entities WHERE name = '乙'").fetchall() == [(NOW,)]


def test_the_second_writer_is_told_who_the_first_is(tmp_path: Path) -> None:
    holder = python(HOLDER, tmp_path)
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(WarehouseBusy) as caught:
            open_at(tmp_path)
        words = str(caught.value)
        assert f"tanma run (pid {holder.pid}) has held the warehouse since 2026-11-21T08:00:00+00:00" in words
        assert "wait" in words
        assert caught.value.exit_code == 3
        assert lock_holder(tmp_path) == f"tanma run (pid {holder.pid}) since 2026-11-21T08:00:00+00:00"
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        assert lock_holder(tmp_path) is None
        with open_at(tmp_path) as wh:
            assert names(wh) == []
    finally:
        holder.kill()
        holder.communicate()


def test_the_same_process_does_not_get_in_twice(tmp_path: Path) -> None:
    with open_at(tmp_path):
        note = json.loads((tmp_path / "work" / "lock").read_text())
        assert note == {"pid": os.getpid(), "holder": "test", "since": "2026-11-21T08:00:00+00:00"}
        with pytest.raises(WarehouseBusy):
            open_at(tmp_path)
    open_at(tmp_path).close()


def test_waiting_for_the_lock_is_rewarded(tmp_path: Path) -> None:
    brief = HOLDER.replace("time.sleep(60)", "time.sleep(0.5)")
    holder = python(brief, tmp_path)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    open_at(tmp_path, wait=20.0).close()
    assert holder.wait() == 0
    holder.communicate()


def test_an_old_file_is_upgraded_behind_a_backup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_at(tmp_path) as wh:
        wh.sync_entities([Entity("person", "甲")], NOW)
    known = migrations()
    later = Migration(known[-1].version + 1, "mood", "ALTER TABLE core.entities ADD COLUMN mood TEXT DEFAULT 'calm'")
    with_later = lambda: [*known, later]  # noqa: E731
    monkeypatch.setattr("warehouse.migrate.migrations", with_later)
    monkeypatch.setattr(store, "migrations", with_later)
    with open_at(tmp_path) as wh:
        assert wh.con.execute("SELECT name, mood FROM core.entities").fetchall() == [("甲", "calm")]
        assert wh.con.execute("SELECT max(version) FROM core.schema_version").fetchall() == [(known[-1].version + 1,)]
    backup = tmp_path / "work" / f"tanma.v{known[-1].version:04}.duckdb"
    with duckdb.connect(backup, read_only=True) as con:
        assert con.execute("SELECT name FROM core.entities").fetchall() == [("甲",)]
        assert con.execute("SELECT max(version) FROM core.schema_version").fetchall() == [(known[-1].version,)]


def test_an_upgrade_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_at(tmp_path) as wh:
        wh.sync_entities([Entity("person", "甲")], NOW)
    known = migrations()
    broken = Migration(known[-1].version + 1, "broken", "DROP TABLE core.fetches; SELECT nonsense FROM nowhere")
    with monkeypatch.context() as patched:
        patched.setattr("warehouse.migrate.migrations", lambda: [*known, broken])
        patched.setattr(store, "migrations", lambda: [*known, broken])
        with pytest.raises(WarehouseError):
            open_at(tmp_path)
    with open_at(tmp_path) as wh:
        assert names(wh) == [("person:甲", True)]
        assert wh.con.execute("SELECT count(*) FROM core.fetches").fetchall() == [(0,)]


def test_migrations_are_numbered_from_one_without_a_gap() -> None:
    assert [migration.version for migration in migrations()] == list(range(1, len(migrations()) + 1))


def test_a_file_of_a_newer_tanma_is_refused_and_left_alone(tmp_path: Path) -> None:
    with open_at(tmp_path) as wh, wh.transaction() as con:
        con.execute("INSERT INTO core.schema_version VALUES (9000, 'future', ?)", [NOW])
    before = (tmp_path / "work" / "tanma.duckdb").read_bytes()
    with pytest.raises(SchemaTooNew, match="schema 9000") as caught:
        open_at(tmp_path)
    assert caught.value.exit_code == 2
    assert (tmp_path / "work" / "tanma.duckdb").read_bytes() == before
    assert lock_holder(tmp_path) is None


@pytest.mark.parametrize("how", ["garbage", "cut off", "empty", "flipped bits"])
def test_a_damaged_file_is_named_with_its_remedy(tmp_path: Path, how: str) -> None:
    with open_at(tmp_path) as wh:
        wh.sync_entities([Entity("person", "甲")], NOW)
        wh.publish()
    work = tmp_path / "work" / "tanma.duckdb"
    sound = work.read_bytes()
    flipped = bytearray(sound)
    flipped[12288::97] = bytes(byte ^ 255 for byte in flipped[12288::97])
    work.write_bytes({"garbage": b"no database" * 1000, "cut off": sound[:9000], "empty": b""}.get(how, flipped))
    with pytest.raises(WarehouseDamaged, match="move it aside") as caught:
        open_at(tmp_path)
    assert str(work) in str(caught.value)
    work.rename(tmp_path / "aside")
    with open_at(tmp_path) as wh:  # the remedy works
        assert names(wh) == [("person:甲", True)]


def test_somebody_elses_database_is_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    with duckdb.connect(tmp_path / "work" / "tanma.duckdb") as con:
        con.execute("CREATE TABLE theirs (a INT)")
    with pytest.raises(WarehouseDamaged, match="not Tanma's"):
        open_at(tmp_path)


def test_a_work_file_opened_elsewhere_is_busy_not_damaged(tmp_path: Path) -> None:
    open_at(tmp_path).close()
    shell = python(
        "import duckdb, sys, time; con = duckdb.connect(sys.argv[1]); print('open', flush=True); time.sleep(60)",
        tmp_path / "work" / "tanma.duckdb",
    )
    assert shell.stdout is not None
    try:
        assert shell.stdout.readline() == "open\n"
        with pytest.raises(WarehouseBusy, match="another program"):
            open_at(tmp_path)
    finally:
        shell.kill()
        shell.communicate()


def test_a_crash_while_the_file_is_made_does_not_look_like_damage(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "tanma.new.duckdb").write_bytes(b"half a head")
    (tmp_path / "work" / "tanma.new.duckdb.wal").write_bytes(b"half a tail")
    with open_at(tmp_path) as wh:
        assert names(wh) == []


def test_what_was_committed_before_a_kill_is_there_after_it(tmp_path: Path) -> None:
    program = HOLDER.replace(
        '    print("held"',
        "    from warehouse.watchlist import Entity\n"
        '    wh.sync_entities([Entity("person", "甲")], datetime(2026, 11, 21, 8, 0, tzinfo=UTC))\n'
        "    wh.con.begin()\n"
        "    wh.con.execute(\"INSERT INTO core.settings VALUES ('half', 'done')\")\n"
        '    print("held"',
    )
    writer = python(program, tmp_path)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "held\n"
    writer.kill()
    writer.communicate()
    with open_at(tmp_path) as wh:
        assert names(wh) == [("person:甲", True)]
        assert wh.con.execute("SELECT count(*) FROM core.settings WHERE name = 'half'").fetchall() == [(0,)]


FULL = """
import resource, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from sources.errors import WarehouseError
from warehouse.store import Warehouse
from warehouse.watchlist import Entity

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
with Warehouse.open(Path(sys.argv[1]), holder="tanma run", now=NOW) as wh:
    wh.sync_entities([Entity("person", "甲")], NOW)
    wh.publish()
    wh.con
    # No file can grow further: what a full disk does, without one.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY))
    try:
        # Random words, so that nothing packs them into less room.
        with wh.transaction() as con:
            con.execute("INSERT INTO core.robots SELECT md5(i::TEXT), string_agg(md5((i * j)::TEXT), ''), 200, now() "
                        "FROM range(3000) a(i), range(100) b(j) GROUP BY i")
        wh.publish()
        print("no error")
    except WarehouseError as error:
        print(type(error).__name__, error)
"""


def test_a_full_disk_loses_neither_file(tmp_path: Path) -> None:
    writer = python(FULL, tmp_path)
    out, err = writer.communicate(timeout=60)
    assert out.startswith("WarehouseError"), out + err
    assert "no room" in out or "could not be written" in out
    with duckdb.connect(tmp_path / "tanma.duckdb", read_only=True) as con:
        assert con.execute("SELECT name FROM entities").fetchall() == [("甲",)]
    with open_at(tmp_path) as wh:
        assert names(wh) == [("person:甲", True)]
        wh.publish()


NO_ROOM = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from sources.errors import WarehouseError
from warehouse.store import Warehouse

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
Warehouse.open(Path(sys.argv[1]), holder="tanma run", now=NOW).close()
for room in (0, resource.RLIM_INFINITY):
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    try:
        with Warehouse.open(Path(sys.argv[1]), holder="tanma run", now=NOW) as wh:
            with wh.transaction() as con:
                con.execute("INSERT INTO core.robots VALUES ('a.example.com', '', 200, now())")
        print("written")
    except WarehouseError as error:
        print(type(error).__name__)
"""


def test_a_disk_without_any_room_does_not_keep_the_lock(tmp_path: Path) -> None:
    """Not even the lock can be signed; the same process gets on when there is room again."""
    writer = python(NO_ROOM, tmp_path)
    out, err = writer.communicate(timeout=60)
    assert out == "WarehouseError\nwritten\n", out + err


def test_a_transaction_inside_another_is_a_part_of_it(tmp_path: Path) -> None:
    def begun(wh: Warehouse, run_id: str) -> None:
        with wh.transaction() as con:
            con.execute(
                "INSERT INTO core.runs VALUES (?, 'collect', 'direct', 'running', ?, NULL, '{}')", [run_id, NOW]
            )

    with open_at(tmp_path) as wh:
        wh.publish()
        with pytest.raises(ZeroDivisionError), wh.bookkeeping():
            begun(wh, "r1")
            raise ZeroDivisionError
        assert (wh.con.execute("SELECT count(*) FROM core.runs").fetchall(), wh.publish()) == ([(0,)], False)
        with wh.bookkeeping():
            begun(wh, "r2")
            begun(wh, "r3")
        assert (wh.con.execute("SELECT count(*) FROM core.runs").fetchall(), wh.publish()) == ([(2,)], True)
        begun(wh, "r4")  # on its own again
        assert wh.con.execute("SELECT count(*) FROM core.runs").fetchall() == [(3,)]
