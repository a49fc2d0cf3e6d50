"""Two at once on one warehouse: no alert twice, whoever gets the lock."""

from __future__ import annotations

import json
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from end_to_end.command import started, tanma
from end_to_end.serving import Serving, settled

from sources.replica.demo import demo_config, demo_replica, demo_watchlist
from sources.replica.server import Replica
from warehouse.query import open_published, run_query

EXPECTED = json.loads((Path(__file__).parents[1] / "fixtures" / "demo_expected.json").read_text("utf-8"))


def hold_to_once(folder: Path, replica: Replica) -> None:
    """Every alert that the demo's world gives was sent, and no message came twice."""
    with open_published(folder / "data") as con:
        [(sent, open_ones)] = run_query(
            con,
            "SELECT count(*) FILTER (status = 'sent'), count(*) FILTER (status IN ('pending', 'sending', 'failed')) FROM alerts",
        ).rows
    assert (sent, open_ones) == (EXPECTED["totals"]["alerts_sent"], 0)
    told = Counter(one.text for one in replica.sink.received)
    assert set(told.values()) == {1}, told


def test_two_runs_at_once(tmp_path: Path) -> None:
    with demo_replica(tmp_path / "world", datetime.now(UTC)) as replica:
        (tmp_path / "tanma.yaml").write_text(demo_config(replica), "utf-8")
        (tmp_path / "watchlist.yaml").write_text(demo_watchlist(), "utf-8")
        both = [started("run", cwd=tmp_path) for _ in range(2)]
        codes = sorted(child.wait(100) for child in both)
        # 3: the other one held the warehouse. One that came when the other had ended found nothing to do.
        assert codes in ([0, 3], [0, 0]), (tmp_path / "output.log").read_text("utf-8")
        assert tanma("run", cwd=tmp_path).returncode == 0
        hold_to_once(tmp_path, replica)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_runs_beside_serve(serving: Serving) -> None:
    """From its start on, through its first passes, one run after another."""
    serving.start()
    codes: Counter[int] = Counter()
    until = time.monotonic() + 200
    while not (codes[0] >= 2 and [run for run in serving.runs() if settled(run)]) and time.monotonic() < until:
        pair = [started("run", cwd=serving.folder) for _ in range(2)]
        codes.update(child.wait(100) for child in pair)
    assert codes.keys() <= {0, 3} and codes[0] >= 2, (codes, serving.log)
    assert {run["state_name"] for run in serving.runs() if settled(run)} <= {"Completed", "Skipped"}
    serving.wait(lambda: not [run for run in serving.runs("deliver") if not settled(run)])
    hold_to_once(serving.folder, serving.replica)
