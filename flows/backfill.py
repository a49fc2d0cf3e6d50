"""The Prefect flow `backfill`: load what is already on disk, a task per batch of files."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.check import load_both
from flows.imports import BATCH, FileOutcome, ImportOptions, import_batch
from flows.session import current_session, open_session
from flows.stages import deliver_due


@task(name="import-files", cache_policy=NO_CACHE, persist_result=False)
async def import_some(paths: list[str], outlet: str, taken_at: datetime | None, alert: bool) -> list[FileOutcome]:
    """Read and load one batch of files in the session that the flow opened."""
    options = ImportOptions(outlet=outlet, taken_at=taken_at, alert=alert)
    return import_batch(current_session.get(), [Path(path) for path in paths], options)


@flow(name="backfill", validate_parameters=False, persist_result=False)
async def backfill(
    config_file: str,
    paths: list[str],
    outlet: str = "",
    taken_at: datetime | None = None,
    alert: bool = False,
    wait: float = 600.0,
) -> list[FileOutcome]:
    """Load saved pages, feeds and text dumps; alerts only with `alert`. Answers what became of each file."""
    config, entities = load_both(Path(config_file), os.environ)
    outcomes: list[FileOutcome] = []
    async with open_session(config, entities, kind="backfill", via="prefect", wait=wait) as session:
        for start in range(0, len(paths), BATCH):
            outcomes += await import_some(paths[start : start + BATCH], outlet, taken_at, alert)
        if alert:
            deliver_due(session)
    return outcomes
