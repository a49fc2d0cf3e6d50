"""A Prefect server of somebody else: it has files of its own, and may be killed, come back, lose its database."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from end_to_end.command import environment
from end_to_end.serving import QUIET

from flows.server import answers


@dataclass
class Elsewhere:
    """`migrated`: the files with which it begins; `secret`: what it wants as PREFECT_API_AUTH_STRING, empty: nothing."""

    home: Path
    migrated: Path
    port: int
    secret: str = ""
    child: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    @property
    def address(self) -> dict[str, str]:
        """The environment that names it."""
        return {"PREFECT_API_URL": self.api, **({"PREFECT_API_AUTH_STRING": self.secret} if self.secret else {})}

    def start(self, *, emptied: bool = False) -> None:
        """Until it answers; `emptied`: its database was deleted."""
        if emptied:
            shutil.rmtree(self.home)
        if not self.home.exists():
            shutil.copytree(self.migrated, self.home)
        wanted = {"PREFECT_SERVER_API_AUTH_STRING": self.secret} if self.secret else {}
        with (self.home / "log").open("a") as log:
            self.child = subprocess.Popen(
                [sys.executable, "-m", "prefect", "server", "start", "--port", str(self.port)],
                env=environment(**QUIET, **self.address, **wanted, PREFECT_HOME=str(self.home)), stdout=log, stderr=log,
            )  # fmt: skip
        deadline = time.monotonic() + 120
        while not answers(self.api):
            assert self.child.poll() is None and time.monotonic() < deadline, (self.home / "log").read_text()
            time.sleep(0.2)

    def kill(self) -> None:
        if self.child:
            self.child.kill()
            self.child.wait()
