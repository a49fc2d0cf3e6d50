"""kill -9 at random moments loses nothing and repeats at most the message that was on its way."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from pathlib import Path

import pytest
from end_to_end.command import started, tanma

from warehouse.query import open_published, run_query

EXPECTED = json.loads((Path(__file__).parents[1] / "fixtures" / "demo_expected.json").read_text("utf-8"))
WORLDS, KILLS_EACH = 10, 5


@pytest.mark.slow
def test_fifty_kills_lose_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dice = random.Random(20261121)
    # The first run of a fresh checkout compiles its modules: the shorter of two tells how long the work takes.
    span = min(_whole_run(tmp_path / name) for name in ("first", "second"))

    repeats = unfinished = 0
    for world in range(WORLDS):
        folder = tmp_path / f"world{world}"
        folder.mkdir()
        for _ in range(KILLS_EACH):
            child = started("run", "--demo", cwd=folder)
            # From the first import on; later in the span work is under way, so most kills shall fall there.
            time.sleep(span * dice.uniform(0.2, 0.9))
            unfinished += child.poll() is None
            child.kill()
            child.wait()
        last = tanma("run", "--demo", cwd=folder)
        assert last.returncode == 0, last.stderr
        repeats += _check(folder)
    with capsys.disabled():
        print(
            f"\n{WORLDS * KILLS_EACH} kills, {unfinished} of them before the run had ended; {repeats} messages repeated"
        )
    assert unfinished > WORLDS * KILLS_EACH / 2
    assert repeats <= 5  # at most the one message on its way at each kill, and few kills meet one


def _whole_run(folder: Path) -> float:
    folder.mkdir()
    begun = time.monotonic()
    assert tanma("run", "--demo", cwd=folder).returncode == 0
    return time.monotonic() - begun


def _check(folder: Path) -> int:
    """Every article once, every alert delivered; how many messages were received more than once."""
    with open_published(folder / "tanma-demo" / "data") as con:
        titles = Counter(row[0] for row in run_query(con, "SELECT title || ' ' || source FROM articles").rows)
        statuses = dict(tuple(row) for row in run_query(con, "SELECT status, count(*) FROM alerts GROUP BY 1").rows)
    assert titles == Counter(f"{a['title']} {a['source']}" for a in EXPECTED["articles"])
    totals = EXPECTED["totals"]
    assert statuses == {"sent": totals["alerts_sent"], "suppressed": totals["alerts_suppressed"]}
    lines = (folder / "tanma-demo" / "received.jsonl").read_text("utf-8").splitlines()
    # A story may come in two messages, when a kill parted the loading of its articles; the same text twice is a repeat.
    texts = Counter(json.loads(line)["text"] for line in lines)
    told = {a["title"] for a in EXPECTED["articles"] if a["alert"] == "sent"}
    assert all(any(title in text for text in texts) for title in told)
    return sum(texts.values()) - len(texts)
