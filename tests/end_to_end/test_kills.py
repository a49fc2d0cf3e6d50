"""kill -9 at any moment loses nothing and repeats at most the one message that was on its way."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from end_to_end.command import started, tanma

from warehouse.query import open_published, run_query
from warehouse.store import Warehouse

EXPECTED = json.loads((Path(__file__).parents[1] / "fixtures" / "demo_expected.json").read_text("utf-8"))
WORLDS, KILLS_EACH = 10, 5


@pytest.mark.slow
def test_fifty_kills_lose_nothing_and_repeat_at_most_what_was_on_its_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three kills of five come at random moments, two aim at the only one that can repeat anything: just after a
    service's yes. How many of the fifty meet it is chance, and the machine's; that each costs one message is not."""
    dice = random.Random(20261121)
    # The first run of a fresh checkout compiles its modules: the shorter of two tells how long the work takes.
    span = min(_whole_run(tmp_path / name) for name in ("first", "second"))

    repeats = unfinished = met = 0
    for world in range(WORLDS):
        folder = tmp_path / f"world{world}"
        folder.mkdir()
        in_doubt: set[tuple[str, int]] = set()  # a message's address and which try of it a kill broke off
        for kill in range(KILLS_EACH):
            child = started("run", "--demo", cwd=folder)
            if kill % 2:
                _await_messages(folder, child, dice.randint(1, 3))
            else:
                # From the first import on; later in the span work is under way, so most kills shall fall there.
                time.sleep(span * dice.uniform(0.2, 0.9))
            unfinished += child.poll() is None
            child.kill()
            child.wait()
            _hold_to_promise(folder, in_doubt)
            on_its_way = _on_its_way(folder, tmp_path / "autopsy")
            met += bool(on_its_way)
            in_doubt |= on_its_way
        last = tanma("run", "--demo", cwd=folder)
        assert last.returncode == 0, last.stderr
        repeats += _hold_to_promise(folder, in_doubt)
        _nothing_is_lost(folder)
    with capsys.disabled():
        print(
            f"\n{WORLDS * KILLS_EACH} kills, {unfinished} of them before the run had ended, {met} with a message on "
            f"its way; {repeats} messages repeated"
        )
    assert unfinished > WORLDS * KILLS_EACH / 2
    assert met  # or the promise was never put to the test


def _whole_run(folder: Path) -> float:
    folder.mkdir()
    begun = time.monotonic()
    assert tanma("run", "--demo", cwd=folder).returncode == 0
    return time.monotonic() - begun


def _await_messages(folder: Path, child: subprocess.Popen[str], number: int) -> None:
    """Until the services have accepted so many more messages, or the run has ended."""
    before = len(_received(folder))
    while child.poll() is None and len(_received(folder)) < before + number:
        time.sleep(0.0005)


def _received(folder: Path) -> list[str]:
    """The addresses of the messages that were accepted, in order: the last line of each links its article."""
    journal = folder / "tanma-demo" / "received.jsonl"
    lines = journal.read_text("utf-8").split("\n")[:-1] if journal.exists() else []
    ends = [json.loads(line)["text"].splitlines()[-1] for line in lines]
    return [re.search(r"https?://[^\s)]+", end)[0] for end in ends]  # type: ignore[index]


def _hold_to_promise(folder: Path, in_doubt: set[tuple[str, int]]) -> int:
    """No message came again without a kill that found it on its way, nor twice for one; how many came again."""
    again = Counter({address: times - 1 for address, times in Counter(_received(folder)).items() if times > 1})
    assert again <= Counter(address for address, _ in in_doubt)
    return again.total()


def _on_its_way(folder: Path, autopsy: Path) -> set[tuple[str, int]]:
    """The addresses in the one message that was being sent, and the number of its try; in a copy of what is left."""
    shutil.rmtree(autopsy, ignore_errors=True)
    left = folder / "tanma-demo" / "data" / "work"
    if not left.exists():
        return set()
    shutil.copytree(left, autopsy / "work")
    with Warehouse.open(autopsy, holder="test", now=datetime.now(UTC)) as wh:
        rows = wh.con.execute(
            """SELECT a.story_id, a.channel, r.url, a.attempts FROM core.alerts a JOIN core.articles r USING (article_id)
               WHERE a.status = 'sending'"""
        ).fetchall()
        every = wh.con.execute("SELECT count(*) FROM core.alerts WHERE status = 'sending'").fetchall()
    assert every == [(len(rows),)]
    assert len({(story, channel) for story, channel, *_ in rows}) <= 1, rows
    return {(url, attempts) for *_, url, attempts in rows}


def _nothing_is_lost(folder: Path) -> None:
    """Every article stored once, every alert delivered."""
    with open_published(folder / "tanma-demo" / "data") as con:
        titles = Counter(row[0] for row in run_query(con, "SELECT title || ' ' || source FROM articles").rows)
        statuses = dict(tuple(row) for row in run_query(con, "SELECT status, count(*) FROM alerts GROUP BY 1").rows)
    assert titles == Counter(f"{a['title']} {a['source']}" for a in EXPECTED["articles"])
    totals = EXPECTED["totals"]
    assert statuses == {"sent": totals["alerts_sent"], "suppressed": totals["alerts_suppressed"]}
    lines = (folder / "tanma-demo" / "received.jsonl").read_text("utf-8").splitlines()
    texts = {json.loads(line)["text"] for line in lines}
    told = {a["title"] for a in EXPECTED["articles"] if a["alert"] == "sent"}
    assert all(any(title in text for text in texts) for title in told)
