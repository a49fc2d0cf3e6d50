"""Prefect's observers, which watch whether somebody cancels or pauses a run: what they say when their server is away.

Each falls over with a trace, twice, and nothing comes of it: that the server is away is told elsewhere, in one line.
"""

from __future__ import annotations

import logging

_THEIRS = ("prefect.FlowRunCancellingObserver", "prefect.FlowRunSuspendingObserver")


def hush_observers() -> None:
    """Keep their traces out of the log of this process."""
    for name in _THEIRS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    logging.getLogger("asyncio").addFilter(_is_of_others)  # where their callbacks end that fall over being cancelled


def _is_of_others(record: logging.LogRecord) -> bool:
    return "RunSuspendingObserver." not in (said := record.getMessage()) and "RunCancellingObserver." not in said
