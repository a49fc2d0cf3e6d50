"""`tanma serve` while what it stands on fails: a Prefect server that is not ours is lost, the warehouse is held for long."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from end_to_end.command import started, tanma
from end_to_end.elsewhere import Elsewhere
from end_to_end.serving import Serving, settled

from flows.processes import process
from warehouse.lock import holder_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
SECRET = "tanma:mi-ma-of-the-prefect-server"
YANBIAN, KR36 = "feeds.example.com", "www.36kr.com"  # their hosts
DEPLOYMENTS = {"collect", "deliver", "health", "tidy"}


def configure(serving: Serving, every: str) -> None:
    """36kr and yanbian, so often, and a channel `ops`."""
    file = serving.folder / "tanma.yaml"
    whole = file.read_text("utf-8").replace("channels:\n", "channels:\n  ops: feishu://demo-ops\n")
    (yanbian,) = [line for line in whole.splitlines(keepends=True) if "id: yanbian," in line]
    both = f"sources:\n  - {{use: 36kr, every: {every}}}\n" + yanbian.replace(
        "{use: feed,", f"{{use: feed, every: {every},"
    )
    file.write_text(re.sub(r"sources:\n(  - .*\n)+", both, whole), "utf-8")


def ops(serving: Serving) -> list[str]:
    return [one.text for one in serving.replica.sink.received if one.token == "demo-ops"]


def long_ago(serving: Serving) -> None:
    """The last collecting, as the runs left word of it, was an hour earlier."""
    file = serving.folder / "data" / "work" / "status.json"
    left = json.loads(file.read_text("utf-8"))
    for one in left["sources"]:
        one["read_at"] = (datetime.fromisoformat(one["read_at"]) - timedelta(hours=1)).isoformat()
    file.write_text(json.dumps(left), "utf-8")


@pytest.fixture
def elsewhere(serving: Serving, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Elsewhere]:
    """Somebody's Prefect server, which wants a secret, at the port of `serving`."""
    other = Elsewhere(serving.folder / "elsewhere", migrated, serving.port, SECRET)
    # By which the tests themselves ask it.
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", SECRET)
    serving.headers["authorization"] = f"Basic {b64encode(SECRET.encode()).decode()}"
    try:
        yield other
    finally:
        other.kill()


def test_a_server_of_somebody_else_wants_a_secret_is_lost_comes_back_and_loses_its_database(
    serving: Serving, elsewhere: Elsewhere
) -> None:
    configure(serving, "15s")
    elsewhere.start()
    without = {"PREFECT_API_URL": elsewhere.api}

    # Who does not know the secret is told so, and nothing is left undone.
    refused = tanma("run", "--source", "yanbian", cwd=serving.folder, **without)
    assert refused.returncode == 0, refused.stderr
    assert f"the Prefect server at {elsewhere.api} refuses us (HTTP 401): PREFECT_API_AUTH_STRING" in refused.stderr
    assert "running directly" in refused.stderr and serving.articles() > 0

    doctor = tanma("doctor", "--json", cwd=serving.folder, **without)
    assert "refuses us (HTTP 401)" in named(doctor, "Prefect server")

    child = serving.start(**elsewhere.address, PREFECT_RUNNER_POLL_FREQUENCY="20")
    serving.wait(lambda: any(run["state_name"] == "Completed" for run in serving.runs()), 120)
    assert f"using the Prefect server at {elsewhere.api}" in serving.log
    doctor = tanma("doctor", "--json", cwd=serving.folder, **elsewhere.address)
    assert "4 deployments" in named(doctor, "schedules")
    through = tanma("run", "--source", "yanbian", cwd=serving.folder, **elsewhere.address)
    assert f"running through the Prefect server at {elsewhere.api}" in through.stderr, through.stderr
    assert through.returncode in (0, 3)  # a run of serve may have the warehouse

    # Killed in mid-collect, and away for so long that ops hears of it.
    serving.replica.world.slow(KR36, 300)
    serving.wait(serving.in_mid_collect)
    cut_off = [run["id"] for run in serving.runs() if run["state_type"] == "RUNNING"]
    elsewhere.kill()
    serving.wait(lambda: "does not answer; nothing is collected until it is back" in serving.log, 60)
    assert not holder_of(serving.lock)
    serving.replica.world.heal()
    assert ops(serving) == []
    long_ago(serving)
    serving.wait(lambda: ops(serving), 75)
    assert "以后没有一次采集完成，本应每 0.25 min 一次" in ops(serving)[0]

    elsewhere.start()
    serving.wait(lambda: "answers: the deployments are made anew" in serving.log, 20)
    back = datetime.now(UTC)
    serving.wait(lambda: completed_since(serving, back), 60)
    assert [run["state_name"] for run in serving.runs() if run["id"] in cut_off] == ["Crashed"]
    serving.wait(lambda: len(ops(serving)) == 2)
    assert ops(serving)[1].startswith("探马：已恢复\n")

    # Gone for a moment only, but with all that it knew.
    elsewhere.kill()
    elsewhere.start(emptied=True)
    serving.wait(lambda: "knows nothing of our deployments any more" in serving.log, 60)
    back = datetime.now(UTC)
    serving.wait(lambda: completed_since(serving, back), 60)
    assert {one["name"] for one in serving.ask("deployments/filter")} == DEPLOYMENTS

    # Told to stop while it waits.
    elsewhere.kill()
    serving.wait(lambda: serving.log.count("does not answer; nothing") == 2, 60)
    child.send_signal(signal.SIGTERM)
    assert child.wait(20) == 0, serving.log
    assert serving.log.endswith("stopped\n")
    written = serving.log + refused.stderr + doctor.stdout
    assert "Traceback" not in written and SECRET not in written and b64encode(SECRET.encode()).decode() not in written
    assert serving.log.count("made anew") == 2
    assert len(ops(serving)) == 2


def named(doctor: subprocess.CompletedProcess[str], what: str) -> str:
    (found,) = [one["found"] for one in json.loads(doctor.stdout) if one["what"] == what]
    return str(found)


def completed_since(serving: Serving, moment: datetime) -> list[dict[str, Any]]:
    return [
        run
        for run in serving.runs()
        if run["state_name"] == "Completed" and datetime.fromisoformat(run["created"]) > moment
    ]


def holder(serving: Serving) -> subprocess.Popen[str]:
    """`tanma run` in another process, stuck with an outlet while it holds the warehouse."""
    serving.replica.world.slow(YANBIAN, 300)
    begun: list[subprocess.Popen[str]] = []

    def holds() -> bool:
        if not begun or begun[-1].poll() == 3:  # a run of serve had it at that moment
            begun.append(started("run", "--source", "yanbian", cwd=serving.folder))
        return f"(pid {begun[-1].pid})" in (holder_of(serving.lock) or "")

    serving.wait(holds)
    return begun[-1]


def waiting(serving: Serving) -> list[dict[str, Any]]:
    """Runs of collect that were asked for and are ahead."""
    found = serving.ask("flow_runs/filter", {"flows": {"name": {"any_": ["collect"]}}})
    return [run for run in found if run["state_type"] == "SCHEDULED" and "asked" in run["tags"]]


def findings(serving: Serving, command: str, *words: str) -> dict[str, str]:
    done = tanma(command, *words, "--json", cwd=serving.folder)
    answer = json.loads(done.stdout)
    return {one["what"]: one["found"] for one in (answer["findings"] if command == "status" else answer)}


def test_a_warehouse_that_is_held_for_long_is_waited_for_then_left_and_read_once_afterwards(serving: Serving) -> None:
    configure(serving, "10s")
    first = holder(serving)
    child = serving.start()

    # The first run waits, and does all when the other is gone.
    serving.wait(lambda: [run["state_type"] for run in serving.runs()] == ["RUNNING"], 120)
    named = f"tanma collect (pid {first.pid})"
    assert named in findings(serving, "status")["lock"] and named in findings(serving, "doctor", "--offline")["lock"]
    assert serving.articles() == 0
    serving.replica.world.heal()
    first.kill()
    first.wait()
    serving.wait(lambda: settled(serving.runs()[0]))
    assert serving.runs()[0]["state_name"] == "Completed" and serving.articles() > 0

    # Held for longer than runs wait (a second here): each says who holds it, and asks for one other run.
    (collect,) = serving.ask("deployments/filter", {"deployments": {"name": {"any_": ["collect"]}}})
    short = collect["parameters"] | {"wait": 1.0}
    serving.ask(f"deployments/{collect['id']}", {"parameters": short}, method="PATCH")
    serving.wait(lambda: [run["parameters"]["wait"] for run in waiting(serving)] == [1.0], 60)
    second = holder(serving)
    serving.wait(lambda: any(run["state_name"] == "Skipped" for run in serving.runs()), 60)
    (skipped, *_) = [run for run in serving.runs() if run["state_name"] == "Skipped"]
    assert f"tanma collect (pid {second.pid})" in skipped["state"]["message"]
    for _ in range(2):
        assert serving.run_now(due=True, wait=0.5)["state_name"] == "Skipped"
    (ahead,) = waiting(serving)
    until = datetime.fromisoformat(ahead["expected_start_time"]) - datetime.now(UTC)
    assert timedelta(seconds=90) < until <= timedelta(minutes=2)

    # It lasts: ops hears, once, and by whom.
    assert ops(serving) == []
    long_ago(serving)  # longer than the watch of this serve has been looking
    for _ in range(2):
        run_flow(serving, "health")
    (told,) = ops(serving)
    assert "以后没有一次采集完成" in told and f"仓库被占用：tanma collect (pid {second.pid})" in told

    # Over: what was due is read, once, and ops hears that, once.
    serving.replica.world.heal()
    second.kill()
    second.wait()
    asked = len(serving.replica.requests)
    assert serving.run_now(due=True)["state_name"] == "Completed"
    read = [(one.host, one.path) for one in serving.replica.requests[asked:] if one.method == "GET"]
    assert {host for host, _ in read} == {YANBIAN, KR36, "openclaw.36krcdn.com"} and len(read) == len(set(read)), read
    assert len(ops(serving)) == 2 and ops(serving)[1].startswith("探马：已恢复\n")
    assert len(waiting(serving)) == 1

    child.send_signal(signal.SIGTERM)
    assert child.wait(60) == 0, serving.log
    assert "Traceback" not in serving.log and not process(child.pid)


def run_flow(serving: Serving, name: str) -> None:
    (one,) = serving.ask("deployments/filter", {"deployments": {"name": {"any_": [name]}}})
    run = serving.ask(f"deployments/{one['id']}/create_flow_run")["id"]
    serving.wait(lambda: any(each["id"] == run and settled(each) for each in serving.runs(name)), 60)
