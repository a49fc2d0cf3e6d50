"""From an article stored to its message received, for a rule `now`: `PYTHONPATH=.:tests python tests/benchmarks/bench_latency.py [WORLDS]`.

Each world is the demo's, on loopback, with a webhook that keeps no limit for its channel; measured is the time between
`alerts.created_at` (the load that stored the article began) and the moment at which the service had the message. Once
with `tanma run`, without a Prefect server, and once through the runs of `tanma serve`, from its start to its first pass.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from end_to_end.command import tanma
from end_to_end.serving import Serving, settled

from sources.replica.demo import demo_config, demo_replica, demo_watchlist
from sources.replica.server import Replica
from warehouse.query import open_published, run_query

HOOK = "jsons://hooks.example.com/hook"


def prepare(folder: Path, replica: Replica) -> None:
    (folder / "tanma.yaml").write_text(demo_config(replica).replace("feishu://demo-desk", HOOK), "utf-8")
    (folder / "watchlist.yaml").write_text(demo_watchlist(), "utf-8")


def latencies(folder: Path, replica: Replica) -> list[timedelta]:
    """Of each message: the article's address at its end says which alerts it told."""
    with open_published(folder / "data") as con:
        rows = run_query(
            con,
            "SELECT r.url, min(a.created_at) FROM alerts a JOIN articles r USING (article_id) WHERE a.status = 'sent' GROUP BY 1",
        ).rows
    raised = dict(rows)
    found = []
    for one in replica.sink.received:
        (url,) = [url for url in re.findall(r"https?://\S+", one.text) if url in raised][:1]
        found.append(one.at - raised[url])
    assert found
    return found


def by_run(folder: Path) -> list[timedelta]:
    with demo_replica(folder / "world", datetime.now(UTC)) as replica:
        prepare(folder, replica)
        done = tanma("run", cwd=folder)
        assert done.returncode == 0, done.stderr
        return latencies(folder, replica)


def by_serve(folder: Path) -> list[timedelta]:
    with demo_replica(folder / "world", datetime.now(UTC)) as replica:
        prepare(folder, replica)
        serving = Serving(folder, replica)
        child = serving.start()
        try:
            serving.wait(lambda: any(settled(run) for run in serving.runs()), 240)
            time.sleep(1)
            return latencies(folder, replica)
        finally:
            child.send_signal(signal.SIGTERM)
            child.wait(60)


def report(way: str, found: list[timedelta]) -> None:
    seconds = sorted(one.total_seconds() for one in found)
    late = quantiles(seconds, n=20)[-1]
    print(
        f"{way:12} {len(seconds):4} messages: median {median(seconds) * 1000:.0f} ms, 95 % within {late * 1000:.0f} ms, "
        f"worst {seconds[-1] * 1000:.0f} ms"
    )


def main() -> None:
    worlds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    for way, measure in (("tanma run", by_run), ("tanma serve", by_serve)):
        found: list[timedelta] = []
        for _ in range(worlds):
            with TemporaryDirectory(prefix="tanma-latency-") as folder:
                found += measure(Path(folder))
                shutil.rmtree(folder, ignore_errors=True)
        report(way, found)


if __name__ == "__main__":
    main()
