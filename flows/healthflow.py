"""The Prefect flow `health`: for schedules without `tanma serve`, which watches by itself."""

from __future__ import annotations

import os
from pathlib import Path

from prefect import flow

from flows.asking import name_run, take_late_runs
from flows.config import load_config
from flows.watchdog import last_collected, tell_silence

LONGEST = 300  # seconds


@flow(name="health", validate_parameters=False, persist_result=False, timeout_seconds=LONGEST)
async def health(config_file: str) -> bool:
    """Tell ops when nothing was collected for much longer than usual; whether it was told now. The warehouse is not
    opened: that somebody holds it may be why."""
    await take_late_runs()
    config = load_config(Path(config_file), os.environ)
    since = last_collected(config.warehouse)
    told = since is not None and await tell_silence(config, since)
    await name_run("told ops that nothing is collected" if told else "runs happen")
    return told
