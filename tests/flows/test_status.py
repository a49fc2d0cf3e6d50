"""`tanma status`: what the last run left, and when that means that it does not go on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from small_outlet import Small, small_outlet
from typer.testing import CliRunner, Result

from flows import cli
from flows.commands.status import judged, known, next_due
from flows.statusfile import read_status, status_file
from warehouse.lock import WriterLock
from warehouse.store import Warehouse

ROOT = Path(__file__).resolve().parents[2]
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    with small_outlet(tmp_path) as opened:
        yield opened


def status(small: Small, *words: str) -> Result:
    config = str(small.folder / "tanma.yaml")
    return CliRunner().invoke(cli.app, ["status", "--config", config, *words], catch_exceptions=False)


def document(**changes: Any) -> dict[str, Any]:
    """A warehouse whose one source is read every quarter of an hour and was read at noon."""
    run = {"kind": "collect", "run_id": "r", "status": "ok", "ended_at": NOON.isoformat(), "seconds": 2.0}
    source = {"source": "small", "state": "ok", "every": 900.0, "read_at": NOON.isoformat(), "pause": 0.0}
    return {
        "articles": 1234, "runs": [run], "sources": [source], "channels": [], "incidents": [], "heartbeat_at": None,
    } | changes  # fmt: skip


def states(of: dict[str, Any], now: datetime) -> dict[str, str]:
    return {finding.what: finding.state for finding in judged(of, now, SHANGHAI)}


# Three times 15 minutes, and a minute for the run itself.
@pytest.mark.parametrize(("minutes", "state"), [(0, "ok"), (46, "ok"), (46.1, "wrong"), (-4.9, "ok"), (-5.1, "wrong")])
def test_it_goes_on_while_runs_come_as_planned(minutes: float, state: str) -> None:
    assert states(document(), NOON + timedelta(minutes=minutes))["runs"] == state


def test_whoever_calls_run_once_an_hour_is_not_late_after_three_quarters_of_one() -> None:
    [source] = document()["sources"]
    hourly = document(sources=[source | {"pause": 3600.0}])
    assert states(hourly, NOON + timedelta(minutes=181))["runs"] == "ok"
    assert states(hourly, NOON + timedelta(minutes=182))["runs"] == "wrong"


def test_one_source_that_is_left_out_is_named() -> None:
    [source] = document()["sources"]
    other = source | {"source": "other", "read_at": (NOON - timedelta(hours=2)).isoformat()}
    [runs] = [one for one in judged(document(sources=[source, other]), NOON, SHANGHAI) if one.what == "runs"]
    assert runs.state == "wrong" and runs.found.endswith("not read as planned: other")
    assert "last collecting ended 2026-11-21 20:00, 0 s ago: ok" in runs.found


def test_a_failed_run_is_wrong_whatever_its_kind() -> None:
    [run] = document()["runs"]
    failed = run | {"status": "failed"}
    assert states(document(runs=[failed]), NOON)["runs"] == "wrong"
    assert states(document(runs=[run, failed | {"kind": "tidy"}]), NOON)["runs: tidy"] == "wrong"
    assert states(document(runs=[run | {"status": "partial"}]), NOON)["runs"] == "ok"


def test_trouble_of_outlets_and_channels_is_a_note() -> None:
    """A container that is started anew for it would only ask a blocked outlet once more."""
    [source] = document()["sources"]
    channel = {"channel": "desk", "pending": 3, "late": 1, "failed": 2}
    troubled = document(
        sources=[source | {"state": "blocked"}], channels=[channel], incidents=[["channel", "desk"]]
    )  # fmt: skip
    found = {one.what: one for one in judged(troubled, NOON, SHANGHAI)}
    assert {one.state for one in found.values()} == {"ok", "note"}
    assert found["sources"].found == "1 of 1 in trouble: small blocked"
    assert found["alerts"].found == "3 waiting, 2 failed, 1 overdue"
    assert found["incident: channel"].found == "desk"


def test_before_the_first_run_nothing_goes_on(small: Small) -> None:
    result = status(small, "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 1 and told["healthy"] is False and told["next_due"] is None
    assert told["findings"][0]["found"] == "no run has ended yet"


def test_after_a_run_all_is_told(small: Small) -> None:
    small.publishes(1)
    small.shows(1)
    small.run()
    result = status(small, "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 0 and told["healthy"] is True
    assert [run["kind"] for run in told["runs"]] == ["collect"] and told["runs"][0]["status"] == "ok"
    assert [(one["source"], one["state"], one["every"]) for one in told["sources"]] == [("small", "ok", 900.0)]
    assert [(one["channel"], one["suppressed"], one["failed"]) for one in told["channels"]] == [("desk", 1, 0)]
    due = datetime.fromisoformat(told["next_due"]) - datetime.fromisoformat(told["sources"][0]["read_at"])
    assert due == timedelta(minutes=15)
    assert "1 articles" in status(small).stdout


def test_a_run_that_finds_nothing_new_is_told_though_nothing_is_published(small: Small) -> None:
    small.publishes(1)
    small.shows(1)
    small.run()
    published = (small.config.warehouse / "tanma.duckdb").stat().st_ino
    small.later(minutes=15)
    small.run()
    assert (small.config.warehouse / "tanma.duckdb").stat().st_ino == published
    left = known(small.config.warehouse, small.clock())
    [source] = left["sources"]
    assert 895 < source["pause"] < 930
    assert next_due(left) > small.clock() + timedelta(minutes=14)
    small.later(minutes=47)
    assert states(left, small.clock())["runs"] == "wrong"


def test_what_is_published_without_a_run_is_seen(small: Small) -> None:
    small.publishes(1)
    small.shows(1)
    small.run()
    with Warehouse.open(small.config.warehouse, holder="test", now=small.clock()) as wh:
        with wh.transaction() as con:
            con.execute("UPDATE core.alerts SET status = 'failed'")
        wh.publish()
    left = status_file(small.config.warehouse)
    os.utime(left, (left.stat().st_atime, left.stat().st_mtime - 1))  # file systems tell seconds apart, if no less
    result = status(small, "--json")
    told = json.loads(result.stdout)
    assert [one["failed"] for one in told["channels"]] == [1]
    assert [(one["every"], bool(one["read_at"])) for one in told["sources"]] == [(900.0, True)]
    assert result.exit_code == 0


def test_a_lost_document_is_made_up_for_from_the_published_file(small: Small) -> None:
    small.publishes(1)
    small.shows(1)
    small.run()
    status_file(small.config.warehouse).write_text("{")
    told = json.loads(status(small, "--json").stdout)
    assert told["runs"][0]["kind"] == "collect" and told["next_due"] is None
    (small.config.warehouse / "tanma.duckdb").write_bytes(b"no database")
    result = status(small, "--json")
    assert result.exit_code == 1
    assert [one["what"] for one in json.loads(result.stdout)["findings"] if one["state"] == "wrong"] == ["warehouse"]


def test_a_run_is_not_failed_by_what_tells_of_it(small: Small, caplog: pytest.LogCaptureFixture) -> None:
    status_file(small.config.warehouse).mkdir(parents=True)
    small.publishes(1)
    small.shows(1)
    assert small.run().stored == 1
    assert "could not be written" in caplog.text
    assert [one.name for one in (small.config.warehouse / "work").iterdir() if one.name.endswith(".part")] == []


def test_a_tidy_is_told_too(small: Small) -> None:
    from flows.keeping import tidy_pass

    small.publishes(1)
    small.shows(1)
    small.run()
    read_at = read_status(small.config.warehouse)["sources"][0]["read_at"]
    small.later(minutes=10)
    tidy_pass(small.config, via="direct", clock=small.clock)
    left = read_status(small.config.warehouse)
    assert {run["kind"] for run in left["runs"]} == {"collect", "tidy"} and left["newest_backup_at"]
    assert left["sources"][0]["read_at"] == read_at, "a tidy reads no source, and forgets no read"


def test_who_holds_the_warehouse_is_named_while_somebody_does(small: Small) -> None:
    small.run_all()
    lock = small.config.warehouse / "work" / "lock"
    held = WriterLock.take(lock, holder="tanma backfill", now=datetime(2026, 11, 28, 9, 30, tzinfo=UTC), wait=0)
    words = f"held by tanma backfill (pid {os.getpid()}) since 2026-11-28T09:30:00+00:00"
    assert f"lock\tnote\t{words}\t" in status(small).stdout
    held.release()
    assert "held by" not in status(small).stdout


def test_a_broken_configuration_is_said_as_everywhere(small: Small) -> None:
    (small.folder / "tanma.yaml").write_text("warehouse: [", "utf-8")
    words = [sys.executable, "-m", "flows.cli", "status"]
    done = subprocess.run(words, cwd=small.folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 2 and "tanma.yaml:1:" in done.stderr


def test_it_imports_neither_prefect_nor_a_database(small: Small) -> None:
    small.publishes(1)
    small.shows(1)
    small.run()
    program = (
        "import sys\nfrom flows import cli\n"
        "try: cli.app(['status'])\nexcept SystemExit as left: assert not left.code, left.code\n"
        "print([name for name in ('prefect', 'duckdb', 'pyarrow', 'httpx', 'apprise', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=small.folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[]"
