"""A restored warehouse: what it holds, what is known of alerts sent meanwhile, what happens to what it replaces."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from stock import MADE, unpack

from sources.article import Article
from sources.errors import NotPublished, SchemaTooNew, WarehouseBusy, WarehouseDamaged
from warehouse import articles, receipts
from warehouse.articles import Incoming
from warehouse.connection import wal_of
from warehouse.invariants import violations
from warehouse.restore import Contents, Restoration, Restored
from warehouse.rules import Rule
from warehouse.scan import Lexicon
from warehouse.store import Warehouse
from warehouse.watchlist import Entity

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 28, 8, 30, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
LEXICON = Lexicon.compile((Entity("person", "钱多乐"),))
RULES = (Rule("all", (), ("desk",)),)
BRIDGE = "钱多乐站在新桥上说，这座桥修了三年，明天通车，第一辆过桥的车是镇上的邮车，车上装着三百封信。" * 2


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Upgraded once, published: copying it is quicker."""
    folder = tmp_path_factory.mktemp("template")
    unpack(folder)
    with Warehouse.open(folder, holder="test", now=MADE) as wh:
        wh.publish()
    (folder / "work" / "tanma.v0003.duckdb").unlink()
    return folder


@pytest.fixture
def folder(tmp_path: Path, template: Path) -> Path:
    """A warehouse, and beside it `backup.duckdb`, which holds the same."""
    shutil.copytree(template, tmp_path / "data")
    shutil.copyfile(template / "tanma.duckdb", tmp_path / "backup.duckdb")
    return tmp_path / "data"


def restore(folder: Path, file: Path | None = None) -> Restored:
    with Restoration.begin(folder, file or folder.parent / "backup.duckdb", NOW) as restoration:
        assert restoration.violations == []
        return restoration.put_in_place()


def ask(folder: Path, sql: str) -> list[tuple[object, ...]]:
    with Warehouse.open(folder, holder="test", now=NOW) as wh:
        assert list(violations(wh.con, "all")) == []
        wh.publish()
    with duckdb.connect(folder / "tanma.duckdb", read_only=True) as con:
        rows: list[tuple[object, ...]] = con.execute(sql).fetchall()
        return rows


def change(folder: Path, *statements: str) -> None:
    with Warehouse.open(folder, holder="test", now=NOW) as wh, wh.transaction() as con:
        for statement in statements:
            con.execute(statement)


def told(folder: Path, article_id: str, text: str = BRIDGE) -> int:
    """Load an article with a name and have its alert sent; how many alerts were raised."""
    one = Article(article_id, "36kr", "36氪", "article", f"https://example.com/{article_id}", "桥", text, published_at=NOW, precision="minute")  # fmt: skip
    with Warehouse.open(folder, holder="test", now=NOW) as wh:
        [loaded] = articles.load(wh, [Incoming(one)], LEXICON, RULES, NOW, timezone=SHANGHAI)
        with wh.transaction() as con:
            con.execute("UPDATE core.alerts SET status = 'sent', sent_at = ?, next_attempt_at = NULL WHERE article_id = ?", [NOW, article_id])  # fmt: skip
    return loaded.alerts


def test_the_backup_is_looked_at_first_and_nothing_is_touched(folder: Path) -> None:
    change(folder, "DELETE FROM core.sightings")
    before = {one.name: one.read_bytes() for one in (folder / "work").iterdir()}
    with Restoration.begin(folder, folder.parent / "backup.duckdb", NOW) as restoration:
        assert restoration.contents == restoration.current == Contents(6, 9, MADE + timedelta(hours=1))
        with pytest.raises(WarehouseBusy, match="tanma restore"):
            Warehouse.open(folder, holder="test", now=NOW)
    after = {one.name: one.read_bytes() for one in (folder / "work").iterdir()}
    assert sorted(after) == ["lock", "published.json", "tanma.duckdb", "tanma.duckdb.wal"]
    assert after | {"lock": b""} == before | {"lock": b""}


def test_it_takes_the_place_of_the_warehouse_and_what_it_replaces_is_kept(folder: Path) -> None:
    change(folder, "UPDATE core.articles SET title = '改坏了'", "UPDATE core.article_versions SET title = '改坏了'")
    done = restore(folder)
    assert done == Restored(0, [folder / "replaced" / "tanma-20261128T083000Z.duckdb"])
    with duckdb.connect(done.replaced[0], read_only=True) as con:
        assert con.execute("SELECT DISTINCT title FROM articles").fetchall() == [("改坏了",)]
    assert ask(folder, "SELECT title FROM articles WHERE article_id = '36kr:3'") == [("面馆的铃铛",)]


def test_it_is_published_also_when_it_counts_as_many_changes_as_what_was(folder: Path) -> None:
    restore(folder)
    [(changes,)] = ask(folder, "SELECT changes FROM core.publication")
    for number in (int(str(changes)) - 2, int(str(changes)) - 1):  # published with another number, then with the same
        change(folder, "UPDATE core.articles SET gone_at = now()", f"UPDATE core.publication SET changes = {number}")
        assert ask(folder, "SELECT changes FROM core.publication") == [(number + 1,)]
    restore(folder)
    assert ask(folder, "SELECT count(*) FROM core.articles WHERE gone_at IS NOT NULL") == [(0,)]


def test_what_was_sent_meanwhile_is_not_sent_again(folder: Path) -> None:
    # One alert of the backup waits and one is on its way: both were settled since. And a new story was told.
    change(
        folder,
        "UPDATE core.alerts SET status = 'sent', sent_at = now(), next_attempt_at = NULL WHERE status = 'pending'",
        "UPDATE core.alerts SET status = 'suppressed', reason = 'muted', next_attempt_at = NULL WHERE status = 'sending'",
        "INSERT INTO core.mutes VALUES ('person:钱多乐', NULL, NULL, now(), 'by hand')",
    )
    assert told(folder, "36kr:20") == 0  # muted
    change(folder, "UPDATE core.alerts SET status = 'sent', sent_at = now(), reason = NULL WHERE article_id = '36kr:20'", "DELETE FROM core.mutes WHERE until IS NULL")  # fmt: skip
    done = restore(folder)
    assert done.carried == 3
    assert ask(folder, "SELECT status, count(*) FROM alerts GROUP BY 1 ORDER BY 1") == [
        ("failed", 1), ("sent", 4), ("suppressed", 5),
    ]  # fmt: skip
    assert ask(folder, "SELECT count(*) FROM articles WHERE article_id = '36kr:20'") == [(0,)]
    assert told(folder, "36kr:20") == 0


def test_mutes_come_along_and_none_twice(folder: Path) -> None:
    change(folder, "INSERT INTO core.mutes VALUES ('person:钱多乐', NULL, NULL, now(), 'by hand')")
    restore(folder)
    assert ask(folder, "SELECT entity_id FROM core.mutes ORDER BY 1") == [("company:云脊智能",), ("person:钱多乐",)]


def test_whoever_of_the_story_comes_first_this_time_alerts_nobody(folder: Path) -> None:
    assert told(folder, "36kr:20") == 1
    restore(folder)
    assert told(folder, "zaker:20") == 0
    assert ask(folder, "SELECT story_id FROM articles WHERE article_id = 'zaker:20'") == [("36kr:20",)]


def test_what_waits_and_is_not_in_the_backup_comes_with_its_article(folder: Path) -> None:
    told(folder, "36kr:20")
    change(folder, "UPDATE core.alerts SET status = 'pending', sent_at = NULL, next_attempt_at = now() WHERE article_id = '36kr:20'")  # fmt: skip
    restore(folder)
    assert ask(folder, "SELECT count(*) FROM alerts WHERE article_id = '36kr:20'") == [(0,)]
    assert told(folder, "36kr:20") == 1


def test_a_warehouse_beyond_reading_is_replaced_and_the_published_file_tells_what_was_sent(folder: Path) -> None:
    assert told(folder, "36kr:20") == 1
    with Warehouse.open(folder, holder="test", now=NOW) as wh:
        wh.publish()
    work = folder / "work" / "tanma.duckdb"
    work.write_bytes(b"no database" * 1000)
    wal_of(work).write_bytes(b"half a tail")
    done = restore(folder)
    assert done.carried == 1
    assert [file.name for file in done.replaced] == ["tanma-20261128T083000Z.duckdb", "tanma-20261128T083000Z.published.duckdb"]  # fmt: skip
    assert done.replaced[0].read_bytes() == b"no database" * 1000
    assert wal_of(done.replaced[0]).read_bytes() == b"half a tail" and not wal_of(work).exists()
    assert told(folder, "36kr:20") == 0


def test_where_nothing_can_be_read_it_is_said(folder: Path) -> None:
    for file in (folder / "work" / "tanma.duckdb", folder / "tanma.duckdb"):
        file.write_bytes(b"no database" * 1000)
    with Restoration.begin(folder, folder.parent / "backup.duckdb", NOW) as restoration:
        assert restoration.current is None
        assert restoration.put_in_place().carried is None
    assert ask(folder, "SELECT count(*) FROM articles") == [(6,)]


def test_a_yes_that_was_only_noted_when_the_process_was_killed_counts(folder: Path) -> None:
    change(folder, "UPDATE core.alerts SET status = 'sending' WHERE status = 'pending'")
    [(waiting,)] = ask(folder, "SELECT alert_id FROM core.alerts WHERE status = 'sending' AND story_id = '36kr:2'")
    receipts.note(folder, [str(waiting)], NOW)
    assert restore(folder).carried == 1
    assert ask(folder, f"SELECT status, sent_at FROM alerts WHERE alert_id = '{waiting}'") == [("sent", NOW)]


HOLDING = """
import duckdb, sys
con = duckdb.connect(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
"""


def test_a_work_file_that_somebody_has_open_is_not_passed_over_as_damaged(folder: Path) -> None:
    work = folder / "work" / "tanma.duckdb"
    holder = subprocess.Popen([sys.executable, "-c", HOLDING, str(work)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # fmt: skip
    assert holder.stdout is not None and holder.stdout.readline() == "open\n"
    try:
        with pytest.raises(WarehouseBusy, match="close it there"):
            Restoration.begin(folder, folder.parent / "backup.duckdb", NOW)
    finally:
        holder.communicate()
    assert not list((folder / "work").glob("tanma.restore*"))
    assert restore(folder).carried == 0  # and the lock is free


# At the n-th change of a name in any folder the process is gone, as by a kill. One process for all: forked before
# anything of DuckDB runs, so that each has a DuckDB of its own.
STEP_BY_STEP = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
import duckdb
from warehouse.restore import Restoration

now = datetime(2026, 11, 28, 8, 30, tzinfo=UTC)
step = 0
while True:
    step += 1
    folder = Path(sys.argv[1]) / str(step)
    child = os.fork()
    if not child:
        left = step
        armed = False

        def watch(event, args):
            global left
            if armed and event in ("os.rename", "os.remove", "os.link"):
                left -= 1
                if not left:
                    os._exit(9)

        sys.addaudithook(watch)
        with Restoration.begin(folder, Path(sys.argv[2]), now) as restoration:
            armed = True
            restoration.put_in_place()
            armed = False
        os._exit(0)
    if not os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        print(step, flush=True)
        break
"""


def test_killed_between_any_two_steps_no_wal_is_lost_or_meets_another_file(folder: Path) -> None:
    """The WAL of a file beyond reading, made so that DuckDB would take it for the restored one's."""
    restored, stale = folder.parent / "restored" / "work" / "tanma.duckdb", folder.parent / "stale.duckdb"
    restore(restored.parents[1], folder.parent / "backup.duckdb")
    shutil.copyfile(restored, stale)
    subprocess.run([sys.executable, "-c", "import duckdb, os, sys; con = duckdb.connect(sys.argv[1]); con.execute(\"INSERT INTO core.settings VALUES ('stale', 'x')\"); os._exit(0)", str(stale)], check=True)  # fmt: skip
    wal = wal_of(stale).read_bytes()
    for step in range(1, 12):
        place = folder.parent / "steps" / str(step) / "work"
        place.mkdir(parents=True)
        (place / "tanma.duckdb").write_bytes(b"no database" * 1000)
        (place / "tanma.duckdb.wal").write_bytes(wal)
    done = subprocess.run([sys.executable, "-c", STEP_BY_STEP, str(folder.parent / "steps"), str(folder.parent / "backup.duckdb")], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)  # fmt: skip
    last = int(done.stdout)
    assert 5 <= last <= 10
    old = 0
    for step in range(1, last + 1):
        work = folder.parent / "steps" / str(step) / "work" / "tanma.duckdb"
        if work.read_bytes() == b"no database" * 1000 and not (work.parent / "tanma.restored.duckdb").exists():
            assert wal_of(work).read_bytes() == wal
            old += 1
        else:
            with Warehouse.open(work.parents[1], holder="test", now=NOW) as wh:
                rows = wh.con.execute("SELECT count(*) FROM core.settings WHERE name = 'stale'").fetchall()
                assert rows == [(0,)] and len(wh.con.execute("FROM core.articles").fetchall()) == 6
            assert not (work.parent / "tanma.restored.duckdb").exists()
            kept = folder.parent / "steps" / str(step) / "replaced" / "tanma-20261128T083000Z.duckdb.wal"
            assert kept.read_bytes() == wal
    assert 3 <= old < last


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    file = unpack(tmp_path / "made")
    assert restore(tmp_path / "data", file) == Restored(None, [])
    assert ask(tmp_path / "data", "SELECT count(*) FROM articles") == [(6,)]


def test_what_a_crash_left_beside_the_files_counts(folder: Path) -> None:
    """Both of the backup (a work file that was copied with its .wal) and of the warehouse."""
    program = """
import duckdb, os, sys
con = duckdb.connect(sys.argv[1])
con.execute("SET checkpoint_threshold = '1GB'")
con.execute(sys.argv[2])
os._exit(0)
"""
    backup = folder.parent / "backup.duckdb"
    work = folder / "work" / "tanma.duckdb"
    subprocess.run([sys.executable, "-c", program, str(backup), "INSERT INTO core.settings VALUES ('late', 'but there')"], check=True)  # fmt: skip
    subprocess.run([sys.executable, "-c", program, str(work), "UPDATE core.alerts SET status = 'sent', sent_at = now(), next_attempt_at = NULL WHERE status = 'pending'"], check=True)  # fmt: skip
    assert wal_of(backup).exists() and wal_of(work).exists()
    assert restore(folder).carried == 1
    assert ask(folder, "SELECT value FROM core.settings WHERE name = 'late'") == [("but there",)]


def test_no_file_a_damaged_one_a_strangers_and_a_newer_ones_are_refused(folder: Path) -> None:
    before = (folder / "work" / "tanma.duckdb").read_bytes()
    place = folder.parent
    (place / "garbage").write_bytes(b"no database" * 1000)
    whole = bytearray((place / "backup.duckdb").read_bytes())
    whole[12288::97] = bytes(byte ^ 255 for byte in whole[12288::97])
    (place / "flipped").write_bytes(whole)
    with duckdb.connect(place / "stranger") as con:
        con.execute("CREATE TABLE theirs (a INT)")
    duckdb.connect(place / "nothing").close()
    unpack(place / "made").rename(place / "newer")
    with duckdb.connect(place / "newer") as con:
        con.execute("INSERT INTO core.schema_version VALUES (9000, 'future', now())")
    for name, error, words in (
        ("absent", NotPublished, "no such file"),
        ("garbage", WarehouseDamaged, "restore another file"),
        ("flipped", WarehouseDamaged, "restore another file"),
        ("stranger", WarehouseDamaged, "not Tanma's"),
        ("nothing", WarehouseDamaged, "empty"),
        ("newer", SchemaTooNew, "schema 9000"),
    ):
        with pytest.raises(error, match=words) as caught:
            Restoration.begin(folder, place / name, NOW)
        assert str(place / name) in str(caught.value)
    assert (folder / "work" / "tanma.duckdb").read_bytes() == before
    assert not list((folder / "work").glob("tanma.restore*"))
    Warehouse.open(folder, holder="test", now=NOW).close()


def test_broken_rules_of_a_backup_are_known_before_it_is_put_in_place(folder: Path) -> None:
    with duckdb.connect(folder.parent / "backup.duckdb") as con:
        con.execute("UPDATE core.articles SET relation = 'same'")
    with Restoration.begin(folder, folder.parent / "backup.duckdb", NOW) as restoration:
        assert [one.name for one in restoration.violations] == ["a story has exactly one lead"]


def test_the_published_file_of_an_old_schema_will_do(folder: Path) -> None:
    old = unpack(folder.parent / "old", schema=1)
    restore(folder, old)
    assert ask(folder, "SELECT count(*) FROM mentions WHERE central IS NULL") == [(9,)]
    with duckdb.connect(old, read_only=True) as con:  # it stays as it was
        assert con.execute("SELECT max(version) FROM core.schema_version").fetchall() == [(1,)]


RESTORING = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from warehouse.restore import Restoration
from warehouse.store import Warehouse

folder, file, now = Path(sys.argv[1]), Path(sys.argv[2]), datetime(2026, 11, 28, 8, 30, tzinfo=UTC)
print("begun", flush=True)
with Restoration.begin(folder, file, now) as restoration:
    restoration.put_in_place()
with Warehouse.open(folder, holder="tanma restore", now=now) as wh:
    wh.publish()
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_killed_at_any_moment_it_leaves_the_old_or_the_restored_one(folder: Path) -> None:
    change(folder, "UPDATE core.articles SET title = '后来'", "UPDATE core.article_versions SET title = '后来'")
    with Warehouse.open(folder, holder="test", now=NOW) as wh:
        work = wh.written_down()
    changed = work.read_bytes()
    dice = random.Random(20261128)
    found = set()
    command = [sys.executable, "-c", RESTORING, str(folder), str(folder.parent / "backup.duckdb")]
    whole = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert whole.stdout is not None and whole.stdout.readline() == "begun\n"
    begun = time.monotonic()
    assert whole.wait() == 0
    span = time.monotonic() - begun
    (folder / "replaced" / "tanma-20261128T083000Z.duckdb").unlink()
    for _ in range(12):
        work.write_bytes(changed)
        child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None and child.stdout.readline() == "begun\n"
        time.sleep(span * dice.uniform(0.0, 1.0))
        child.send_signal(signal.SIGKILL)
        child.communicate()
        with Warehouse.open(folder, holder="test", now=NOW) as wh:
            assert list(violations(wh.con, "all")) == []
            [(titles, count)] = wh.con.execute("SELECT count(DISTINCT title), count(*) FROM articles").fetchall()
        assert (titles, count) in ((1, 6), (6, 6))
        found.add(titles)
        (folder / "replaced" / "tanma-20261128T083000Z.duckdb").unlink(missing_ok=True)
    assert found == {1, 6}
