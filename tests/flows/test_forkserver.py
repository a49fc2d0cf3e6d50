"""The process that forks runs, without a Prefect server: when it is there, and how a run ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from end_to_end.command import ROOT, environment

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(sys.platform != "linux", reason="runs are forked on Linux alone"),
]

BEGIN = """
import asyncio, os, sys, threading, time
from flows.forkserver import forked_runs, without_threads
with without_threads():
    import numpy, pyarrow, duckdb

def nothing(): pass
"""


def said(tmp_path: Path, script: str, **env: str) -> list[str]:
    """What the script prints, in a process of its own: here are threads."""
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + script], cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False,
        env=environment(PREFECT_HOME=str(tmp_path), PREFECT_SERVER_ANALYTICS_ENABLED="false",
                        PYTHONPATH=f"{ROOT}:{tmp_path}", **env),
    )  # fmt: skip
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout.splitlines()


def test_what_is_forked_has_one_thread_and_runs_see_their_own_environment(tmp_path: Path) -> None:
    # An engine that says what it sees, in place of Prefect's, and ends as it is told.
    (tmp_path / "engine.py").write_text(
        "import os, sys, random\n"
        "print(os.environ.get('A'), os.environ.get('B'), os.environ.get('OPENBLAS_NUM_THREADS'), os.getcwd(),"
        " len(os.listdir('/proc/self/task')), sys.stdin.read() == '', random.random(), flush=True)\n"
        "if os.environ['END'] == 'kill': os.kill(os.getpid(), 15)\n"
        "from prefect.exceptions import TerminationSignal\n"
        "if os.environ['END'] == 'told': raise TerminationSignal(signal=15)\n"
        "sys.exit(int(os.environ['END']))\n",
        "utf-8",
    )
    (tmp_path / "elsewhere").mkdir()
    lines = said(
        tmp_path,
        """
import flows.forkserver
flows.forkserver._ENGINE = "engine"
async def runs(server):
    for end in ("0", "7", "kill", "told"):
        run = await server.run({"A": "ä", "END": end}, "elsewhere", lambda run: print("begun", run.returncode))
        print("ended", run.returncode)

with forked_runs(nothing, print) as server:
    print(len(os.listdir(f"/proc/{server.pid}/task")), "B" in os.environ, os.environ["OPENBLAS_NUM_THREADS"])
    sys.stdout.flush()
    asyncio.run(runs(server))
    pid = server.pid
print(os.path.exists(f"/proc/{pid}"))
""",
        B="of serve",
        OPENBLAS_NUM_THREADS="2",
    )
    seen = [line.split() for line in lines if line.startswith("ä")]
    assert [line[:-1] for line in seen] == [["ä", "None", "None", str(tmp_path / "elsewhere"), "1", "True"]] * 4
    assert len({line[-1] for line in seen}) == 4  # each has a chance of its own
    rest = [line for line in lines if not line.startswith("ä")]
    assert rest[0] == "1 True 2" and rest[-1] == "False"
    ends = ("ended 0", "ended 7", "ended -15", "ended -15")
    assert rest[1:-1] == [line for end in ends for line in ("begun None", end)]


@pytest.mark.parametrize(
    ("before", "why"),
    [
        ("threading.Thread(target=time.sleep, args=(30,), daemon=True).start()", "threads run before the first fork"),
        ("import prefect.runner._starter_engine as s; del s.run_process", "this version of Prefect starts runs otherwise"),
        ("import prefect.runner._starter_engine as s; s.EngineCommandStarter.start = nothing", "this version of Prefect"),
        ("sys.platform = 'darwin'", "safe on Linux alone"),
        ("import flows.forkserver as f; f._IMPORTED = ('prefect.gone',)", "this version of Prefect has no prefect.gone"),
    ],
)  # fmt: skip
def test_where_nothing_can_be_forked_runs_start_as_before_and_the_log_says_why(
    tmp_path: Path, before: str, why: str
) -> None:
    lines = said(
        tmp_path, f"{before}\nwith forked_runs(nothing, print) as server: print(server, flush=True)\nos._exit(0)"
    )
    assert lines[0].startswith("each run starts with imports of its own, which costs more CPU: ") and why in lines[0]
    assert lines[1:] == ["None"]
