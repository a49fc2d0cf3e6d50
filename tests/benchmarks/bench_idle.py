"""What it costs when nothing is new: `PYTHONPATH=.:tests python tests/benchmarks/bench_idle.py [SECONDS] [NAME=VALUE]…`.

Twelve sources on loopback that name nothing new, of which two months of reads are known. First our part alone, passes in
this process without Prefect, ten minutes apart: the first of an hour judges how each source fares, the others need not. Then
`tanma serve`: CPU and memory of the server and of serve itself while nothing runs, measured for SECONDS (120), and the
CPU of a run's process with what it costs the server. NAME=VALUE goes into the environment of serve, to try settings of
Prefect's. Reads /proc, so Linux alone.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from end_to_end.command import started
from end_to_end.serving import Serving, settled

from flows.check import load_both
from flows.config import Config
from flows.processes import processes
from flows.runner import collect_directly
from sources.replica.demo import demo_config, demo_replica, demo_watchlist
from sources.replica.feeds import SITES
from sources.replica.server import Replica
from warehouse import yields
from warehouse.health import Verdict, Yield
from warehouse.store import Warehouse

SOURCES, PASSES, RUNS = 12, 6, 5
_TICKS = os.sysconf("SC_CLK_TCK")


def prepare(folder: Path, replica: Replica) -> None:
    head, _, _ = demo_config(replica).partition("sources:\n")
    lines = [f'  - {{use: feed, id: s{n}, url: "{SITES[n % len(SITES)].feed_url}"}}\n' for n in range(SOURCES)]
    _, _, tail = demo_config(replica).partition("channels:\n")
    (folder / "tanma.yaml").write_text(f"{head}sources:\n{''.join(lines)}channels:\n{tail}", "utf-8")
    (folder / "watchlist.yaml").write_text(demo_watchlist(), "utf-8")


def our_part(folder: Path, replica: Replica) -> None:
    config, entities = load_both(folder / "tanma.yaml", os.environ)
    published, work = config.warehouse / "tanma.duckdb", config.warehouse / "work" / "tanma.duckdb"

    def run(hours: float) -> None:
        # The third look at each page lies behind: rechecks are no polls.
        asyncio.run(collect_directly(config, entities, None, clock=lambda: datetime.now(UTC) + timedelta(hours=hours)))

    run(0)
    read_for_two_months(config, sources=[source.id for source in config.sources])
    for hours in (2, 8, 26, 80, 170):
        run(hours)
    before, file = published.stat(), work.stat()
    cpu, asked, written = [], [], bytes_written()
    for number in range(PASSES):
        seen, begun = len(replica.requests), time.process_time()
        run(171 + number / 6)
        cpu.append(time.process_time() - begun)
        asked.append([one for one in replica.requests[seen:] if one.method == "GET"])
    after, written = published.stat(), bytes_written() - written
    print(f"our part, {SOURCES} sources with nothing new, {PASSES} passes in an hour")
    print(f"  CPU a pass          {', '.join(f'{one:.2f}' for one in cpu)} s")
    print(
        f"  requests a pass     {[len(some) for some in asked]}, conditional {[sum(one.conditional for one in some) for some in asked]}"
    )
    print(f"  published anew      {(before.st_ino, before.st_mtime_ns) != (after.st_ino, after.st_mtime_ns)}")
    print(f"  work file changed   {work.stat().st_mtime_ns != file.st_mtime_ns}")
    print(f"  written             {written / PASSES / 1000:.0f} kB a pass, all files")


def read_for_two_months(config: Config, sources: Sequence[str]) -> None:
    """Each source twice an hour, one read in five with something new."""
    now = datetime.now(UTC)
    with Warehouse.open(config.warehouse, holder="bench", now=now) as wh:
        for count in range(2 * 24 * 56, 0, -1):
            at, new = now - count * timedelta(minutes=30), int(count % 5 == 0)
            brought = Yield(at, lists=1, unchanged=1 - new, listed=20 * new, new=new, articles=new, chars=900 * new)
            yields.record(wh, f"r{count}", [(source, brought, Verdict("ok", "", 10, 9.5)) for source in sources])


def bytes_written() -> int:
    """By this process, so far."""
    line = next(line for line in Path("/proc/self/io").read_text().splitlines() if line.startswith("wchar"))
    return int(line.split()[1])


def cpu_of(pid: int, *, children: bool = False) -> float:
    """Seconds of a process, or of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    first = 13 if children else 11
    return (int(fields[first]) + int(fields[first + 1])) / _TICKS


def megabytes(pid: int) -> float:
    """Of a process, with its part of what it shares with others."""
    (line,) = [line for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() if line.startswith("Pss:")]
    return int(line.split()[1]) / 1024


def served(folder: Path, replica: Replica, seconds: float, env: dict[str, str]) -> None:
    serving = Serving(folder, replica)
    child = serving.child = started("serve", "--port", str(serving.port), cwd=folder, **env)  # with its own settings
    try:
        serving.wait(lambda: any(settled(run) for run in serving.runs()), 240)
        server = serving.server()

        def own() -> list[int]:
            """serve, and what forks its runs where they are forked."""
            return [one.pid for one in processes() if child.pid in (one.pid, one.parent) and one.pid != server]

        def of_runs() -> float:
            """CPU of the runs that have ended."""
            return sum(cpu_of(pid, children=True) for pid in own())

        time.sleep(20)
        before, pids = cpu_of(server), own()
        mine = sum(map(cpu_of, pids))
        time.sleep(seconds)
        hour = 3600 / seconds
        parts = " + ".join(f"{megabytes(pid):.0f}" for pid in pids)
        print(f"tanma serve, idle for {seconds:.0f} s")
        print(
            f"  server              {(cpu_of(server) - before) * hour:.0f} s of CPU an hour, {megabytes(server):.0f} MB"
        )
        print(f"  serve (runner)      {(sum(map(cpu_of, pids)) - mine) * hour:.0f} s of CPU an hour, {parts} MB")
        idle = (cpu_of(server) - before) / seconds
        for _ in range(5):
            cpu, ended, begun = cpu_of(server), of_runs(), time.monotonic()
            asked = serving.begin()
            serving.wait(lambda ended=ended: of_runs() > ended)  # without asking the server, whose CPU is measured
            time.sleep(4)  # it writes down events for a while
            beside = cpu_of(server) - cpu - idle * (time.monotonic() - begun)
            (run,) = (run for run in serving.runs() if run["id"] == asked)
            took = datetime.fromisoformat(run["end_time"]) - datetime.fromisoformat(run["start_time"])
            print(
                f"  a run               {of_runs() - ended:.1f} s of CPU, the server {beside:.1f} s beside it; "
                f"{took.total_seconds():.1f} s of the clock: {run['name']}"
            )
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(60)


if __name__ == "__main__":
    words = sys.argv[1:]
    env = dict(word.split("=", 1) for word in words if "=" in word)
    seconds = float(next((word for word in words if "=" not in word), 120))
    with TemporaryDirectory() as name, demo_replica(Path(name) / "world", datetime.now(UTC)) as replica:
        prepare(Path(name), replica)
        our_part(Path(name), replica)
    with TemporaryDirectory() as name, demo_replica(Path(name) / "world", datetime.now(UTC)) as replica:
        prepare(Path(name), replica)
        served(Path(name), replica, seconds, env)
