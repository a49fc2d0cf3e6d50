"""`tanma serve` forks its runs from one process that has everything imported; Prefect's own way is what is left."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from end_to_end.serving import Serving, gone, settled

from flows.processes import processes
from warehouse.lock import holder_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
YANBIAN = "feeds.example.com"
USUAL = "each run starts with imports of its own"


def name_of(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text("utf-8").strip()


def children(parent: int) -> list[int]:
    return [one.pid for one in processes() if one.parent == parent]


def begun(serving: Serving, forks: int | None) -> tuple[str, int]:
    """A run that hangs in the middle of an outlet: its id, and its process, which `forks` has started."""
    serving.wait(lambda: not holder_of(serving.lock))
    run = serving.begin()
    serving.wait(serving.in_mid_collect)
    if forks:
        (pid,) = children(forks)
    else:
        (pid,) = (one.pid for one in processes() if one.parent == serving.tree()[0] and "prefect.engine" in one.words)
    return run, pid


def end_of(serving: Serving, run: str) -> dict[str, Any]:
    def found() -> list[dict[str, Any]]:
        return [one for one in serving.runs() if one["id"] == run and settled(one)]

    serving.wait(found)
    return found()[0]


def test_runs_are_forks_that_end_like_any_run(serving: Serving) -> None:
    child = serving.start()
    serving.wait(lambda: any(settled(run) for run in serving.runs()), 180)
    assert [run["state_name"] for run in serving.runs()] == ["Completed"], serving.log
    (forks,) = (pid for pid in children(child.pid) if name_of(pid) == "tanma-forks")
    assert len(list(Path(f"/proc/{forks}/task").iterdir())) == 1  # a thread would not be in what it forks

    # Cancelled by a person: Prefect's word for it, and no crash.
    serving.replica.world.slow(YANBIAN, 300)
    run, pid = begun(serving, forks)
    assert name_of(pid) == "tanma-run"
    serving.ask(f"flow_runs/{run}/set_state", {"state": {"type": "CANCELLING"}, "force": True})
    assert end_of(serving, run)["state_name"] == "Cancelled", serving.log
    assert gone([pid])

    # Killed: the run crashed, and the next one is a fork again.
    run, pid = begun(serving, forks)
    os.kill(pid, signal.SIGKILL)
    ended = end_of(serving, run)
    assert ended["state_name"] == "Crashed" and "-9" in ended["state"]["message"]

    # Told to end, by somebody who is not Prefect: no trace, wherever the signal is heard.
    run, pid = begun(serving, forks)
    os.kill(pid, signal.SIGTERM)
    assert end_of(serving, run)["state_name"] == "Crashed" and gone([pid])
    assert "Traceback" not in serving.log, serving.log

    # What forks them is killed: its run with it, and the next one starts as Prefect starts it.
    run, pid = begun(serving, forks)
    assert USUAL not in serving.log
    os.kill(forks, signal.SIGKILL)
    assert end_of(serving, run)["state_name"] == "Crashed" and gone([pid])
    run, _ = begun(serving, None)
    assert serving.log.count(f"{USUAL}, which costs more CPU: the process that forked them is gone") == 1
    serving.replica.world.heal()
    assert end_of(serving, run)["state_name"] == "Completed", serving.log
    child.send_signal(signal.SIGTERM)
    assert child.wait(60) == 0 and "Traceback" not in serving.log, serving.log


def test_a_run_outlives_a_killed_serve_and_nothing_outlives_the_run(serving: Serving) -> None:
    child = serving.start()
    serving.wait(lambda: any(settled(run) for run in serving.runs()), 180)
    (forks,) = (pid for pid in children(child.pid) if name_of(pid) == "tanma-forks")
    serving.replica.world.slow(YANBIAN, 300)
    run, pid = begun(serving, forks)
    server = serving.server()
    child.kill()
    child.wait()
    serving.child = None
    try:
        serving.replica.world.heal()
        assert not gone([pid])
        assert end_of(serving, run)["state_name"] == "Completed"
        serving.wait(lambda: gone([pid, forks]), 30)
    finally:
        os.kill(server, signal.SIGTERM)
        serving.wait(lambda: gone([server]), 30)
