"""The Prefect flow `tidy`: what flows.keeping does, on schedule."""

from __future__ import annotations

import os
from pathlib import Path

from prefect import flow

from flows.asking import name_run, take_late_runs
from flows.config import load_config
from flows.keeping import TidyReport, tidy_pass
from flows.states import ended, nothing_done, stopping_quietly
from sources.errors import WarehouseBusy

TIDY = "tidy"  # the flow, and its deployment
LONGEST = 6 * 3600  # seconds


@flow(name=TIDY, validate_parameters=False, persist_result=False, timeout_seconds=LONGEST)
async def tidy(config_file: str, wait: float = 600.0) -> TidyReport:
    """Back up, let go, compact, check. Without any `wait` for another run that holds the warehouse, raises
    WarehouseBusy; else a run that waited in vain is skipped, and the next one does it."""
    late = await take_late_runs()
    config = load_config(Path(config_file), os.environ)
    try:
        with stopping_quietly():
            report = tidy_pass(config, via="prefect", wait=wait)
    except WarehouseBusy as busy:
        if not wait:
            raise
        return nothing_done(str(busy), TidyReport(skipped=str(busy)))
    await name_run(report.in_words(), late)
    return ended(report, report.troubles)
