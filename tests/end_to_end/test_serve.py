"""`tanma serve` as a process of its own, with a real Prefect server: told to stop, killed, left by its server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from end_to_end.command import environment, free_port, tanma
from end_to_end.serving import QUIET, Serving, gone, settled

from flows.processes import process
from flows.server import answers
from warehouse.lock import WriterLock, holder_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # three starts of a Prefect server in one test
YANBIAN, NANPING, GONGWEI = "feeds.example.com", "news.example.net", "notes.example.com"  # their hosts


def test_serve_runs_schedules_by_what_the_file_says_now_and_stops_cleanly(serving: Serving) -> None:
    config = serving.folder / "tanma.yaml"
    whole = config.read_text("utf-8")
    (yanbian,) = [line for line in whole.splitlines(keepends=True) if "id: yanbian," in line]
    (gongwei,) = [line for line in whole.splitlines(keepends=True) if "id: gongwei," in line]
    config.write_text(whole.replace(gongwei, ""), "utf-8")
    # A proxy that nobody answers at: what is on this machine must not go through it.
    nowhere = f"http://127.0.0.1:{free_port()}"
    child = serving.start(http_proxy=nowhere, HTTP_PROXY=nowhere, no_proxy="", NO_PROXY="intranet.example")

    serving.wait(lambda: any(settled(run) for run in serving.runs()), 180)
    assert [run["state_name"] for run in serving.runs()] == ["Completed"], serving.log
    before, told = serving.articles(), len(serving.replica.sink.received)
    assert before and told
    names = {deployment["name"] for deployment in serving.ask("deployments/filter")}
    assert names == {"collect", "deliver", "health", "tidy"}

    # One source is gone from the file, one is new, one fails.
    config.write_text(whole.replace(yanbian, ""), "utf-8")
    serving.replica.world.fail(NANPING, 503)
    seen = len(serving.replica.requests)
    run = serving.run_now()
    assert run["state_type"] == "COMPLETED" and run["state_name"] == "PartlyFailed"
    assert "nanping: failing" in run["state"]["message"] and "503" in run["state"]["message"]
    hosts = {request.host for request in serving.replica.requests[seen:] if request.method == "GET"}
    assert GONGWEI in hosts and YANBIAN not in hosts
    assert serving.articles() > before
    serving.replica.world.heal()

    # Somebody else is writing: the run leaves it at that, and the next one does the work.
    serving.wait(lambda: not holder_of(serving.lock))
    held = WriterLock.take(serving.lock, holder="a test", now=datetime.now(UTC), wait=20)
    run = serving.run_now(wait=0, due=True)
    held.release()
    assert run["state_name"] == "Skipped" and "a test" in run["state"]["message"]

    # A one-off run finds the server by itself; nanping is still left alone, as it failed a moment ago.
    config.write_text(whole, "utf-8")
    once = tanma("run", "--source", "gongwei", "--source", "nanping", "--json", cwd=serving.folder)
    assert once.returncode == 1, once.stderr
    summary = json.loads(once.stdout)
    assert summary["via"] == "prefect"
    assert {source["source"]: source["state"] for source in summary["sources"]} == {
        "gongwei": "ok",
        "nanping": "failing",
    }

    # Told to stop in mid-collect.
    serving.replica.world.slow(YANBIAN, 300)
    serving.begin()
    serving.wait(serving.in_mid_collect)
    pids = serving.tree()
    assert len(pids) >= 3
    child.send_signal(signal.SIGTERM)
    assert child.wait(60) == 0, serving.log
    assert "stopped" in serving.log and "Traceback" not in serving.log, serving.log
    assert not answers(serving.api) and gone(pids) and not holder_of(serving.lock)
    assert not (serving.folder / "data" / "work" / "serve.json").exists()
    assert tanma("run", "--source", "36kr", cwd=serving.folder).returncode == 0
    assert serving.articles() == 16


def test_killed_it_goes_on_after_a_restart(serving: Serving) -> None:
    serving.replica.world.slow(YANBIAN, 300)
    child = serving.start()
    serving.wait(serving.in_mid_collect, 180)
    # The whole tree, as when the machine loses power.
    pids = serving.tree()
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    serving.replica.world.heal()

    child = serving.start()
    serving.wait(lambda: len(serving.runs()) >= 2 and settled(serving.runs()[-1]), 90)
    assert [run["state_name"] for run in serving.runs()] == ["Crashed", "Completed"]
    assert serving.articles() == 16

    # It alone: its server lives on, and holds the port.
    server = serving.server()
    child.kill()
    child.wait()
    assert answers(serving.api) and process(server)
    child = serving.start()
    serving.wait(lambda: "that a killed `tanma serve` left behind" in serving.log)
    serving.wait(lambda: len(serving.runs()) >= 3 and settled(serving.runs()[-1]))
    last = serving.runs()[-1]  # every source was read a minute ago
    assert (last["state_name"], last["name"]) == ("Skipped", "nothing was due") and not process(server)

    # The server alone, while a run is under way: whoever watches over serve must learn of it.
    serving.replica.world.slow(YANBIAN, 300)
    serving.begin()
    serving.wait(serving.in_mid_collect)
    pids = serving.tree()
    os.kill(serving.server(), signal.SIGKILL)
    assert child.wait(40) == 4, serving.log
    assert "the Prefect server ended with code -9" in serving.log
    assert gone(pids) and not holder_of(serving.lock)


RUNNER_THAT_ENDS = """
import asyncio, sys
from pathlib import Path
import prefect.runner
from flows import serve
from flows.config import load_config

class Runner(prefect.runner.Runner):
    async def start(self):
        self.started = True
        raise RuntimeError("the API was not reachable for too long")

async def none_ahead(runner, server, config, say):
    return None

prefect.runner.Runner, serve._schedule = Runner, none_ahead
asyncio.run(serve._run_schedules(load_config(Path("tanma.yaml"), {}), None, None, print))
"""


def test_a_runner_that_ends_by_itself_is_no_success(tmp_path: Path) -> None:
    (tmp_path / "tanma.yaml").write_text("sources: [36kr]\n", "utf-8")
    env = environment(PREFECT_API_URL=f"http://127.0.0.1:{free_port()}/api", PREFECT_HOME=str(tmp_path), **QUIET)
    done = subprocess.run(
        [sys.executable, "-c", RUNNER_THAT_ENDS], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60
    )
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("sources.errors.TanmaError: the runner ended by itself (RuntimeError: the API was not"), last
    assert done.returncode == 1
