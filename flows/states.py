"""How a flow run ends for those who look at Prefect's UI."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from prefect.exceptions import TerminationSignal
from prefect.states import Completed

from flows.observers import hush_observers
from flows.summary import PassSummary

Result = TypeVar("Result")


def ended(summary: Result, troubles: list[str]) -> Result:
    """The flow's result; with troubles, its run is shown as PartlyFailed with their words.

    Completed all the same, since a pass with one broken source did its work. Prefect keeps the state and hands the
    caller of the flow its data, hence the type.
    """
    if not troubles:
        return summary
    return cast(Result, Completed(name="PartlyFailed", message="; ".join(troubles), data=summary))


def skipped(reason: str) -> PassSummary:
    """Nothing was done, and nothing is wrong: the next run does it."""
    return nothing_done(reason, PassSummary(via="prefect"))


def nothing_done(reason: str, data: Result) -> Result:
    """As skipped, of a run that gives something else."""
    return cast(Result, Completed(name="Skipped", message=reason, data=data))


@contextmanager
def stopping_quietly() -> Iterator[None]:
    """Let no trace of Prefect's own way to end a run come into the log when `tanma serve` is told to stop, or when the
    server is lost under a run.

    Prefect's signal handler raises TerminationSignal. Where that happens while DuckDB runs a statement, DuckDB forgets
    it and raises a RuntimeError of its own, which is taken back here.
    """

    def tell(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not isinstance(context.get("exception"), TerminationSignal):
            loop.default_exception_handler(context)

    asyncio.get_running_loop().set_exception_handler(tell)
    hush_observers()
    try:
        yield
    except RuntimeError as error:
        if str(error) != "Query interrupted":
            raise
        raise TerminationSignal(signal=signal.SIGTERM) from None
