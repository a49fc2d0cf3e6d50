"""The command as a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

TANMA = [sys.executable, "-m", "flows.cli"]
ROOT = Path(__file__).resolve().parents[2]


def environment(**more: str) -> dict[str, str]:
    """This one's, without what would send a run to somebody's Prefect server."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "TANMA_"))}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"} | more


def tanma(*words: str, cwd: Path, timeout: float = 120, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TANMA, *words], cwd=cwd, env=environment(**env), capture_output=True, text=True, timeout=timeout, check=False
    )


def hears_ctrl_c() -> None:
    """For a child: Ctrl-C stops it, also when whoever runs the tests in the background has it ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def started(*words: str, cwd: Path, **env: str) -> subprocess.Popen[str]:
    with (cwd / "output.log").open("a") as log:
        return subprocess.Popen(
            [*TANMA, *words], cwd=cwd, env=environment(**env), stdout=log, stderr=log, text=True,
            preexec_fn=hears_ctrl_c,
        )  # fmt: skip


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
