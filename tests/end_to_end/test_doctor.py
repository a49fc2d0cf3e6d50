"""`tanma doctor` and `tanma status` beside a `tanma serve` that runs, was stopped, was killed."""

from __future__ import annotations

import json
import os
import signal
from typing import Any

import pytest
from end_to_end.command import tanma
from end_to_end.serving import Serving, settled


def findings(serving: Serving, command: str) -> dict[str, dict[str, str]]:
    document: Any = json.loads(tanma(command, "--json", cwd=serving.folder).stdout)
    found = document["findings"] if command == "status" else document
    return {one["what"]: one for one in found}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_what_is_said_while_serve_runs_and_after_it_was_killed(serving: Serving) -> None:
    child = serving.start()
    serving.wait(lambda: any(settled(run) for run in serving.runs()), 180)
    doctor = findings(serving, "doctor")
    assert doctor["Prefect server"]["found"].startswith(f"{serving.api}, version 3.")
    assert doctor["schedules"]["state"] == "ok" and "next run" in doctor["schedules"]["found"]
    assert doctor["flow runs"]["state"] == "ok" and "the last one, " in doctor["flow runs"]["found"]
    assert findings(serving, "status")["serve"]["found"] == f"runs (pid {child.pid})"

    [one, *_] = serving.ask("deployments/filter", {"deployments": {"name": {"any_": ["deliver"]}}})
    serving.ask(f"deployments/{one['id']}/pause_deployment")
    paused = findings(serving, "doctor")["schedules"]
    assert (paused["state"], paused["found"]) == ("wrong", "paused: deliver") and "resume" in paused["remedy"]

    for pid in serving.tree():
        os.kill(pid, signal.SIGKILL)
    child.wait()
    doctor = findings(serving, "doctor")
    assert doctor["Prefect server"]["found"] == f"{serving.api} does not answer"
    status = findings(serving, "status")
    assert status["serve"]["found"] == f"pid {child.pid} is not there" and status["runs"]["state"] == "ok"
