"""The Prefect flow `rescan`: scan stored articles anew, a task per slice of them."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.check import load_both
from flows.passes import rescan_pass
from flows.rescan import RescanReport, rescan_slice
from flows.session import Session, current_session, open_session
from flows.states import stopping_quietly
from warehouse.rescan import Rescanned
from warehouse.stored import Slice


@task(name="rescan-articles", cache_policy=NO_CACHE, persist_result=False)
async def rescan_some(first: int, last: int, article_ids: tuple[str, ...], alert: bool) -> Rescanned:
    """Scan one slice in the session that the flow opened."""
    return rescan_slice(current_session.get(), Slice(article_ids, first, last), alert=alert)


@flow(name="rescan", validate_parameters=False, persist_result=False)
async def rescan(
    config_file: str, since_seconds: float | None = None, alert: bool = False, wait: float = 600.0
) -> RescanReport:
    """Scan the articles first seen or published in the last `since_seconds` (all when None) with today's watchlist."""
    config, entities = load_both(Path(config_file), os.environ)
    since = None if since_seconds is None else timedelta(seconds=since_seconds)
    with stopping_quietly():
        async with open_session(config, entities, kind="rescan", via="prefect", wait=wait) as session:
            return await rescan_pass(session, since, alert=alert, scan=_as_task)


async def _as_task(session: Session, part: Slice, alert: bool) -> Rescanned:
    return await rescan_some(part.first, part.last, part.article_ids, alert)
