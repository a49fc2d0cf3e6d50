"""Ctrl-C in long work: it ends at once, what is done is kept, and the words say how much that is."""

from __future__ import annotations

import random
import re
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

from end_to_end.command import started, tanma

from sources.replica.demo import demo_config, demo_replica, demo_watchlist
from warehouse.query import open_published, run_query

FILES = 1000


def stored(folder: Path) -> int:
    with open_published(folder / "data") as con:
        return int(run_query(con, "SELECT count(*) FROM articles").rows[0][0])


def told_of(folder: Path) -> dict[str, int]:
    """What the last words of the command say is kept, by what it is."""
    said = (folder / "output.log").read_text("utf-8")
    [line] = re.findall(r"done so far, and kept: .*", said)
    return {words: int(number) for number, words in re.findall(r"(\d+) ([a-z ]+)", line)}


def test_an_import(tmp_path: Path) -> None:
    assert tanma("init", cwd=tmp_path).returncode == 0
    (tmp_path / "notes").mkdir()
    dice = random.Random(20261128)
    for number in range(FILES):  # of chance, so that no two are of one story
        lines = ("".join(chr(dice.randrange(0x4E00, 0x9000)) for _ in range(40)) for _ in range(60))
        text = "".join(f"{line}。\n" for line in lines)
        (tmp_path / "notes" / f"{number:04}.txt").write_text(f"第{number}盏灯\n\n2026-11-20 10:00\n\n{text}", "utf-8")
    child = started("import", "notes", cwd=tmp_path)
    log, until = tmp_path / "data" / "work" / "tanma.duckdb.wal", time.monotonic() + 60
    while not (log.exists() and log.stat().st_size > 200_000):  # a batch is in
        assert child.poll() is None and time.monotonic() < until, "it ended before it could be stopped"
        time.sleep(0.005)
    child.send_signal(signal.SIGINT)
    assert child.wait(60) == 130
    told = told_of(tmp_path)
    assert 0 < told["new articles"] == stored(tmp_path) < FILES
    assert tanma("import", "notes", cwd=tmp_path).returncode == 0
    assert stored(tmp_path) == FILES


def test_a_run(tmp_path: Path) -> None:
    with demo_replica(tmp_path / "world", datetime.now(UTC)) as replica:
        config = demo_config(replica).replace("per_host_delay: 20ms", "per_host_delay: 1s")
        assert "per_host_delay: 1s" in config
        (tmp_path / "tanma.yaml").write_text(config, "utf-8")
        (tmp_path / "watchlist.yaml").write_text(demo_watchlist(), "utf-8")
        child = started("run", cwd=tmp_path)
        until = time.monotonic() + 60
        while not replica.sink.received:
            assert child.poll() is None and time.monotonic() < until, "it ended before it could be stopped"
            time.sleep(0.01)
        child.send_signal(signal.SIGINT)
        assert child.wait(60) == 130
        told = told_of(tmp_path)
        assert told["new articles"] + told.get("reposts", 0) == stored(tmp_path)
        # One more may have been on its way: it is noted as accepted, and the next run counts it.
        assert len(replica.sink.received) - told.get("messages sent", 0) in (0, 1)
