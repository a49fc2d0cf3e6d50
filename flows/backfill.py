"""The Prefect flow `backfill`: load what is already on disk, a task per batch of files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.check import load_both
from flows.imports import FileOutcome, ImportOptions, files_below, import_batch
from flows.passes import import_pass
from flows.session import Session, current_session, open_session


@task(name="import-files", cache_policy=NO_CACHE, persist_result=False)
async def import_some(paths: list[str], outlet: str, taken_at: datetime | None, alert: bool) -> list[FileOutcome]:
    """Read and load one batch of files in the session that the flow opened."""
    options = ImportOptions(outlet=outlet, taken_at=taken_at, alert=alert)
    return await import_batch(current_session.get(), [Path(path) for path in paths], options)


@flow(name="backfill", validate_parameters=False, persist_result=False)
async def backfill(
    config_file: str,
    paths: list[str],
    outlet: str = "",
    taken_at: datetime | None = None,
    alert: bool = False,
    wait: float = 600.0,
) -> list[FileOutcome]:
    """Load saved pages, feeds and text dumps; alerts only with `alert`. Answers what became of each file.

    `paths` are files and folders as the user named them: a folder of many files stays a short parameter.
    """
    config, entities = load_both(Path(config_file), os.environ)
    options = ImportOptions(outlet=outlet, taken_at=taken_at, alert=alert)
    files = list(files_below([Path(path) for path in paths]))
    async with open_session(config, entities, kind="backfill", via="prefect", wait=wait) as session:
        return await import_pass(session, files, options, load=_as_task)


async def _as_task(session: Session, paths: Sequence[Path], options: ImportOptions) -> list[FileOutcome]:
    return await import_some([str(path) for path in paths], options.outlet, options.taken_at, options.alert)
