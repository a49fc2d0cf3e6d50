"""How a flow run ends for those who look at Prefect's UI."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from prefect.exceptions import TerminationSignal
from prefect.states import Completed

from flows.summary import PassSummary


def ended(summary: PassSummary, troubles: list[str]) -> PassSummary:
    """The flow's result; with troubles, its run is shown as PartlyFailed with their words.

    Completed all the same, since a pass with one broken source did its work. Prefect keeps the state and hands the
    caller of the flow its data, hence the type.
    """
    if not troubles:
        return summary
    return cast(PassSummary, Completed(name="PartlyFailed", message="; ".join(troubles), data=summary))


def skipped(reason: str) -> PassSummary:
    """Nothing was done, and nothing is wrong: the next run does it."""
    return cast(PassSummary, Completed(name="Skipped", message=reason, data=PassSummary(via="prefect")))


def stop_quietly() -> None:
    """Let no trace of Prefect's own way to end a run come into the log when `tanma serve` is told to stop."""

    def tell(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not isinstance(context.get("exception"), TerminationSignal):
            loop.default_exception_handler(context)

    asyncio.get_running_loop().set_exception_handler(tell)
