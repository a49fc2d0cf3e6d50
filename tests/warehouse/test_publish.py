"""Readers and the writer never hinder each other; what is published is always whole."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from sources.errors import WarehouseError
from warehouse import runs
from warehouse.store import Warehouse
from warehouse.watchlist import Entity

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)

READER = """
import sys, duckdb
seen = set()
for _ in range(200):
    with duckdb.connect(sys.argv[1], read_only=True) as con:
        n, active = con.execute("SELECT count(*), count(*) FILTER (active) FROM entities").fetchall()[0]
        assert n == active and n % 10 == 0, (n, active)
        seen.add(n)
print(len(seen))
"""

HOLDING_READER = """
import sys, duckdb
con = duckdb.connect(sys.argv[1], read_only=True)
print(con.execute("SELECT count(*) FROM entities").fetchall()[0][0], flush=True)
sys.stdin.readline()
print(con.execute("SELECT count(*) FROM entities").fetchall()[0][0], flush=True)
"""

# Ten entities a time, published each time, until it is killed.
PUBLISHER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from warehouse.store import Warehouse
from warehouse.watchlist import Entity

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
with Warehouse.open(Path(sys.argv[1]), holder="tanma run", now=NOW) as wh:
    held = wh.con.execute("SELECT count(*) FROM core.entities").fetchall()[0][0]
    while True:
        held += 10
        wh.sync_entities([Entity("person", str(i)) for i in range(held)], NOW)
        wh.publish()
        print("published", flush=True)
"""


def open_at(folder: Path) -> Warehouse:
    return Warehouse.open(folder, holder="test", now=NOW)


def people(count: int) -> list[Entity]:
    return [Entity("person", str(i)) for i in range(count)]


def published_count(folder: Path) -> int:
    with duckdb.connect(folder / "tanma.duckdb", read_only=True) as con:
        return int(con.execute("SELECT count(*) FROM entities").fetchall()[0][0])


def python(program: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_first_publish_makes_an_empty_but_complete_file(tmp_path: Path) -> None:
    with open_at(tmp_path) as wh:
        assert wh.publish() is True
    with duckdb.connect(tmp_path / "tanma.duckdb", read_only=True) as con:
        assert con.execute("FROM articles").fetchall() == []
        assert con.execute("FROM silent_sources").fetchall() == []


def test_only_what_a_reader_can_see_is_published(tmp_path: Path) -> None:
    with open_at(tmp_path) as wh:
        wh.publish()
        run_id = runs.begin_run(wh, "collect", "direct", NOW)
        runs.end_run(wh, run_id, {}, "ok", NOW)
        wh.sync_entities([], NOW)
        assert wh.publish() is False
        wh.sync_entities(people(1), NOW)
        assert wh.publish() is True
        wh.sync_entities(people(1), NOW)
        assert wh.publish() is False
    with open_at(tmp_path) as wh:
        assert wh.publish() is False
    assert published_count(tmp_path) == 1


def test_what_was_not_published_is_caught_up_by_the_next_run(tmp_path: Path) -> None:
    with open_at(tmp_path) as wh:
        wh.publish()
        wh.sync_entities(people(3), NOW)
    assert published_count(tmp_path) == 0
    with open_at(tmp_path) as wh:
        assert wh.publish() is True
    assert published_count(tmp_path) == 3


def test_a_published_file_that_was_removed_or_replaced_is_made_anew(tmp_path: Path) -> None:
    with open_at(tmp_path) as wh:
        wh.sync_entities(people(3), NOW)
        wh.publish()
        (tmp_path / "tanma.duckdb").unlink()
        assert wh.publish() is True
        (tmp_path / "tanma.duckdb").write_bytes(b"something else")
        assert wh.publish() is True
    assert published_count(tmp_path) == 3


def test_a_reader_opens_200_times_while_a_writer_publishes(tmp_path: Path) -> None:
    with open_at(tmp_path) as wh:
        wh.publish()
        reader = python(READER, tmp_path / "tanma.duckdb")
        published = 0
        while reader.poll() is None:
            wh.sync_entities(people(10 * (published + 1)), NOW)
            published += wh.publish()
            time.sleep(0.05)
        out, err = reader.communicate()
    assert reader.returncode == 0, err
    assert published > 5
    assert int(out) > 1  # it saw more than one state


def test_an_open_reader_keeps_its_state_and_does_not_hinder_the_next_publish(tmp_path: Path) -> None:
    with open_at(tmp_path) as wh:
        wh.sync_entities(people(3), NOW)
        wh.publish()
        reader = python(HOLDING_READER, tmp_path / "tanma.duckdb")
        assert reader.stdout is not None
        assert reader.stdout.readline() == "3\n"
        wh.sync_entities(people(8), NOW)
        assert wh.publish() is True
        out, err = reader.communicate("go on\n")
    assert out == "3\n", err
    assert published_count(tmp_path) == 8


def test_somebody_who_opened_the_published_file_for_writing_does_not_spoil_the_next(tmp_path: Path) -> None:
    with open_at(tmp_path) as wh:
        wh.sync_entities(people(3), NOW)
        wh.publish()
        shell = python(
            "import duckdb, sys; con = duckdb.connect(sys.argv[1]); con.execute('CREATE TABLE mine (a INT)');"
            "print('open', flush=True); sys.stdin.readline()",
            tmp_path / "tanma.duckdb",
        )
        assert shell.stdout is not None
        assert shell.stdout.readline() == "open\n"
        assert (tmp_path / "tanma.duckdb.wal").exists()
        wh.sync_entities(people(8), NOW)
        assert wh.publish() is True
        assert published_count(tmp_path) == 8
        shell.kill()
        shell.communicate()
    assert published_count(tmp_path) == 8


def test_a_failed_copy_leaves_the_published_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with open_at(tmp_path) as wh:
        wh.sync_entities(people(3), NOW)
        wh.publish()
        wh.sync_entities(people(8), NOW)
        with monkeypatch.context() as patched:
            patched.setattr("warehouse.snapshot.os.fsync", full)
            with pytest.raises(WarehouseError, match="free some room"):
                wh.publish()
        assert published_count(tmp_path) == 3
        assert not (tmp_path / ".tanma.duckdb.tmp").exists()
        assert wh.publish() is True
    assert published_count(tmp_path) == 8


def test_killed_anywhere_while_publishing_a_whole_file_stands_there(tmp_path: Path) -> None:
    last = 0
    for delay in (0.0, 0.004, 0.009, 0.017, 0.03):
        writer = python(PUBLISHER, tmp_path)
        assert writer.stdout is not None
        assert writer.stdout.readline() == "published\n"
        time.sleep(delay)
        writer.kill()
        writer.communicate()
        count = published_count(tmp_path)
        assert count % 10 == 0
        assert count >= last + 10
        with open_at(tmp_path) as wh:
            wh.publish()
            last = wh.con.execute("SELECT count(*) FROM core.entities").fetchall()[0][0]
        assert published_count(tmp_path) == last
        assert last % 10 == 0
