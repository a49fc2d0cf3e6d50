"""What can be wrong with the files of a warehouse, met by the commands: a clear error, its exit code, nothing lost."""

from __future__ import annotations

import ctypes
import os
import resource
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from end_to_end.command import TANMA, environment, tanma

pytestmark = pytest.mark.slow

TITLES = {"first": "磨坊的早晨", "second": "会叠纸船的机械手"}
PIECES = (
    "河口镇的邮递员每天清早推着车出门，先去磨坊，再去学校，最后绕到灯塔底下歇一歇。",
    "钱多乐说，云脊智能的机械手学会了叠纸船，只是叠好的纸船总是朝着同一个方向漂。",
)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A warehouse with one article."""
    (tmp_path / "tanma.yaml").write_text("warehouse: data\nsources: []\nwatchlist: watchlist.yaml\n", "utf-8")
    (tmp_path / "watchlist.yaml").write_text("people: [钱多乐]\n", "utf-8")
    done = load(tmp_path, "first", PIECES[0])
    assert done.returncode == 0, done.stderr
    return tmp_path


def load(
    here: Path, name: str, text: str, limits: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    (here / f"{name}.md").write_text(f"# {TITLES[name]}\n\n2026-11-20 10:00\n\n{text}\n", "utf-8")
    return subprocess.run(
        [*TANMA, "import", f"{name}.md"], cwd=here, env=environment(), capture_output=True, text=True, timeout=120,
        preexec_fn=limits, check=False,
    )  # fmt: skip


def titles(here: Path) -> list[str]:
    done = tanma("sql", "SELECT title FROM articles ORDER BY ALL", "--format", "csv", cwd=here)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[1:]


def files(here: Path) -> dict[str, bytes]:
    return {name: (here / "data" / name).read_bytes() for name in ("tanma.duckdb", "work/tanma.duckdb")}


def of_a_newer_duckdb(file: Path) -> None:
    """DuckDB's main header: a checksum, a magic word, the number of the storage format."""
    header = bytearray(file.read_bytes()[:4096])
    struct.pack_into("<Q", header, 12, 9999)
    checksum = 5381
    for (word,) in struct.iter_unpack("<Q", header[8:]):
        checksum ^= word * 0xBF58476D1CE4E5B9 % 2**64
    struct.pack_into("<Q", header, 0, checksum)
    with file.open("r+b") as stream:
        stream.write(header)


def test_a_damaged_work_file_is_named_and_the_published_one_brings_all_back(here: Path) -> None:
    work = here / "data" / "work" / "tanma.duckdb"
    work.write_bytes(b"\0" * 200_000)
    done = load(here, "second", PIECES[1])
    assert done.returncode == 4 and "move it aside" in done.stderr and "tanma.duckdb" in done.stderr, done.stderr
    assert work.read_bytes() == b"\0" * 200_000, "it is left for whoever wants to save what is in it"
    assert titles(here) == ["磨坊的早晨"]
    work.rename(work.with_suffix(".aside"))
    assert load(here, "second", PIECES[1]).returncode == 0
    assert titles(here) == ["会叠纸船的机械手", "磨坊的早晨"]


def test_a_damaged_published_file_is_made_anew_by_the_next_run(here: Path) -> None:
    (here / "data" / "tanma.duckdb").write_bytes(b"no database" * 2000)
    done = tanma("sql", "FROM articles", cwd=here)
    assert done.returncode == 4 and "the next run writes it anew" in done.stderr and done.stdout == ""
    assert load(here, "second", PIECES[1]).returncode == 0
    assert titles(here) == ["会叠纸船的机械手", "磨坊的早晨"]


def test_a_warehouse_of_a_newer_tanma_is_left_alone(here: Path) -> None:
    for name in files(here):
        with duckdb.connect(here / "data" / name) as con:
            con.execute("INSERT INTO core.schema_version VALUES (999, 'to come', now())")
    before = files(here)
    done = load(here, "second", PIECES[1])
    assert done.returncode == 2 and "newer Tanma" in done.stderr, done.stderr
    assert files(here) == before
    assert titles(here) == ["磨坊的早晨"], "views only grow: it can be read"


def test_a_file_of_a_newer_duckdb_is_left_alone(here: Path) -> None:
    for name in files(here):
        of_a_newer_duckdb(here / "data" / name)
    before = files(here)
    for done in (load(here, "second", PIECES[1]), tanma("sql", "FROM articles", cwd=here)):
        assert done.returncode == 2 and "newer DuckDB" in done.stderr, done.stderr
    assert files(here) == before


def as_anybody() -> None:
    """Root without the right to pass over permissions: what it starts is refused like anybody else."""
    if os.geteuid() == 0:
        for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
            ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


@pytest.mark.skipif(sys.platform != "linux" and os.geteuid() == 0, reason="root may write anywhere")
def test_files_without_permission(here: Path) -> None:
    work, folder = here / "data" / "work" / "tanma.duckdb", here / "data"
    before = files(here)
    work.chmod(0o400)
    done = load(here, "second", PIECES[1], as_anybody)
    assert done.returncode == 4 and "must be writable" in done.stderr, done.stderr
    work.chmod(0o600)
    folder.chmod(0o500)  # the published file cannot be replaced; what was loaded is kept
    try:
        done = load(here, "second", PIECES[1], as_anybody)
        assert done.returncode == 4 and "Permission denied" in done.stderr, done.stderr
        assert titles(here) == ["磨坊的早晨"] and files(here)["tanma.duckdb"] == before["tanma.duckdb"]
    finally:
        folder.chmod(0o700)
    assert load(here, "second", PIECES[1]).returncode == 0
    assert titles(here) == ["会叠纸船的机械手", "磨坊的早晨"]
    (folder / "tanma.duckdb").chmod(0o000)
    done = subprocess.run(
        [*TANMA, "sql", "FROM articles"], cwd=here, env=environment(), capture_output=True, text=True, timeout=60,
        preexec_fn=as_anybody, check=False,
    )  # fmt: skip
    assert done.returncode == 4 and "must be readable for you" in done.stderr, done.stderr


def test_a_full_disk_loses_nothing(here: Path) -> None:
    size = (here / "data" / "work" / "tanma.duckdb").stat().st_size
    noise = "\n\n".join(
        "".join(chr(0x4E00 + (number * 7919 + number * number * line) % 20000) for number in range(200)) + "。"
        for line in range(1, 2000)
    )

    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100_000, size + 100_000))

    done = load(here, "second", noise, full)
    assert done.returncode == 4 and "free some" in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert titles(here) == ["磨坊的早晨"]
    assert load(here, "second", noise).returncode == 0
    assert titles(here) == ["会叠纸船的机械手", "磨坊的早晨"]
