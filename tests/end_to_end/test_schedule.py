"""Schedules on a real Prefect server that is not ours: late runs, `prefect deploy --all`, a worker."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from end_to_end.command import ROOT, environment, tanma
from end_to_end.elsewhere import Elsewhere
from end_to_end.serving import QUIET, Serving, settled

SHIPPED = str(ROOT / "deployments" / "prefect.yaml")
COMPARED = ("name", "description", "entrypoint", "parameters", "tags", "concurrency_limit", "paused", "version_id")


@pytest.fixture
def elsewhere(serving: Serving, migrated: Path) -> Iterator[dict[str, str]]:
    """A Prefect server of somebody else, at the port of `serving`; the environment that names it."""
    other = Elsewhere(serving.folder / "elsewhere", migrated, serving.port)
    try:
        other.start()
        yield QUIET | other.address | {"PREFECT_HOME": str(other.home)}
    finally:
        other.kill()


def prefect(*words: str, serving: Serving, env: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "prefect", "--no-prompt", *words],
        cwd=serving.folder, env=environment(**env), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def deployments(serving: Serving) -> dict[str, dict[str, Any]]:
    """As the server has them: what makes them run, not where."""
    return {
        one["name"]: {key: one.get(key) for key in COMPARED} | {"schedules": [s["schedule"] for s in one["schedules"]]}
        for one in serving.ask("deployments/filter")
    }


def hours(some: dict[str, dict[str, Any]], name: str) -> tuple[str, str]:
    (schedule,) = some[name]["schedules"]
    return schedule["cron"], schedule["timezone"]


def without_hours(some: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: {key: value for key, value in one.items() if key != "schedules"} for name, one in some.items()}


def collects(serving: Serving, *names: str) -> list[dict[str, Any]]:
    """Runs that came to such an end."""
    return [run for run in serving.runs() if run["state_name"] in names]


def sleep_two_days(serving: Serving) -> int:
    """What a server that was up has waiting for a runner that was not: runs of the schedule, and some that runs asked for."""
    (collect,) = serving.ask("deployments/filter", {"deployments": {"name": {"any_": ["collect"]}}})
    now = datetime.now(UTC)
    missed = {"start_time": str(now - timedelta(days=2)), "end_time": str(now - timedelta(hours=1))}
    serving.ask(f"deployments/{collect['id']}/schedule", missed | {"min_runs": 47, "max_runs": 47})
    for number in range(100):
        at = (now - timedelta(minutes=20 * number + 1)).isoformat()
        state = {"type": "SCHEDULED", "state_details": {"scheduled_time": at}}
        serving.ask(f"deployments/{collect['id']}/create_flow_run", {"state": state, "tags": ["asked"]})
    late = {"state": {"type": {"any_": ["SCHEDULED"]}}, "expected_start_time": {"before_": now.isoformat()}}
    return int(serving.ask("flow_runs/count", {"flow_runs": late, "flows": {"name": {"any_": ["collect"]}}}))


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_late_runs_are_made_up_for_by_one_and_any_server_takes_the_same_deployments(
    serving: Serving, elsewhere: dict[str, str]
) -> None:
    config = serving.folder / "tanma.yaml"
    elsewhere_at_noon = 'timezone: America/New_York\ntidy: "weekly sun 12:10"\n'
    config.write_text(elsewhere_at_noon + re.sub(r"(?m)^(timezone|tidy):.*\n", "", config.read_text("utf-8")), "utf-8")
    child = serving.start(**elsewhere)
    serving.wait(lambda: collects(serving, "Completed"), 120)
    assert f"using the Prefect server at {serving.api}" in serving.log
    (first,) = collects(serving, "Completed")
    assert first["name"] == "16 new in 5 sources, 20 alerts, 10 messages sent"

    def ahead() -> list[datetime]:
        runs = serving.ask("flow_runs/filter", {"flows": {"name": {"any_": ["collect"]}}})
        return [
            datetime.fromisoformat(run["expected_start_time"])
            for run in runs
            if run["state_type"] == "SCHEDULED" and "asked" in run["tags"]
        ]

    # It has asked for its next: a quarter of an hour and a tenth later, when all five sources are due.
    serving.wait(ahead)
    (next_at,) = ahead()
    assert timedelta(minutes=15) < next_at - datetime.fromisoformat(first["start_time"]) < timedelta(minutes=18)

    # The machine of the runner sleeps; the server's does not.
    os.kill(child.pid, signal.SIGSTOP)
    late = sleep_two_days(serving)
    assert late >= 140
    os.kill(child.pid, signal.SIGCONT)
    serving.wait(lambda: collects(serving, "Skipped"), 120)
    serving.wait(lambda: all(settled(run) for run in serving.runs()))
    (second,) = [run for run in serving.runs() if run["id"] != first["id"]]
    assert second["name"] == f"nothing was due, for {late - 1} late runs too"  # all were read a minute ago
    assert ahead() == [next_at]

    ours = deployments(serving)
    child.send_signal(signal.SIGTERM)
    assert child.wait(60) == 0, serving.log

    # The same from the file that `tanma deployments` writes, by other hours than those of the file beside the code; a
    # worker does what the runner did.
    env = elsewhere | {"TANMA_CONFIG": str(config)}
    prefect("work-pool", "create", "tanma", "--type", "process", serving=serving, env=env)
    prefect("deploy", "--all", "--prefect-file", SHIPPED, serving=serving, env=env)
    by_hand = deployments(serving)
    assert without_hours(by_hand) == without_hours(ours) and set(ours) == {"collect", "deliver", "health", "tidy"}
    assert hours(by_hand, "tidy") == ("30 4 * * *", "Asia/Shanghai") != hours(ours, "tidy")
    written = tanma("deployments", cwd=serving.folder)
    assert written.returncode == 0, written.stderr
    (serving.folder / "prefect.yaml").write_text(written.stdout, "utf-8")
    prefect("deploy", "--all", "--prefect-file", str(serving.folder / "prefect.yaml"), serving=serving, env=env)
    assert deployments(serving) == ours
    assert hours(ours, "tidy") == ("10 12 * * sun", "America/New_York")
    assert hours(ours, "collect") == ("23 * * * *", "America/New_York")
    for deployment in serving.ask("deployments/filter"):
        assert deployment["work_pool_name"] == "tanma"
    serving.child = None
    wanted = serving.begin()
    with (serving.folder / "worker.log").open("w") as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", "prefect", "worker", "start", "--pool", "tanma", "--limit", "1", "--run-once"],
            cwd=serving.folder, env=environment(**env), stdout=log, stderr=log,
        )  # fmt: skip
    try:
        serving.wait(lambda: any(run["id"] == wanted and settled(run) for run in serving.runs()), 120)
    finally:
        worker.terminate()
        worker.wait(30)
    (done,) = [run for run in serving.runs() if run["id"] == wanted]
    assert done["state_name"] == "Completed" and done["name"] == "nothing new in 5 sources"
    assert done["work_pool_name"] == "tanma"
    assert len(serving.runs()) == 3
