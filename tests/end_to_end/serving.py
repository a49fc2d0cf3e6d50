"""`tanma serve` as a process of its own, in a folder with its two files and a world on loopback."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError

from end_to_end.command import free_port, started

from flows.processes import process, processes
from flows.server import answers
from sources.replica.server import Replica
from warehouse.lock import holder_of
from warehouse.query import open_published, run_query

QUIET = {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1", "PREFECT_RUNNER_POLL_FREQUENCY": "1"}


@dataclass
class Serving:
    """A folder with its two files, and `tanma serve` in it."""

    folder: Path
    replica: Replica
    port: int = field(default_factory=free_port)
    child: subprocess.Popen[str] | None = None
    headers: dict[str, str] = field(default_factory=dict)  # beside what its Prefect server is asked

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    @property
    def log(self) -> str:
        return (self.folder / "output.log").read_text("utf-8")

    @property
    def lock(self) -> Path:
        return self.folder / "data" / "work" / "lock"

    def start(self, **env: str) -> subprocess.Popen[str]:
        self.child = started("serve", "--port", str(self.port), cwd=self.folder, **(QUIET | env))
        return self.child

    def tree(self) -> list[int]:
        """serve, its server, what forks its flow runs, and these."""
        assert self.child
        found, alive = [self.child.pid], list(processes())
        for parent in found:
            found += [one.pid for one in alive if one.parent == parent]
        return found

    def server(self) -> int:
        (pid,) = (pid for pid in self.tree() if "prefect server" in getattr(process(pid), "words", ""))
        return pid

    def wait(self, condition: Callable[[], Any], seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert self.child is None or self.child.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(0.4)

    def ask(self, what: str, body: dict[str, Any] | None = None, *, method: str = "POST") -> Any:
        request = urllib.request.Request(
            f"{self.api}/{what}",
            json.dumps(body or {}).encode(),
            {"content-type": "application/json"} | self.headers,
            method=method,
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        deadline = time.monotonic() + 20
        while True:
            try:
                with opener.open(request, timeout=20) as answer:
                    return json.loads(answer.read() or b"null")
            except URLError as error:  # one that is stopped or started; 503 is its word for a database that is busy
                if getattr(error, "code", 503) != 503 or time.monotonic() > deadline:
                    raise
                time.sleep(0.5)
        raise AssertionError("unreachable: the tenth try returns or raises")

    def runs(self, flow: str = "collect") -> list[dict[str, Any]]:
        """The flow runs that a deployment started, oldest first."""
        if not answers(self.api):
            return []
        found = self.ask("flow_runs/filter", {"flows": {"name": {"any_": [flow]}}})
        mine = [run for run in found if run["deployment_id"] and run["state_type"] != "SCHEDULED"]
        return sorted(mine, key=lambda run: str(run["created"]))

    def begin(self, **parameters: Any) -> str:
        """Ask for a run of all sources, due or not; its id."""
        parameters = {"due": False, **parameters}
        (deployment,) = self.ask("deployments/filter", {"deployments": {"name": {"any_": ["collect"]}}})
        return str(self.ask(f"deployments/{deployment['id']}/create_flow_run", {"parameters": parameters})["id"])

    def run_now(self, **parameters: Any) -> dict[str, Any]:
        """One such run, to its end."""
        begun = self.begin(**parameters)

        def done() -> list[dict[str, Any]]:
            return [run for run in self.runs() if run["id"] == begun and settled(run)]

        self.wait(done)
        return done()[0]

    def in_mid_collect(self) -> bool:
        return "tanma collect" in (holder_of(self.lock) or "") and bool(self.runs())

    def articles(self) -> int:
        if not (self.folder / "data" / "tanma.duckdb").exists():
            return 0
        with open_published(self.folder / "data") as con:
            return int(run_query(con, "SELECT count(*) FROM articles").rows[0][0])


def settled(run: dict[str, Any]) -> bool:
    return run["state_type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def gone(pids: list[int]) -> bool:
    return not any(process(pid) for pid in pids)
