"""The simulated machine: a process that starts monitors by forking, so that one costs no start of Python.

    python -m faultworld.machine FOLDER SOCKET

reads a line for each monitor wanted and answers with its process id; the monitor connects to SOCKET and does what
it is told there. Nothing of Tanma is replaced in it: it is given another clock, and waits by that.
"""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from multiprocessing.connection import Client as connect
from pathlib import Path
from typing import Any

from faultworld.clock import SharedClock
from flows.check import load_both
from flows.keeping import tidy_pass
from flows.runner import collect_directly
from sources.errors import TanmaError
from warehouse import alerts
from warehouse.store import Warehouse

PATIENCE = timedelta(seconds=2)  # for an answer: of real time, which is why it is short


class Monitor:
    """What a process of Tanma is asked to do. Each gives a word for the simulator's figures, none is believed."""

    def __init__(self, folder: Path) -> None:
        self._clock = SharedClock(folder / "clock")
        config, self._entities = load_both(folder / "tanma.yaml", os.environ)
        self._config = replace(config, network=replace(config.network, total_timeout=PATIENCE))

    def poll(self, sources: list[str]) -> str:
        clock = self._clock
        asyncio.run(collect_directly(self._config, self._entities, sources, clock=clock.now, sleep=clock.sleep))
        return "polled"

    def tidy(self) -> str:
        report = tidy_pass(self._config, via="direct", clock=self._clock.now)
        return "; ".join(report.troubles) or "tidied"

    def retry(self) -> str:
        now = self._clock.now()
        with Warehouse.open(self._config.warehouse, holder="tanma alerts retry", now=now) as wh:
            alerts.retry(wh, None, now)
        return "retried"

    def disk(self, room: int | None) -> str:
        most = resource.RLIM_INFINITY
        resource.setrlimit(resource.RLIMIT_FSIZE, (most if room is None else room, most))
        return "set"


def _serve(folder: Path, address: str) -> None:
    monitor = Monitor(folder)
    with connect(address, "AF_UNIX") as line:
        while True:
            try:
                name, *given = line.recv()
            except EOFError:
                return
            do: Callable[..., str] = getattr(monitor, name)
            line.send(_said(do, given))


def _said(do: Callable[..., str], given: list[Any]) -> str:
    try:
        return do(*given)
    except TanmaError as error:
        return f"{type(error).__name__}: {error}"
    except Exception as error:  # a fault of ours: the log has its trace, which the ledger minds
        logging.exception("a fault")
        return f"{type(error).__name__}: {error}"


def main(folder: Path, address: str) -> None:
    """Forks before there is any thread, and only then."""
    logging.basicConfig(
        filename=folder / "log.txt", level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    import numpy  # noqa: F401 - what every pass needs is loaded once
    from apprise import Apprise  # noqa: F401

    from flows.channels import send  # noqa: F401
    from warehouse import search  # noqa: F401

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the dead need no burial
    for _ in sys.stdin:
        if child := os.fork():
            sys.stdout.write(f"{child}\n")
            sys.stdout.flush()
            continue
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # the ids alone go to the simulator
        try:
            _serve(folder, address)
        finally:
            os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
