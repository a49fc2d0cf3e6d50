"""Told to stop while DuckDB is at work: a run ends by Prefect's own signal, as anywhere else."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator

import duckdb
import pytest
from prefect.exceptions import TerminationSignal

from flows.states import stopping_quietly

# Of small steps: within a step DuckDB hears of nothing, and with a second thread waits for that one's, too.
ENDLESS = "SELECT count(*) FROM range(1000000000000) t(i) WHERE i % 7 = 3"


@pytest.fixture
def raising() -> Iterator[None]:
    """SIGTERM raises, as Prefect's engine has it."""

    def stop(number: int, frame: object) -> None:
        raise TerminationSignal(signal=number)

    before = signal.signal(signal.SIGTERM, stop)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("raising")
def test_a_signal_within_a_statement_is_not_taken_for_a_fault() -> None:
    async def run() -> None:
        with stopping_quietly(), duckdb.connect(config={"threads": 1}) as con:
            threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
            con.execute(ENDLESS).fetchall()

    with pytest.raises(TerminationSignal):
        asyncio.run(run())


def test_any_other_fault_stays_what_it_is() -> None:
    async def run() -> None:
        with stopping_quietly():
            raise RuntimeError("a fault of ours")

    with pytest.raises(RuntimeError, match="a fault of ours"):
        asyncio.run(run())
