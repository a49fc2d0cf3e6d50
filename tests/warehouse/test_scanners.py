"""Scanning beside other processes: the same mentions as here, whatever becomes of the processes."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sources.article import Article
from warehouse import scanners as module
from warehouse.articles import Incoming, load
from warehouse.scan import Lexicon
from warehouse.scanners import Scanners, spare_processors
from warehouse.store import Warehouse
from warehouse.watchlist import Entity

NOW = datetime(2026, 11, 28, tzinfo=UTC)
PATIENCE = 30.0
LEXICON = Lexicon.compile([Entity("person", "王兴"), Entity("company", "美团")])


def article(number: int) -> Article:
    """The n-th says 王兴 once and 美团 n times, each in a sentence of its own."""
    text = f"第{number}次见面时，王兴说了这些话。" + "\n".join("美团回应称，此事属实。" for _ in range(number))
    return Article(
        article_id=f"36kr:{number}", source="36kr", outlet="36氪", kind="article", url=f"https://36kr.com/p/{number}",
        title=f"第{number}次见面", authors=(), published_at=NOW, precision="minute", text=text, language="zh",
        byline="", chrome="",
    )  # fmt: skip


SOME = [article(number) for number in range(40)]


def told(scanners: Scanners, some: list[Article]) -> list[list[str]]:
    return [[mention.surface for mention in scanners.mentions(one)] for one in some]


EXPECTED = [["王兴", *["美团"] * number] for number in range(40)]


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.01)


@pytest.fixture
def two() -> Iterator[Scanners]:
    with Scanners(LEXICON, 2, many=1) as scanners:
        yield scanners


def test_other_processes_scan_what_was_announced(two: Scanners) -> None:
    two.begin(SOME)
    wait_until(lambda: two.elsewhere == 40)
    assert told(two, SOME) == EXPECTED
    assert two.elsewhere == 40


def test_what_they_have_not_begun_is_scanned_here(two: Scanners) -> None:
    for start in range(0, 40, 10):  # asked for at once, from the end: the processes are still starting
        part = SOME[start : start + 10]
        two.begin(part)
        assert told(two, part[::-1]) == EXPECTED[start : start + 10][::-1]


def test_what_was_never_announced_is_scanned_all_the_same(two: Scanners) -> None:
    assert told(two, SOME[3:5]) == EXPECTED[3:5]


def test_an_article_may_be_announced_and_asked_for_again(two: Scanners) -> None:
    two.begin([SOME[2], SOME[2]])
    two.begin([SOME[2]])
    assert told(two, [SOME[2], SOME[2]]) == [EXPECTED[2], EXPECTED[2]]


def test_what_is_forgotten_may_be_asked_for_all_the_same(two: Scanners) -> None:
    two.begin(SOME)
    two.forget(SOME)
    assert told(two, SOME[:3]) == EXPECTED[:3]


def pids(scanners: Scanners) -> list[int]:
    return [worker._process.pid for worker in scanners._workers]


@pytest.mark.parametrize("moment", ["starting", "idle", "working"])
def test_processes_that_are_killed_give_back_what_they_held(
    two: Scanners, moment: str, caplog: pytest.LogCaptureFixture
) -> None:
    two.begin(SOME[:1])
    if moment != "starting":
        wait_until(lambda: two.elsewhere == 1)
    if moment == "working":
        two.begin(SOME)
    with caplog.at_level(logging.WARNING):
        for pid in pids(two):
            os.kill(pid, signal.SIGKILL)
        two.begin(SOME)
        assert told(two, SOME) == EXPECTED
        wait_until(lambda: not any(worker.alive for worker in two._workers) or moment == "idle")
    two.begin(SOME)
    assert told(two, SOME) == EXPECTED
    if moment == "working":
        assert "the rest is scanned without it" in caplog.text


def test_one_that_is_killed_leaves_its_work_to_the_other(two: Scanners) -> None:
    two.begin(SOME[:2])
    wait_until(lambda: two.elsewhere == 2)
    os.kill(pids(two)[0], signal.SIGKILL)
    two.begin(SOME[2:])
    wait_until(lambda: two.elsewhere == 40)
    assert told(two, SOME) == EXPECTED


def test_none_is_started_for_a_few_articles() -> None:
    with Scanners(LEXICON, 2, many=41) as scanners:
        scanners.begin(SOME)
        scanners.begin(SOME[:0])
        assert pids(scanners) == []
        assert told(scanners, SOME) == EXPECTED
        scanners.begin([article(41)])
        assert len(pids(scanners)) == 2


def test_none_is_started_where_there_is_no_processor_to_spare() -> None:
    with Scanners(LEXICON, 0, many=1) as scanners:
        scanners.begin(SOME)
        assert pids(scanners) == []
        assert told(scanners, SOME) == EXPECTED


def test_where_none_can_be_started_all_is_scanned_here(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module.sys, "executable", "/nowhere/python")
    with Scanners(LEXICON, 2, many=1) as scanners, caplog.at_level(logging.WARNING):
        scanners.begin(SOME)
        assert told(scanners, SOME) == EXPECTED
    assert caplog.text.count("they are scanned here") == 1


def ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def test_closing_ends_them() -> None:
    with Scanners(LEXICON, 2, many=1) as scanners:
        scanners.begin(SOME)
        running = pids(scanners)
    assert len(running) == 2
    assert all(map(ended, running))
    assert told(scanners, SOME) == EXPECTED


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs /proc to tell whether a process is gone")
def test_they_end_when_whoever_started_them_is_killed() -> None:
    program = (
        "import test_scanners as t, time\n"
        "s = t.Scanners(t.LEXICON, 2, many=1)\n"
        "s.begin(t.SOME)\n"
        "t.wait_until(lambda: s.elsewhere == 40)\n"
        "print(*t.pids(s), flush=True)\n"
        "time.sleep(600)\n"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])}
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=env) as parent:
        assert parent.stdout is not None
        running = list(map(int, parent.stdout.readline().split()))
        assert len(running) == 2
        assert not any(map(ended, running))
        parent.kill()
        wait_until(lambda: all(map(ended, running)))


def test_a_load_stores_the_same_mentions_with_and_without(tmp_path: Path, two: Scanners) -> None:
    rows = []
    for name, scanners in (("without", None), ("with", two)):
        with Warehouse.open(tmp_path / name, holder="test", now=NOW) as wh:
            wh.sync_entities(tuple(LEXICON.entities.values()), NOW)
            loaded = load(wh, [Incoming(one) for one in SOME], LEXICON, [], NOW, timezone=UTC, scanners=scanners)
            rows.append(wh.con.execute("FROM core.mentions ORDER BY ALL").fetchall())
            assert [one.mentions for one in loaded] == [number + 1 for number in range(40)]
            if scanners is not None:
                scanners.begin(SOME)
            again = load(wh, [Incoming(one) for one in SOME], LEXICON, [], NOW, timezone=UTC, scanners=scanners)
            assert {one.status for one in again} == {"unchanged"}
    assert rows[0] == rows[1]
    assert two._tasks == {}  # nothing is kept of what was loaded, nor of what needed no scan


def test_one_processor_is_left_to_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    for usable, spare in ((1, 0), (2, 1), (4, 3), (64, 3)):
        monkeypatch.setattr(module.os, "sched_getaffinity", lambda pid, n=usable: set(range(n)), raising=False)
        assert spare_processors() == spare
