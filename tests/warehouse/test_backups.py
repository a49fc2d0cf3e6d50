"""Backups: whole, read to their end before they count, rotated without touching what others put there."""

from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from stock import MADE, unpack

from sources.errors import WarehouseError
from warehouse import backups
from warehouse.backups import back_up, is_due, rotate
from warehouse.store import Warehouse

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 21, 4, 30, 5, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def wh(tmp_path: Path) -> Iterator[Warehouse]:
    unpack(tmp_path)
    with Warehouse.open(tmp_path, holder="test", now=MADE) as opened:
        yield opened


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in (folder / "backups").iterdir())


def test_a_backup_holds_all_that_was_committed_and_is_named_by_its_time(wh: Warehouse) -> None:
    with wh.transaction() as con:
        con.execute("INSERT INTO core.settings VALUES ('late', 'but there')")
    made = back_up(wh, NOW)
    assert made.file == wh.folder / "backups" / "tanma-20261121T043005Z.duckdb"
    assert made.made_at == NOW and made.bytes == made.file.stat().st_size
    assert names(wh.folder) == ["tanma-20261121T043005Z.duckdb"]
    with duckdb.connect(made.file, read_only=True) as con:
        assert con.execute("SELECT count(*) FROM articles").fetchall() == [(6,)]
        assert con.execute("SELECT value FROM core.settings WHERE name = 'late'").fetchall() == [("but there",)]
    assert wh.con.execute("SELECT count(*) FROM articles").fetchall() == [(6,)]


def test_another_place_may_be_named_and_an_older_file_there_is_replaced(wh: Warehouse, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere" / "mine.duckdb"
    back_up(wh, NOW, target)
    with wh.transaction() as con:
        con.execute("INSERT INTO core.settings VALUES ('late', 'but there')")
    back_up(wh, NOW, target)
    assert [one.name for one in target.parent.iterdir()] == ["mine.duckdb"]
    with duckdb.connect(target, read_only=True) as con:
        assert con.execute("SELECT value FROM core.settings WHERE name = 'late'").fetchall() == [("but there",)]


@pytest.mark.parametrize(
    ("age", "due"), [(DAY, True), (DAY - timedelta(minutes=30), True), (DAY - timedelta(hours=2), False)]
)
def test_it_is_due_a_little_early_rather_than_a_day_late(tmp_path: Path, age: timedelta, due: bool) -> None:
    assert is_due(tmp_path, DAY, NOW)
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "tanma-20261121T043005Z.duckdb").write_bytes(b"")
    assert is_due(tmp_path, DAY, NOW + age) is due


def test_rotation_keeps_the_newest_and_leaves_alone_what_others_made(tmp_path: Path) -> None:
    place = tmp_path / "backups"
    place.mkdir()
    others = ["tanma.duckdb", "tanma-20200101.duckdb", "tanma-20209901T000000Z.duckdb", "tanma-20200101T000000Z.duckdb.gz", "notes.txt"]  # fmt: skip
    for name in [*others, *(f"tanma-2026112{day}T043000Z.duckdb" for day in range(5))]:
        (place / name).write_bytes(b"")
    (place / "tanma-20190101T000000Z.duckdb").mkdir()
    (place / "tanma-20180101T000000Z.duckdb").symlink_to(place / "notes.txt")
    assert [one.file.name for one in rotate(tmp_path, 2)] == [
        "tanma-20261122T043000Z.duckdb", "tanma-20261121T043000Z.duckdb", "tanma-20261120T043000Z.duckdb",
    ]  # fmt: skip
    kept = ["tanma-20261123T043000Z.duckdb", "tanma-20261124T043000Z.duckdb", "tanma-20190101T000000Z.duckdb", "tanma-20180101T000000Z.duckdb"]  # fmt: skip
    assert names(tmp_path) == sorted([*others, *kept])


def test_what_a_crash_left_is_no_backup_and_goes_with_the_next(wh: Warehouse) -> None:
    place = wh.folder / "backups"
    place.mkdir()
    (place / "unchecked.duckdb").write_bytes(b"half a copy")
    assert backups.backups(wh.folder) == []
    back_up(wh, NOW)
    assert names(wh.folder) == ["tanma-20261121T043005Z.duckdb"]


def test_a_crash_beside_a_named_file_leaves_one_that_the_next_takes_away(wh: Warehouse, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()

    def killed(source: Path, target: Path) -> None:
        target.write_bytes(b"half a copy")
        target.with_name(f".{target.name}.tmp").write_bytes(b"a quarter")
        raise SystemExit

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backups, "copy_whole", killed)
        patch.setattr(backups, "discard", lambda _: None)
        with pytest.raises(SystemExit):
            back_up(wh, NOW, disk / "monday.duckdb")
    assert len(list(disk.iterdir())) == 2
    back_up(wh, NOW, disk / "tuesday.duckdb")
    assert [one.name for one in disk.iterdir()] == ["tuesday.duckdb"]


def test_a_backup_that_cannot_be_deleted_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that became read-only."""
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "tanma-20261121T043005Z.duckdb").write_bytes(b"")

    def refused(path: Path, missing_ok: bool = False) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "unlink", refused)
    with pytest.raises(WarehouseError, match=r"20261121T043005Z\.duckdb: .*Read-only"):
        rotate(tmp_path, 0)


def test_a_folder_of_backups_that_cannot_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "backups").mkdir()

    def refused(path: Path) -> Iterator[Path]:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "iterdir", refused)
    with pytest.raises(WarehouseError, match=r"backups: could not be read \(Input/output error\)"):
        is_due(tmp_path, DAY, NOW)


def test_a_copy_that_cannot_be_read_to_its_end_does_not_count(wh: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = backups.copy_whole

    def flipped(source: Path, target: Path) -> None:
        """A disk that does not keep what is written."""
        whole(source, target)
        data = bytearray(target.read_bytes())
        data[12288::97] = bytes(byte ^ 255 for byte in data[12288::97])
        target.write_bytes(data)

    monkeypatch.setattr(backups, "copy_whole", flipped)
    with pytest.raises(WarehouseError):
        back_up(wh, NOW)
    assert names(wh.folder) == []
    assert wh.con.execute("SELECT count(*) FROM articles").fetchall() == [(6,)]


def test_no_room_is_said_with_what_to_do(wh: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backups, "_SPARE", 10**15)
    with pytest.raises(WarehouseError, match=r"no room for a backup .*keep fewer"):
        back_up(wh, NOW)
    assert names(wh.folder) == []


FULL = """
import resource, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from sources.errors import WarehouseError
from warehouse.backups import back_up
from warehouse.store import Warehouse

NOW = datetime(2026, 11, 21, 4, 30, 5, tzinfo=UTC)
with Warehouse.open(Path(sys.argv[1]), holder="tanma backup", now=NOW) as wh:
    wh.written_down()
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY))
    try:
        back_up(wh, NOW)
        print("no error")
    except WarehouseError as error:
        print(type(error).__name__, error)
"""


def test_a_full_disk_leaves_no_backup_and_the_warehouse_as_it_was(tmp_path: Path) -> None:
    unpack(tmp_path)
    done = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=60)  # fmt: skip
    assert done.stdout.startswith("WarehouseError"), done.stdout + done.stderr
    assert names(tmp_path) == []
    with Warehouse.open(tmp_path, holder="test", now=NOW) as wh:
        assert wh.con.execute("SELECT count(*) FROM articles").fetchall() == [(6,)]
