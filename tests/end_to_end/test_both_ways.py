"""Through Prefect or directly: the same rows. A real Prefect server, its own files in tmp_path."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from end_to_end.command import environment, free_port, tanma

from flows.server import answers
from warehouse.query import open_published, run_query

SAME = {
    "articles": "SELECT * EXCLUDE (first_seen_at, updated_at) FROM articles ORDER BY article_id",
    "versions": "SELECT * EXCLUDE (seen_at) FROM article_versions ORDER BY article_id, version",
    "stories": "SELECT * EXCLUDE (last_seen_at) FROM stories ORDER BY story_id",
    "mentions": "SELECT * FROM mentions ORDER BY ALL",
    "alerts": "SELECT * EXCLUDE (created_at, next_attempt_at, sent_at) FROM alerts ORDER BY alert_id",
    "entities": "SELECT * FROM entities ORDER BY entity_id",
    "health": "SELECT source, state, note FROM source_health ORDER BY source",
    "fetches": "SELECT source, url, outcome, http_status FROM fetches ORDER BY ALL",
}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home, port = tmp_path_factory.mktemp("prefect"), free_port()
    address = f"http://127.0.0.1:{port}/api"
    quiet = {"PREFECT_HOME": str(home), "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}
    with (home / "server.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "prefect", "server", "start", "--port", str(port)],
            env=environment(**quiet), stdout=log, stderr=log,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + 180
        while not answers(address):
            assert server.poll() is None and time.monotonic() < deadline, (home / "server.log").read_text()
            time.sleep(0.5)
        yield address
    finally:
        server.terminate()
        server.wait(30)


def rows(warehouse: Path) -> dict[str, list[tuple[Any, ...]]]:
    with open_published(warehouse) as con:
        return {name: [tuple(row) for row in run_query(con, query).rows] for name, query in SAME.items()}


def asked(api: str, what: str) -> list[dict[str, Any]]:
    request = urllib.request.Request(f"{api}/{what}/filter", b"{}", {"content-type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_both_ways_leave_the_same_rows(tmp_path: Path, api: str) -> None:
    epoch = datetime.now(UTC).replace(microsecond=0).isoformat()
    for name in ("direct", "prefect"):
        (tmp_path / name / "tanma-demo").mkdir(parents=True)
        (tmp_path / name / "tanma-demo" / "epoch").write_text(epoch + "\n")
    directly = tanma("run", "--demo", cwd=tmp_path / "direct")
    through = tanma("run", "--demo", cwd=tmp_path / "prefect", PREFECT_API_URL=api)
    assert directly.returncode == 0, directly.stderr
    assert through.returncode == 0, through.stderr
    assert "running directly" in directly.stderr and f"through the Prefect server at {api}" in through.stderr

    ours, theirs = rows(tmp_path / "direct/tanma-demo/data"), rows(tmp_path / "prefect/tanma-demo/data")
    for name in SAME:
        assert ours[name] == theirs[name], name
    assert len(ours["articles"]) == 16

    runs = asked(api, "flow_runs")
    (run,) = runs
    assert run["state_type"] == "COMPLETED" and run["name"] == "16 new in 5 sources, 20 alerts, 10 messages sent"
    assert {run["name"] for run in asked(api, "task_runs")} == {"36kr", "yanbian", "nanping", "yunxia", "gongwei"}
    (table,) = asked(api, "artifacts")
    assert table["key"] == "tanma-collect"
    (row,) = [row for row in json.loads(table["data"]) if row["source"] == "yanbian"]
    links = "[1](https://feeds.example.com/articles/reading-room-repost.html) [2](https://feeds.example.com/articles/noodle-queue.html)"
    assert row == {
        "source": "yanbian", "state": "ok", "new": 2, "changed": 0, "reposts": 0, "mentions": 6, "alerts": 3,
        "errors": 0, "links": links,
    }  # fmt: skip
    assert "demo-desk" not in json.dumps(runs)  # a channel's token is no parameter

    imported = tmp_path / "note.txt"
    imported.write_text("云下播客\n会说话的旧书\n\n" + "这是一段写给测试的正文，里面没有人名。\n" * 8, "utf-8")
    for name, env in (("direct", {}), ("prefect", {"PREFECT_API_URL": api})):
        config = tmp_path / name / "tanma-demo" / "tanma.yaml"
        done = tanma("import", str(imported), "--config", str(config), "--json", cwd=tmp_path, **env)
        assert done.returncode == 0, done.stderr
        assert [file["status"] for file in json.loads(done.stdout)] == ["stored"]
    ours, theirs = rows(tmp_path / "direct/tanma-demo/data"), rows(tmp_path / "prefect/tanma-demo/data")
    assert ours["articles"] == theirs["articles"] and len(ours["articles"]) == 17
    assert len(asked(api, "flow_runs")) == 2

    # A name that was added is found in what is stored, and told.
    for name, env in (("direct", {}), ("prefect", {"PREFECT_API_URL": api})):
        config = ("--config", str(tmp_path / name / "tanma-demo" / "tanma.yaml"))
        assert tanma("watch", "add", "正文", *config, cwd=tmp_path).returncode == 0
        done = tanma("rescan", "--json", *config, cwd=tmp_path, **env)
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert (told["scanned"], told["errors"]) == (17, []) and told["added"] >= 8 and told["withheld"] >= 1
    ours, theirs = rows(tmp_path / "direct/tanma-demo/data"), rows(tmp_path / "prefect/tanma-demo/data")
    for name in ("articles", "versions", "stories", "mentions", "alerts"):
        assert ours[name] == theirs[name], name
    assert len(asked(api, "flow_runs")) == 3
